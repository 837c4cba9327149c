//! Files of the kit as text: read within bounds, parsed with the place of a mistake.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::KitError;
use crate::config;
use crate::limits;

/// The text of a file.
pub(super) fn read(file: &Path) -> Result<String, KitError> {
    let unreadable = |problem: String| KitError::Unreadable { file: file.to_owned(), problem };
    let size = std::fs::metadata(file).map_err(|e| unreadable(e.to_string()))?.len();
    if size > limits::KIT_FILE_BYTES_MAX {
        return Err(unreadable(format!("it has {size} bytes, at most {} are read", limits::KIT_FILE_BYTES_MAX)));
    }
    std::fs::read_to_string(file).map_err(|e| unreadable(e.to_string()))
}

/// A JSON text as `T`. An unknown field is told with the one that was probably meant.
pub(super) fn json<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, KitError> {
    serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let problem = said.rsplit_once(" at line ").map_or(said.as_str(), |(problem, _)| problem);
        malformed(file, format!(", line {}, column {}", error.line(), error.column()), problem)
    })
}

/// A TOML text as `T`.
pub(super) fn toml<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, KitError> {
    toml::from_str(text).map_err(|error: ::toml::de::Error| {
        let place = error.span().map_or_else(String::new, |span| config::place(text, span.start));
        malformed(file, place, error.message())
    })
}

fn malformed(file: &Path, place: String, problem: &str) -> KitError {
    KitError::Malformed { file: file.to_owned(), place, problem: config::explain(problem) }
}

/// Files of a folder and the folders below it whose names end in `.json`, in the order of their paths.
pub(super) fn json_files(folder: &Path) -> Result<Vec<PathBuf>, KitError> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        let unreadable = |e: std::io::Error| KitError::Unreadable { file: folder.clone(), problem: e.to_string() };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|end| end == "json") {
                found.push(path);
            }
            if found.len() + left.len() > limits::KIT_FILES_MAX {
                let problem = format!("there are more than {} files in it", limits::KIT_FILES_MAX);
                return Err(KitError::Unreadable { file: folder, problem });
            }
        }
    }
    found.sort();
    Ok(found)
}
