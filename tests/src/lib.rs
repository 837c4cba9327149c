//! What the tests stand on: simulated systems that refuse what the real ones refuse, and a host to put before them.

pub mod bench;
pub mod crash;
pub mod demo;
pub mod sim;
pub mod world;
