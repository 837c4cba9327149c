//! What the tests stand on: simulated systems that refuse what the real ones refuse, and a host to put before them.
#![allow(clippy::indexing_slicing, reason = "an index into a JSON value answers null where there is nothing")]

pub mod bench;
pub mod connectors;
pub mod crash;
pub mod damage;
pub mod demo;
pub mod faults;
pub mod harm;
pub mod outage;
pub mod powercut;
pub mod scribe;
pub mod sim;
pub mod swaps;
pub mod world;
