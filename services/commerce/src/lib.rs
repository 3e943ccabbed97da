//! The commerce department's node: backbone recycling enterprises, green sorting centres, trade-in channels.

pub mod config;
pub mod grpc;
pub mod screening;
pub mod sorting_centre;
pub mod trade_in;
pub mod wiring;
