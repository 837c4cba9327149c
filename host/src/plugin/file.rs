//! Component files: read whole, told apart, and made from core modules.

use std::io::{Read, Write};
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
    /// It cannot be written.
    #[error("write {path}: {problem}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        problem: String,
    },
    /// It is not what a connector is made of.
    #[error("load the connector: {0}")]
    NoComponent(String),
}

/// The bytes of a component with their SHA-256 as hex.
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    pub(super) digest: String,
    /// The text of the detached signature that came along.
    pub(super) signature: Option<String>,
}

impl File {
    /// Makes sure that the bytes are a component before anything else looks at them.
    pub(super) fn of(bytes: Vec<u8>, signature: Option<String>) -> Result<Self, FileError> {
        check_kind(&bytes)?;
        let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { bytes, digest, signature })
    }
}

/// Reads a file whole, with the signature beside it.
pub(super) fn read(path: &Path) -> Result<File, FileError> {
    let bytes = read_bounded(path, limits::COMPONENT_BYTES_MAX)?;
    let beside = signature_of(path);
    let signature = match beside.exists() {
        true => Some(read_bounded(&beside, limits::SIGNATURE_BYTES_MAX)?),
        false => None,
    };
    // A text that is no UTF-8 is no signature, and is refused as such.
    File::of(bytes, signature.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Where the signature of a component file is looked for: `erp.wasm.minisig` beside `erp.wasm`.
pub(super) fn signature_of(path: &Path) -> PathBuf {
    path.with_extension("wasm.minisig")
}

/// Writes a file beside its place, makes it durable and moves it there: nobody ever sees half of it.
pub(super) fn place(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let failed = |e: std::io::Error| FileError::Unwritable { path: path.to_owned(), problem: e.to_string() };
    let beside = path.with_extension("new");
    let mut file = std::fs::File::create(&beside).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)?;
    match path.parent() {
        Some(folder) => std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed),
        None => Ok(()),
    }
}

fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    let unreadable = |problem: String| FileError::Unreadable { path: path.to_owned(), problem };
    let file = std::fs::File::open(path).map_err(|e| unreadable(e.to_string()))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|e| unreadable(e.to_string()))?;
    if bytes.len() as u64 > most {
        return Err(unreadable(format!("it is too large; it may have {most} bytes")));
    }
    Ok(bytes)
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

/// The component with this SHA-256 among the `.wasm` files of some folders.
#[must_use]
pub fn find_component(digest: &str, folders: &[&Path]) -> Option<PathBuf> {
    let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let mut files = files.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "wasm"));
    files.find(|path| read(path).is_ok_and(|file| file.digest == digest))
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
