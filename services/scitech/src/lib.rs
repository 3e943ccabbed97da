//! The science and technology department's node: research programmes and projects, innovation platforms.

pub mod config;
pub mod grpc;
pub mod platform;
pub mod research;
pub mod wiring;
