//! What every department's service shares: the common gRPC services over domain ports, the layer stack, error mapping,
//! page tokens, and the one write path.

pub mod access;
pub mod audit;
pub mod caller;
pub mod convert;
pub mod department;
pub mod desk;
pub mod feeds;
mod health;
pub mod inside;
pub mod layers;
pub mod pages;
pub mod projection;
pub mod rebuild;
pub mod resources;
pub mod served;
pub mod server;
pub mod services;
pub mod shown;
pub mod status;
pub mod tls;
pub mod trust;
pub mod web;
pub mod witness;

#[doc(hidden)]
pub use pastey;
