//! Reading and writing JSON with errors that a person can use.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::types::Error;

/// Characters of an answer that an error quotes.
const QUOTED_MAX: usize = 200;

/// Reads a system's answer.
///
/// # Errors
/// `internal` with the place and the beginning of the text when it is not what `T` expects.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(text).map_err(|e| {
        let start: String = String::from_utf8_lossy(text).chars().take(QUOTED_MAX).collect();
        Error::internal(format!("the system's answer is not what was expected ({e}): {start}"))
    })
}

/// Writes a request body.
///
/// # Errors
/// `internal` when `value` cannot be written as JSON.
pub fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|e| Error::internal(format!("the request could not be written as JSON: {e}")))
}
