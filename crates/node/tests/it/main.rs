//! The common services over a real database, called through their generated clients.

mod feeds;
mod figures;
mod funding;
mod refusals;
mod resources;
mod uploads;
mod world;
