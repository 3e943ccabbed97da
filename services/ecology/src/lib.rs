//! The ecology department's node: the procedure of zero-waste cities, technical support, cells and groups, enforcement, the
//! 2027 target.

pub mod city_stage;
pub mod config;
pub mod enforcement;
pub mod evidence_review;
pub mod grpc;
pub mod share_target;
pub mod support_group;
pub mod wiring;
pub mod zero_waste_unit;
