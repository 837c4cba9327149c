//! apiconnect: one host between an online store and the systems behind it.
//!
//! Where to look:
//!
//! - `api` is the HTTP side: one file a resource. A live question goes `api → plugin → egress`.
//! - `queue` carries documents: `api → queue → plugin → egress`. On disk before anybody is told.
//! - `plugin` loads connectors and calls each in a fresh sandbox; `egress` opens every outbound socket.
//! - `connection` is one configured connector; `config` is what the operator writes; `secret` is what nobody sees.
//! - `store` keeps records; `access` knows API keys; `telemetry` tells what happens.
//! - `commerce` has the types that the store, the contract and the API share; `limits` bounds everything.
//! - `conformance` tests a connector: its own fixtures, and everything that can go wrong.
//! - `seam` is the only door to time, chance and tasks; `host` puts the parts together; `cli` is the command line.

pub mod access;
pub mod api;
pub mod cli;
pub mod commerce;
pub mod config;
pub mod conformance;
pub mod connection;
pub mod egress;
pub mod host;
pub mod limits;
pub mod plugin;
pub mod queue;
pub mod seam;
pub mod secret;
pub mod store;
pub mod telemetry;
