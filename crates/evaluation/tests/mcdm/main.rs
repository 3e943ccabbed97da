//! The multi-criteria methods against published tables, against the defects of their peers, and by laws.
#![cfg(test)]

mod defects;
mod laws;
mod oecd;
mod published;
mod pymcdm;
mod sensitivity;
mod support;
mod worked;
