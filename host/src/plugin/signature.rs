//! Who signed a component: detached minisign signatures, checked against the keys that the operator trusts.

use minisign_verify::{Error, PublicKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

/// Why a component is not trusted, or a key cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SignatureError {
    /// A key of the configuration is no key.
    #[error(
        "use the key `{key}` of [trust] keys: it is no minisign public key; copy the second line of the vendor's .pub \
         file, which begins with RW"
    )]
    Key {
        /// The text.
        key: String,
    },
    /// Signatures are required and there is none.
    #[error(
        "trust the connector: it is not signed, and [trust] require_signed is on; put its signature beside it as \
         NAME.wasm.minisig (an upload sends it in the header X-Signature)"
    )]
    Missing,
    /// The signature's text is no signature.
    #[error(
        "trust the connector: its signature is no minisign signature; it is the whole .minisig file that \
         `minisign -S -m NAME.wasm` writes"
    )]
    Malformed,
    /// Signed by somebody the operator has not named.
    #[error(
        "trust the connector: it is signed with a key that [trust] keys does not name; add the vendor's public key \
         there if you trust it"
    )]
    Stranger,
    /// The signature belongs to other bytes.
    #[error(
        "trust the connector: its signature is for other bytes; the file was altered or cut, or the signature belongs \
         to another version. Fetch both again from the vendor"
    )]
    Altered,
    /// It was trusted when it came and no longer is.
    #[error(
        "trust the connector: this version is not signed with a key of [trust] keys, and require_signed is on; install \
         it again with a signature"
    )]
    NoLonger,
}

/// What is known of a component's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Signature {
    /// There is none.
    Unsigned,
    /// There is one, and no key to check it with.
    Unchecked,
    /// It was made with a trusted key.
    Verified {
        /// The key, as the configuration names it.
        key: String,
        /// What the signer says about the file, such as its name and time; signed too.
        comment: String,
    },
}

/// Whom the operator trusts to sign connectors.
#[derive(Clone, Default)]
pub struct Trust {
    keys: Vec<(String, PublicKey)>,
    require_signed: bool,
}

impl Trust {
    /// Trust in these keys; with `require_signed` in nothing else.
    ///
    /// # Errors
    /// [`SignatureError::Key`] names a text that is no key.
    pub fn new(keys: &[String], require_signed: bool) -> Result<Self, SignatureError> {
        let read = |text: &String| {
            let key = PublicKey::from_base64(text.trim()).map_err(|_| SignatureError::Key { key: text.clone() })?;
            Ok((text.trim().to_owned(), key))
        };
        Ok(Self { keys: keys.iter().map(read).collect::<Result<_, SignatureError>>()?, require_signed })
    }

    /// Checks the signature of these bytes. A signature that does not fit is refused even where none is required:
    /// something happened to the file on its way.
    ///
    /// # Errors
    /// [`SignatureError`] says what is wrong and what to do.
    pub fn check(&self, bytes: &[u8], signature: Option<&str>) -> Result<Signature, SignatureError> {
        let state = match signature {
            None => Signature::Unsigned,
            Some(_) if self.keys.is_empty() => Signature::Unchecked,
            Some(text) => self.verify(bytes, text)?,
        };
        match state {
            Signature::Verified { .. } => Ok(state),
            _ if self.require_signed => Err(SignatureError::Missing),
            _ => Ok(state),
        }
    }

    /// Whether a version that was checked when it came may serve under the keys of today.
    ///
    /// # Errors
    /// [`SignatureError::NoLonger`].
    pub fn still(&self, signature: &Signature) -> Result<(), SignatureError> {
        let known = |key: &String| self.keys.iter().any(|(text, _)| text == key);
        let trusted = matches!(signature, Signature::Verified { key, .. } if known(key));
        if trusted || !self.require_signed { Ok(()) } else { Err(SignatureError::NoLonger) }
    }

    fn verify(&self, bytes: &[u8], text: &str) -> Result<Signature, SignatureError> {
        let signature = minisign_verify::Signature::decode(text).map_err(|_| SignatureError::Malformed)?;
        for (name, key) in &self.keys {
            match key.verify(bytes, &signature, true) {
                Ok(()) => {
                    let comment = signature.trusted_comment().to_owned();
                    return Ok(Signature::Verified { key: name.clone(), comment });
                }
                Err(Error::UnexpectedKeyId) => {}
                Err(_) => return Err(SignatureError::Altered),
            }
        }
        Err(SignatureError::Stranger)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use minisign::KeyPair;

    use super::*;

    fn sign(pair: &KeyPair, bytes: &[u8]) -> String {
        minisign::sign(Some(&pair.pk), &pair.sk, Cursor::new(bytes), Some("erp 1.0"), None).unwrap().into_string()
    }

    fn trust(pair: &KeyPair, require_signed: bool) -> Trust {
        Trust::new(&[pair.pk.to_base64()], require_signed).unwrap()
    }

    #[test]
    fn only_the_right_key_over_the_right_bytes_is_trusted() {
        let (vendor, other) =
            (KeyPair::generate_unencrypted_keypair().unwrap(), KeyPair::generate_unencrypted_keypair().unwrap());
        let strict = trust(&vendor, true);
        let good = sign(&vendor, b"connector");
        let found = strict.check(b"connector", Some(&good)).unwrap();
        assert_eq!(found, Signature::Verified { key: vendor.pk.to_base64(), comment: "erp 1.0".into() });
        assert_eq!(strict.check(b"connectos", Some(&good)), Err(SignatureError::Altered));
        assert_eq!(strict.check(b"connector", Some(&sign(&other, b"connector"))), Err(SignatureError::Stranger));
        assert_eq!(strict.check(b"connector", Some("hello")), Err(SignatureError::Malformed));
        assert_eq!(strict.check(b"connector", None), Err(SignatureError::Missing));
        // A changed comment is a changed signature.
        let forged = good.replace("erp 1.0", "erp 2.0");
        assert_eq!(strict.check(b"connector", Some(&forged)), Err(SignatureError::Altered));
        assert!(strict.still(&found).is_ok());
        assert_eq!(trust(&other, true).still(&found), Err(SignatureError::NoLonger), "the key was taken away");
    }

    #[test]
    fn where_no_signature_is_required_a_wrong_one_is_refused_all_the_same() {
        let vendor = KeyPair::generate_unencrypted_keypair().unwrap();
        let lax = trust(&vendor, false);
        assert_eq!(lax.check(b"x", None), Ok(Signature::Unsigned));
        assert_eq!(lax.check(b"x", Some(&sign(&vendor, b"y"))), Err(SignatureError::Altered));
        assert_eq!(Trust::default().check(b"x", Some(&sign(&vendor, b"y"))), Ok(Signature::Unchecked));
    }

    #[test]
    fn a_text_that_is_no_key_is_named() {
        let error = Trust::new(&["untrusted comment".to_owned()], false).err().unwrap();
        assert!(error.to_string().contains("`untrusted comment`"), "{error}");
    }
}
