//! Connectors: Wasm components in a sandbox that is fresh for every call.
//!
//! `engine` is the one Wasm engine, `compiler` fills its cache from a process of its own; `file` reads and checks a
//! component; `interface` is what a component may offer, `loaded` one compiled version with what it can do; `registry` holds the versions that serve, `change`
//! swaps them on request, `record` is what is remembered of them and `kept` their bytes; `signature` knows whom the
//! operator trusts; `call` runs one operation under the five limits, `crash` tells how one ended badly; `import` is what
//! a connector gets from the host, through the `link` of its connection; `journal` has the last lines it logged, and
//! `surface` the names that a component takes and gives; `recording` writes calls down and runs them again.

pub mod bindings;
mod call;
mod change;
mod compiler;
mod crash;
mod engine;
mod file;
mod guest;
mod import;
mod interface;
mod journal;
mod kept;
mod link;
mod loaded;
mod record;
pub mod recording;
mod registry;
mod signature;
mod surface;

#[cfg(test)]
mod registry_tests;

pub use call::{AskError, Call, CallError, Ended, OPERATIONS, Shape};
pub use change::{ChangeError, Changed};
pub use compiler::compile_into;
pub use engine::{EngineError, engine};
pub use file::{FileError, component_of, find_component};
pub use guest::Report;
pub use interface::Interface;
pub use journal::{Journal, LogLine};
pub use link::{Exchange, Link};
pub use loaded::{LoadError, Loaded, Sandbox};
pub use record::{Asks, Record, Version};
pub use registry::{Installed, Place, Registry, RegistryError};
pub use signature::{Signature, SignatureError, Trust};
pub use surface::Surface;

pub use bindings::exports::apiconnect::connector as contract;
