//! The canonical commerce types: one Rust type is the JSON of the API, its OpenAPI schema and the Wasm ABI at once.
//!
//! The modules stand for the type interfaces of `wit/`; `plugin::bindings` points the generated code here.

pub mod changes;
pub mod decimal;
pub mod documents;
pub mod json;
pub mod lane;
mod linkage;
pub mod parties;
pub mod products;
mod refusal;
pub mod types;
pub mod validate;
pub mod writes;
