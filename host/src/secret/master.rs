//! The master key: what the records of the store are sealed with.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretBox};

use super::vault::{Source, VaultError};
use crate::seam;

/// Bytes of a master key.
pub const MASTER_KEY_BYTES: usize = 32;

/// A key of 32 bytes, written as 64 hexadecimal digits. It is wiped on drop and never printed.
pub struct MasterKey(SecretBox<[u8; MASTER_KEY_BYTES]>);

impl MasterKey {
    /// Reads the key that the setting `slot` names; relative paths start at `folder`.
    ///
    /// # Errors
    /// [`VaultError`] says what is missing or wrong, never what was read.
    pub fn read(slot: &str, source: &Source, folder: &Path) -> Result<Self, VaultError> {
        let text = source.read(slot, folder)?;
        Self::parse(text.expose()).ok_or_else(|| VaultError::NoKey { slot: slot.to_owned() })
    }

    /// The key of 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().as_bytes();
        if digits.len() != 2 * MASTER_KEY_BYTES {
            return None;
        }
        let mut sound = true;
        let key = SecretBox::init_with_mut(|bytes: &mut [u8; MASTER_KEY_BYTES]| {
            for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
                let value = pair.iter().try_fold(0, |sum, digit| Some(sum << 4 | char::from(*digit).to_digit(16)?));
                match value.and_then(|value| u8::try_from(value).ok()) {
                    Some(value) => *byte = value,
                    None => sound = false,
                }
            }
        });
        sound.then_some(Self(key))
    }

    /// Writes a new key into the new file `path`, which only its owner can read.
    ///
    /// # Errors
    /// When there is such a file already, or the disk refuses.
    pub fn create(path: &Path) -> io::Result<()> {
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
        let key = SecretBox::init_with(seam::random_bytes::<MASTER_KEY_BYTES>);
        let text = SecretBox::init_with(|| {
            key.expose_secret().iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n"
        });
        file.write_all(text.expose_secret().as_bytes())?;
        file.sync_all()
    }

    /// The key itself, for a cipher. Never log it, never put it in an error.
    #[must_use]
    pub fn expose(&self) -> &[u8; MASTER_KEY_BYTES] {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_key_is_its_owners_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MasterKey::create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let key = MasterKey::read("master_key", &Source::File("master.key".into()), folder.path()).unwrap();
        let text: String = key.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(std::fs::read_to_string(&path).unwrap().trim(), text);
        assert_eq!(format!("{key:?}"), "***");
        assert!(MasterKey::create(&path).is_err(), "a key is never overwritten");
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "5e", &"g".repeat(64), &"5e".repeat(33), &"ü".repeat(32)] {
            std::fs::write(folder.path().join("k"), text).unwrap();
            let error = MasterKey::read("master_key", &Source::File("k".into()), folder.path()).unwrap_err();
            assert_eq!(
                error.to_string(),
                "use `master_key`: a master key is 64 hexadecimal digits, as `apiconnect init` and `openssl rand -hex 32` \
                 write them"
            );
        }
    }
}
