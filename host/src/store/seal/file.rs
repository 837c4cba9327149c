//! Seals for what lies beside the store in files of its own. `store rekey` does not reach such files: they are opened
//! with the key before the current one as long as it is given, and are none that must be kept.

use bytes::Bytes;

use super::cipher::{Cipher, Generation};
use super::ring::MasterKeys;

/// Files name no generation; the keys at hand are tried.
const GENERATION: Generation = 1;

/// The master keys, for files. Without a current key nothing is sealed.
#[derive(Clone, Default)]
pub struct FileSeal {
    current: Option<Cipher>,
    previous: Option<Cipher>,
}

impl FileSeal {
    /// Seals under these keys.
    #[must_use]
    pub fn new(keys: &MasterKeys) -> Self {
        let cipher = |key: &Option<_>| key.as_ref().map(Cipher::new);
        Self { current: cipher(&keys.current), previous: cipher(&keys.previous) }
    }

    /// Whether files are sealed.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.current.is_some()
    }

    /// Seals `plain`, which is a `kind` of file; none without a key.
    #[must_use]
    pub fn seal(&self, kind: &[u8], plain: &[u8]) -> Option<Bytes> {
        self.current.as_ref()?.seal(GENERATION, kind, plain)
    }

    /// Opens what was sealed as this `kind` of file with one of the keys.
    #[must_use]
    pub fn open(&self, kind: &[u8], sealed: &[u8]) -> Option<Bytes> {
        [&self.current, &self.previous].into_iter().flatten().find_map(|cipher| cipher.open(kind, sealed))
    }
}

impl std::fmt::Debug for FileSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileSeal({})", if self.is_on() { "on" } else { "off" })
    }
}
