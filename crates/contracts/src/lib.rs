//! Generated protobuf and gRPC code of every Wufei contract, and its file descriptor set. No logic lives here.
//!
//! The module tree follows the packages: `contracts::wufei::exchange::v1` is package `wufei.exchange.v1`.
//! Field and method documentation is in the `.proto` files, from which the comments here are copied.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]

/// The encoded `FileDescriptorSet` of all contracts with their comments: what reflection and dynamic calls use.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

include!(concat!(env!("OUT_DIR"), "/contracts.rs"));

pub use self::wufei::{
    catalog, city, commerce, common, directory, ecology, evaluation, exchange, followup, funding, log, scitech, sharing,
};
