//! What can be wrong with what the kit is given.

use std::path::PathBuf;

use thiserror::Error;

use crate::egress::EgressError;
use crate::plugin::LoadError;
use crate::secret::VaultError;

/// Why a connector could not be tested at all. A connector that fails is no error but a report.
#[derive(Debug, Error)]
pub enum KitError {
    /// A file or folder is missing or cannot be read.
    #[error("read {file}: {problem}", file = file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system says, and what belongs there.
        problem: String,
    },
    /// A file's text is not what it must be.
    #[error("read {file}{place}: {problem}", file = file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// `, line N, column M`, or nothing.
        place: String,
        /// What is wrong, and what was probably meant.
        problem: String,
    },
    /// A file is well formed and what it says does not work.
    #[error("use {file}: {place}: {problem}", file = file.display())]
    Unusable {
        /// The file.
        file: PathBuf,
        /// The place in it: `steps[3].input.lines[0].quantity`.
        place: String,
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// The connector's file is none.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The way to the system cannot be set up as the scenario says.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// A secret of the scenario is not there.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No port for the system's place.
    #[error("open a port on 127.0.0.1: {0}")]
    Listen(String),
    /// The address of the system is none.
    #[error("use the system `{url}`: {problem}")]
    System {
        /// The address as given.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
}
