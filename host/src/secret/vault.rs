//! Where the secrets of one connection come from: each named slot is read from the environment or from a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use super::Secret;
use crate::limits;

/// Where one secret is kept: exactly one of `env` and `file`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Source {
    /// The name of an environment variable of the host.
    Env(String),
    /// A file that holds the secret; trailing line breaks are cut. Relative paths start at the connections folder.
    File(PathBuf),
}

impl Source {
    /// Reads the secret for the slot or setting `slot`; relative paths start at `folder`.
    ///
    /// # Errors
    /// [`VaultError`] when it is not there.
    pub fn read(&self, slot: &str, folder: &Path) -> Result<Secret, VaultError> {
        match self {
            Self::Env(name) => std::env::var(name)
                .map(Secret::new)
                .map_err(|_| VaultError::NotSet { slot: slot.to_owned(), name: name.clone() }),
            Self::File(path) => {
                let path = folder.join(path);
                let unreadable =
                    |problem: String| VaultError::Unreadable { slot: slot.to_owned(), path: path.clone(), problem };
                let size = std::fs::metadata(&path).map_err(|e| unreadable(e.to_string()))?.len();
                if size > limits::SECRET_BYTES_MAX {
                    return Err(unreadable(format!(
                        "it has {size} bytes, a secret may have {}",
                        limits::SECRET_BYTES_MAX
                    )));
                }
                let text = std::fs::read_to_string(&path).map_err(|e| unreadable(e.to_string()))?;
                Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
            }
        }
    }
}

/// Why a secret could not be read. The value is never part of it.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The environment has no such variable.
    #[error("read secret `{slot}`: the environment variable {name} is not set")]
    NotSet {
        /// The slot's name.
        slot: String,
        /// The variable's name.
        name: String,
    },
    /// The file is missing, unreadable or too large.
    #[error("read secret `{slot}` from {path}: {problem}")]
    Unreadable {
        /// The slot's name.
        slot: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// It was read and is no master key.
    #[error(
        "use `{slot}`: a master key is 64 hexadecimal digits, as `apiconnect init` and `openssl rand -hex 32` write them"
    )]
    NoKey {
        /// The setting's name.
        slot: String,
    },
    /// The connection has no such slot.
    #[error("find secret `{slot}`: the connection file has no such entry under [secrets]")]
    Unknown {
        /// The slot's name.
        slot: String,
    },
}

/// The secrets of one connection, by slot.
#[derive(Clone, Debug, Default)]
pub struct Vault(BTreeMap<String, Secret>);

impl Vault {
    /// Reads every slot once.
    ///
    /// # Errors
    /// [`VaultError`] for the first slot that cannot be read.
    pub fn read(sources: &BTreeMap<String, Source>, folder: &Path) -> Result<Self, VaultError> {
        sources
            .iter()
            .map(|(slot, source)| Ok((slot.clone(), source.read(slot, folder)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// A vault with these secrets, for tests and tools.
    #[must_use]
    pub fn of<const N: usize>(secrets: [(&str, &str); N]) -> Self {
        Self(secrets.into_iter().map(|(slot, text)| (slot.to_owned(), Secret::new(text))).collect())
    }

    /// The secret in `slot`.
    ///
    /// # Errors
    /// [`VaultError::Unknown`] when there is no such slot.
    pub fn get(&self, slot: &str) -> Result<&Secret, VaultError> {
        self.0.get(slot).ok_or_else(|| VaultError::Unknown { slot: slot.to_owned() })
    }

    /// The names of all slots, in order.
    pub fn slots(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// All secrets, for redaction.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.0.values()
    }
}

impl FromIterator<(String, Secret)> for Vault {
    fn from_iter<I: IntoIterator<Item = (String, Secret)>>(secrets: I) -> Self {
        Self(secrets.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_secret_loses_its_line_break_and_never_prints() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pw"), "s3cret\n").unwrap();
        let sources = BTreeMap::from([("password".to_owned(), Source::File("pw".into()))]);
        let vault = Vault::read(&sources, folder.path()).unwrap();
        assert_eq!(vault.get("password").unwrap().expose(), "s3cret");
        assert!(!format!("{vault:?}").contains("s3cret"));
    }

    #[test]
    fn a_missing_source_is_named() {
        let sources = BTreeMap::from([("password".to_owned(), Source::Env("APICONNECT_NO_SUCH_VARIABLE".into()))]);
        let error = Vault::read(&sources, Path::new(".")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "read secret `password`: the environment variable APICONNECT_NO_SUCH_VARIABLE is not set"
        );
    }
}
