//! A city government's node: recycling stations, green manufacturing, industry parks, titles. One program serves any city.

pub mod config;
pub mod designations;
pub mod green_honours;
pub mod grpc;
pub mod parks;
pub mod stations;
pub mod wiring;
