//! Values nobody may see: no `Display`, no `Serialize`, `Debug` prints stars, memory is wiped on drop.

mod master;
pub mod vault;

pub use master::{MASTER_KEY_BYTES, MasterKey};
pub use vault::{Source, Vault, VaultError};

use secrecy::{ExposeSecret, SecretString};

/// A secret text. [`Secret::expose`] is called in `egress` only, where it goes onto the wire, where a master key is read,
/// and where recorded fixtures are cleaned of it.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a text out of sight.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself. Never log it, never put it in an error.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}
