//! A host of one's own for every test: its folder, its process, and a client for its API.

mod client;
mod folder;
mod handmade;
mod process;
mod version;

pub use client::{Answer, Client};
pub use folder::{Folder, MASTER_KEY, component};
pub use handmade::{CONNECTOR, handmade};
pub use process::{Process, binary};
pub use version::{Version, of_contract};
