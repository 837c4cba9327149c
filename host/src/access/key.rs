//! The text of an API key: `ack_`, 160 random bits, and a checksum that tells a typing mistake from an unknown key.

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::seam;
use crate::secret::Secret;

/// How a key begins, so that scanners of source code find one that leaked.
const PREFIX: &str = "ack_";
/// Crockford's base 32: no letters that look like digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const RANDOM_CHARACTERS: usize = 32;
const CHECK_CHARACTERS: usize = 6;

/// Why a key opens nothing.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum AccessError {
    /// The request brought none.
    #[error("find an API key in the request: send the header `Authorization: Bearer ack_…`")]
    Missing,
    /// It is no key of this product, or was copied wrongly.
    #[error("read the API key: it is cut off or misspelt; a key is `ack_` and 38 characters")]
    Malformed,
    /// It is well formed but this host has not made it.
    #[error("find the API key: this host does not know it; make one with `apiconnect key create`")]
    Unknown,
    /// It was revoked.
    #[error("use the API key: it was revoked; make another with `apiconnect key create`")]
    Revoked,
}

/// The text of a key.
#[derive(Clone, Debug)]
pub struct Text(Secret);

impl Text {
    /// A new key from the operating system's random source.
    #[must_use]
    pub fn mint() -> Self {
        let bytes: [u8; 20] = seam::random_bytes();
        let mut body = String::with_capacity(PREFIX.len() + RANDOM_CHARACTERS + CHECK_CHARACTERS);
        for group in bytes.chunks(5) {
            let bits = group.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
            (0..8).rev().for_each(|at| body.push(character(bits >> (at * 5))));
        }
        let check = checksum(&body);
        Self(Secret::new(format!("{PREFIX}{body}{check}")))
    }

    /// Reads a key that was shown.
    ///
    /// # Errors
    /// [`AccessError::Malformed`] when it cannot be one.
    pub fn read(text: &str) -> Result<Self, AccessError> {
        let rest = text.strip_prefix(PREFIX).ok_or(AccessError::Malformed)?;
        let (body, check) = rest.split_at_checked(RANDOM_CHARACTERS).ok_or(AccessError::Malformed)?;
        if !body.bytes().all(|b| ALPHABET.contains(&b)) || check != checksum(body) {
            return Err(AccessError::Malformed);
        }
        Ok(Self(Secret::new(text)))
    }

    /// The text itself, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is kept of it. A key has 160 random bits, so a plain hash cannot be searched through.
    #[must_use]
    pub fn hash(&self) -> String {
        format!("{:x}", Sha256::digest(self.0.expose()))
    }
}

fn character(bits: u64) -> char {
    let at = usize::try_from(bits & 31).unwrap_or(0);
    char::from(ALPHABET.get(at).copied().unwrap_or(b'0'))
}

fn checksum(body: &str) -> String {
    let sum = u64::from(crc32fast::hash(body.as_bytes()));
    (0..CHECK_CHARACTERS).rev().map(|at| character(sum >> (at * 5))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_key_is_told_from_an_unknown_one() {
        let text = Text::mint().expose().to_owned();
        assert_eq!(text.len(), 42);
        assert!(Text::read(&text).is_ok());
        let mut wrong = text.clone().into_bytes();
        wrong[10] = if wrong[10] == b'a' { b'b' } else { b'a' };
        assert_eq!(Text::read(&String::from_utf8(wrong).unwrap()).unwrap_err(), AccessError::Malformed);
        for bad in [&text[..41], &text[4..], "", "ack_", "Bearer x", "ack_ééééééééééééééééééé"] {
            assert_eq!(Text::read(bad).unwrap_err(), AccessError::Malformed);
        }
        assert_ne!(Text::mint().expose(), text);
    }
}
