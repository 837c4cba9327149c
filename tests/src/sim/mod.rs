//! Strict simulators of the systems that connectors talk to.

pub mod business_one;
pub mod echo;
