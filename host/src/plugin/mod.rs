//! Connectors: Wasm components in a sandbox that is fresh for every call.
//!
//! `engine` is the one Wasm engine, `compiler` fills its cache from a process of its own; `file` reads and checks a component; `loaded` is one compiled version with what it
//! can do; `registry` holds the versions that serve; `call` runs one operation under the five limits; `import` is what
//! a connector gets from the host, through the `link` of its connection.

pub mod bindings;
mod call;
mod compiler;
mod engine;
mod file;
mod guest;
mod import;
mod link;
mod loaded;
mod registry;

pub use call::{Call, CallError, Ended};
pub use compiler::compile_into;
pub use engine::{EngineError, engine};
pub use file::{FileError, component_of};
pub use guest::Report;
pub use link::{Exchange, Link};
pub use loaded::{Interface, LoadError, Loaded, Sandbox};
pub use registry::{Registry, RegistryError};

pub use bindings::exports::apiconnect::connector as contract;
