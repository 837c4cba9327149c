//! The envelope around every value on disk, so that a record says itself whether it is what was written.
//!
//! `version u8 | kind u8 | sequence u64 | crc32 u32 | payload`, numbers big-endian. The checksum covers the key too:
//! a sound record under a foreign key is damage.

use super::{Revision, StoreError, error::readable};

/// The version this host writes and the only one it reads.
const VERSION: u8 = 1;
/// Bytes before the payload.
pub(super) const HEAD_BYTES: usize = 14;

/// How the payload is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The payload is the value.
    Whole = 0,
    /// The payload tells where the parts of the value are.
    Parted = 1,
}

/// A decoded envelope.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) kind: Kind,
    pub(super) sequence: Revision,
    pub(super) payload: &'a [u8],
}

/// What the envelope says about itself, before anything is verified.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) sequence: Revision,
    crc: u32,
}

impl Head {
    /// A number that stands for this record in the sum over all records. The checksum already covers key and value;
    /// the rounds spread it so that two lost records do not cancel out.
    pub(super) fn fingerprint(self) -> u64 {
        let mut mixed = self.sequence.rotate_left(32) ^ u64::from(self.crc);
        for multiplier in [0xff51_afd7_ed55_8ccd_u64, 0xc4ce_b9fe_1a85_ec53] {
            mixed = (mixed ^ (mixed >> 33)).wrapping_mul(multiplier);
        }
        mixed ^ (mixed >> 33)
    }
}

/// Wraps `payload` for `key`.
pub(super) fn encode(key: &[u8], kind: Kind, sequence: Revision, payload: &[u8]) -> Vec<u8> {
    let crc = checksum(key, kind, sequence, payload);
    let mut bytes = Vec::with_capacity(HEAD_BYTES + payload.len());
    bytes.extend_from_slice(&[VERSION, kind as u8]);
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes.extend_from_slice(&crc.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// Reads the head only, for a record that was verified when the store was opened or written since.
pub(super) fn head(key: &[u8], bytes: &[u8]) -> Result<Head, StoreError> {
    split(key, bytes).map(|(head, _)| head)
}

/// Unwraps the record under `key` and verifies all of it.
pub(super) fn decode<'a>(key: &[u8], bytes: &'a [u8]) -> Result<Record<'a>, StoreError> {
    let (Head { kind, sequence, crc }, payload) = split(key, bytes)?;
    if crc != checksum(key, kind, sequence, payload) {
        return Err(damaged(key, "its checksum does not match its content"));
    }
    Ok(Record { kind, sequence, payload })
}

fn split<'a>(key: &[u8], bytes: &'a [u8]) -> Result<(Head, &'a [u8]), StoreError> {
    let short = || damaged(key, "it is shorter than its own head");
    let (&[version, kind], rest) = bytes.split_first_chunk().ok_or_else(short)?;
    let (sequence, rest) = rest.split_first_chunk().ok_or_else(short)?;
    let (crc, payload) = rest.split_first_chunk().ok_or_else(short)?;
    if version > VERSION {
        return Err(damaged(key, &format!("its format {version} is newer than this host can read")));
    }
    let kind = match (version, kind) {
        (VERSION, 0) => Kind::Whole,
        (VERSION, 1) => Kind::Parted,
        _ => return Err(damaged(key, "its head is unknown")),
    };
    let (sequence, crc) = (u64::from_be_bytes(*sequence), u32::from_be_bytes(*crc));
    Ok((Head { kind, sequence, crc }, payload))
}

fn checksum(key: &[u8], kind: Kind, sequence: Revision, payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    // The length keeps a byte from wandering between the end of the key and the head.
    crc.update(&u64::try_from(key.len()).unwrap_or(u64::MAX).to_be_bytes());
    crc.update(key);
    crc.update(&[VERSION, kind as u8]);
    crc.update(&sequence.to_be_bytes());
    crc.update(payload);
    crc.finalize()
}

/// The damage of the record under a raw key; the first byte is the store's own and of no use to a reader.
pub(super) fn damaged(key: &[u8], problem: &str) -> StoreError {
    StoreError::damaged(format!("the record {}", readable(key.get(1..).unwrap_or_default())), problem)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_flipped_bit_is_detected(key: Vec<u8>, payload: Vec<u8>, sequence: u64, at: prop::sample::Index) {
            let sound = encode(&key, Kind::Whole, sequence, &payload);
            prop_assert_eq!(decode(&key, &sound).unwrap(), Record { kind: Kind::Whole, sequence, payload: &payload });
            let bit = at.index(sound.len() * 8);
            let mut flipped = sound;
            flipped[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(decode(&key, &flipped).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(key: Vec<u8>, bytes: Vec<u8>) {
            let _ = decode(&key, &bytes);
        }
    }

    #[test]
    fn a_record_under_a_foreign_key_is_damage() {
        let error = decode(b"rjob/2", &encode(b"rjob/1", Kind::Whole, 7, b"x")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "read the record job/2: its checksum does not match its content; \
             move the folder aside and restore a backup"
        );
    }
}
