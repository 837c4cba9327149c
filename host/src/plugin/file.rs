//! Component files: read whole, told apart, and made from core modules.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::limits;

/// Why a file is no connector.
#[derive(Debug, Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("read {path}: {problem}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        problem: String,
    },
    /// It is not what a connector is made of.
    #[error("load the connector: {0}")]
    NoComponent(String),
}

/// The bytes of a component file with their SHA-256 as hex.
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    pub(super) digest: String,
}

/// Reads a file whole and makes sure that it is a component before anything else looks at it.
pub(super) fn read(path: &Path) -> Result<File, FileError> {
    let unreadable = |problem: String| FileError::Unreadable { path: path.to_owned(), problem };
    let size = std::fs::metadata(path).map_err(|e| unreadable(e.to_string()))?.len();
    if size > limits::COMPONENT_BYTES_MAX {
        return Err(unreadable(format!("it has {size} bytes; a connector may have {}", limits::COMPONENT_BYTES_MAX)));
    }
    let bytes = std::fs::read(path).map_err(|e| unreadable(e.to_string()))?;
    check_kind(&bytes)?;
    let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(File { bytes, digest })
}

/// What the first bytes say. The engine would refuse all of these too, but could not say what to do.
fn check_kind(bytes: &[u8]) -> Result<(), FileError> {
    let refuse = |text: &str| Err(FileError::NoComponent(text.to_owned()));
    match bytes {
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => refuse(
            "it is a core Wasm module, not a component; make a component of it with `apiconnect plugin componentize`",
        ),
        [0, b'a', b's', b'm', ..] => {
            refuse("it is Wasm of a version this host does not know; build it with a current tool chain")
        }
        [0x7f, b'E', b'L', b'F', ..] => refuse(
            "it is precompiled machine code, which is never accepted; ship the .wasm component it was compiled from",
        ),
        [] => refuse("the file is empty; copy it again"),
        _ => refuse("it is no Wasm component; a connector is a .wasm file built for the component model"),
    }
}

/// Makes a component of a core module that a connector's build left behind.
///
/// # Errors
/// When the module was not built with the connector SDK.
pub fn component_of(module: &[u8]) -> Result<Vec<u8>, FileError> {
    let encode = || {
        let mut encoder = wit_component::ComponentEncoder::default();
        encoder.validate(true).module(module)?.encode()
    };
    encode().map_err(|error| {
        FileError::NoComponent(format!("the module cannot become a component ({error:#}); was it built with the SDK?"))
    })
}

#[cfg(test)]
mod tests {
    use super::check_kind;

    #[test]
    fn every_wrong_kind_of_file_is_told_apart() {
        let text = |bytes: &[u8]| check_kind(bytes).unwrap_err().to_string();
        assert!(check_kind(b"\0asm\x0d\0\x01\0rest").is_ok());
        assert!(text(b"\0asm\x01\0\0\0").contains("core Wasm module"));
        assert!(text(b"\0asm\x63\0\0\0").contains("version"));
        assert!(text(b"\x7fELF").contains("precompiled"));
        assert!(text(b"").contains("empty"));
        assert!(text(b"hello").contains("no Wasm component"));
    }
}
