//! One frame of a backup: `kind u8 | length u32 | crc32 u32 | payload`, numbers big-endian. The checksum covers kind,
//! length and payload.

use std::io::{self, Read};

use super::Problem;

/// Bytes before the payload.
const HEAD_BYTES: usize = 9;
/// The largest frame is a record with the longest key and value; parts of values have 64 KiB.
const PAYLOAD_BYTES_MAX: usize = 1 << 20;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Header = b'H' as isize,
    Row = b'R' as isize,
    Trailer = b'E' as isize,
}

/// Appends a frame to `out`.
pub(super) fn put(out: &mut Vec<u8>, kind: Kind, payload: &[&[u8]]) {
    let length = u32::try_from(payload.iter().map(|part| part.len()).sum::<usize>()).unwrap_or(u32::MAX);
    let mut crc = crc32fast::Hasher::new();
    crc.update(&[kind as u8]);
    crc.update(&length.to_be_bytes());
    payload.iter().for_each(|part| crc.update(part));
    out.push(kind as u8);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&crc.finalize().to_be_bytes());
    payload.iter().for_each(|part| out.extend_from_slice(part));
}

/// Reads the next frame into `frame`, head and payload, and verifies it.
pub(super) fn take(from: &mut impl Read, frame: &mut Vec<u8>) -> Result<Kind, Problem> {
    frame.clear();
    frame.resize(HEAD_BYTES, 0);
    exact(from, frame)?;
    let head = frame.as_slice();
    let (Some((&[kind], rest)), damaged) = (head.split_first_chunk::<1>(), || Problem::altered("a frame's head"))
    else {
        return Err(Problem::altered("a frame's head"));
    };
    let (length, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
    let (told, _) = rest.split_first_chunk().ok_or_else(damaged)?;
    let (length_bytes, told) = (*length, u32::from_be_bytes(*told));
    let kind = match kind {
        b'H' => Kind::Header,
        b'R' => Kind::Row,
        b'E' => Kind::Trailer,
        _ => return Err(damaged()),
    };
    let length = usize::try_from(u32::from_be_bytes(length_bytes)).unwrap_or(usize::MAX);
    if length > PAYLOAD_BYTES_MAX {
        return Err(damaged());
    }
    frame.resize(HEAD_BYTES + length, 0);
    exact(from, frame.get_mut(HEAD_BYTES..).unwrap_or_default())?;
    let mut crc = crc32fast::Hasher::new();
    crc.update(&[kind as u8]);
    crc.update(&length_bytes);
    crc.update(payload(frame));
    if crc.finalize() == told { Ok(kind) } else { Err(Problem::altered("the checksum of a frame")) }
}

/// The payload of a frame that [`take`] has read.
pub(super) fn payload(frame: &[u8]) -> &[u8] {
    frame.get(HEAD_BYTES..).unwrap_or_default()
}

fn exact(from: &mut impl Read, bytes: &mut [u8]) -> Result<(), Problem> {
    from.read_exact(bytes).map_err(|cause| match cause.kind() {
        io::ErrorKind::UnexpectedEof => Problem::Truncated,
        _ => Problem::Io(cause.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_flipped_bit_is_detected(payload: Vec<u8>, at: prop::sample::Index) {
            let mut bytes = Vec::new();
            put(&mut bytes, Kind::Row, &[&payload, b"more"]);
            let mut frame = Vec::new();
            prop_assert_eq!(take(&mut bytes.as_slice(), &mut frame), Ok(Kind::Row));
            prop_assert_eq!(super::payload(&frame), [payload.as_slice(), b"more"].concat());
            let bit = at.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(take(&mut bytes.as_slice(), &mut frame).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = take(&mut bytes.as_slice(), &mut Vec::new());
        }
    }
}
