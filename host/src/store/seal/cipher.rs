//! One sealed value: `generation u8 | nonce 24 | ciphertext | tag 16`, by XChaCha20-Poly1305.
//!
//! The nonce is random, which its 192 bits allow for any number of values. The record's key and the generation are
//! authenticated with it, so a sealed value opens under its own key only.

use bytes::Bytes;
use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Key, Tag, XChaCha20Poly1305, XNonce};

use crate::seam;
use crate::secret::MasterKey;

/// Which master key sealed a value: the first byte of it. 0 is never used.
pub(super) type Generation = u8;

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// What sealing adds to a value.
pub(crate) const OVERHEAD_BYTES: usize = 1 + NONCE_BYTES + TAG_BYTES;

/// One master key in use. The cipher wipes its key on drop.
#[derive(Clone)]
pub(super) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    pub(super) fn new(key: &MasterKey) -> Self {
        Self(XChaCha20Poly1305::new(Key::from_slice(key.expose())))
    }

    /// Seals `plain` for the record `key`; `None` when the cipher cannot, which is only above 256 GiB.
    pub(super) fn seal(&self, generation: Generation, key: &[u8], plain: &[u8]) -> Option<Bytes> {
        let nonce: [u8; NONCE_BYTES] = seam::nonce_bytes();
        let mut sealed = Vec::with_capacity(OVERHEAD_BYTES + plain.len());
        sealed.push(generation);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let content = sealed.get_mut(1 + NONCE_BYTES..)?;
        let tag = self.0.encrypt_in_place_detached(XNonce::from_slice(&nonce), &bound_to(generation, key), content);
        sealed.extend_from_slice(&tag.ok()?);
        Some(sealed.into())
    }

    /// Opens a value of the record `key`; `None` when it was sealed with another key, for another record, or altered.
    pub(super) fn open(&self, key: &[u8], sealed: &[u8]) -> Option<Bytes> {
        let (generation, rest) = sealed.split_first()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let (content, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        let mut content = content.to_vec();
        let (nonce, tag) = (XNonce::from_slice(nonce), Tag::from_slice(tag));
        self.0.decrypt_in_place_detached(nonce, &bound_to(*generation, key), &mut content, tag).ok()?;
        Some(content.into())
    }
}

fn bound_to(generation: Generation, key: &[u8]) -> Vec<u8> {
    [b"apiconnect record 1 ".as_slice(), &[generation], key].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cipher(digit: &str) -> Cipher {
        Cipher::new(&MasterKey::parse(&digit.repeat(64)).unwrap())
    }

    proptest! {
        #[test]
        fn a_value_opens_under_its_key_and_nothing_else_does(key: Vec<u8>, other: Vec<u8>, plain: Vec<u8>, at: prop::sample::Index) {
            let sealed = cipher("1").seal(3, &key, &plain).unwrap();
            prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD_BYTES);
            prop_assert_eq!(sealed[0], 3);
            prop_assert_eq!(cipher("1").open(&key, &sealed), Some(Bytes::from(plain.clone())));
            prop_assert_eq!(cipher("2").open(&key, &sealed), None);
            if other != key {
                prop_assert_eq!(cipher("1").open(&other, &sealed), None);
            }
            let bit = at.index(sealed.len() * 8);
            let mut flipped = sealed.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(cipher("1").open(&key, &flipped), None);
            prop_assert_ne!(cipher("1").seal(3, &key, &plain), Some(sealed), "every nonce is another one");
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            prop_assert_eq!(cipher("1").open(b"k", &bytes), None);
        }
    }
}
