//! What the operator writes: `apiconnect.toml` and one file a connection. Unknown and misspelt fields are refused.

mod connection;
mod host;

pub use connection::{
    Batch, ConnectionFile, Delivery, Granted, Limits, Parallel, RecordedCalls, Recording, read_folder,
};
pub use host::{
    HostConfig, LanesConfig, LimitsConfig, LiveConfig, LogConfig, LogFormat, QueueConfig, StoreConfig, TrustConfig,
};

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::limits;

/// Why a configuration file cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("read {path}: {problem}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        problem: String,
    },
    /// Its text is not what it must be.
    #[error("read {path}{place}: {problem}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// `, line N, column M`, or nothing.
        place: String,
        /// What is wrong, and what was probably meant.
        problem: String,
    },
    /// A value is well formed and still cannot be used.
    #[error("use {path}: {problem}", path = path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What to write instead.
        problem: String,
    },
}

/// Reads a TOML file, with the place and the probable meaning of a mistake.
fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let unreadable = |problem: String| ConfigError::Unreadable { path: path.to_owned(), problem };
    let size = std::fs::metadata(path).map_err(|e| unreadable(e.to_string()))?.len();
    if size > limits::CONFIG_BYTES_MAX {
        return Err(unreadable(format!("it has {size} bytes, at most {} are read", limits::CONFIG_BYTES_MAX)));
    }
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
    parse(path, &text)
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::Malformed {
        path: path.to_owned(),
        place: error.span().map_or_else(String::new, |span| place(text, span.start)),
        problem: explain(error.message()),
    })
}

/// The place of a byte in a text: `, line N, column M`.
pub(crate) fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(", line {line}, column {column}")
}

/// Adds the field that was probably meant to the text about an unknown one.
pub(crate) fn explain(message: &str) -> String {
    let message = message.trim().replace('\n', " ");
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = names.next().filter(|_| message.starts_with("unknown "));
    let nearest = unknown.and_then(|unknown| {
        names.map(|name| (strsim::damerau_levenshtein(unknown, name), name)).filter(|(far, _)| *far <= 3).min()
    });
    match nearest {
        Some((_, name)) => format!("{message}; did you mean `{name}`?"),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_field_is_found_and_the_right_one_named() {
        let error = parse::<HostConfig>(Path::new("apiconnect.toml"), "listen = \"127.0.0.1:1\"\nplugin = \"x\"\n")
            .unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("read apiconnect.toml, line 2, column 1: unknown field `plugin`"), "{text}");
        assert!(text.ends_with("did you mean `plugins`?"), "{text}");
    }
}
