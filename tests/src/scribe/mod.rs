//! Writes records whose content says itself what it must be, notes what was acknowledged, and checks a store against
//! that. The suites that harm a store stand on it.
#![allow(clippy::indexing_slicing, reason = "a suite that meets something unexpected has to stop")]

mod ledger;
mod probe;
mod write;

pub use ledger::{Ledger, Op};
pub use probe::{Outcome, ask, probe};
pub use write::{Plan, write};

/// The sizes of documents, in bytes, and how many in 32 have them: most are small, the last two have parts.
const SIZES: [(usize, u64); 4] = [(1_000, 26), (20_000, 4), (70_000, 1), (300_000, 1)];

/// Small, and the same again for the same seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall the same way again.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `below`; 0 when that is 0.
    pub const fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        if below == 0 { 0 } else { mixed % below }
    }

    /// An index of something with `len` places.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or_default()
    }
}

/// The size of a document, by its number.
fn size_of(number: u64) -> usize {
    let mut at = number % 32;
    for (size, share) in SIZES {
        if at < share {
            return size;
        }
        at -= share;
    }
    0
}

/// What the write number `op` of the record `key` stores: its own name, and bytes that follow from it.
#[must_use]
pub(crate) fn content(key: &str, op: usize, size: usize) -> Vec<u8> {
    let mut bytes = format!("{key} {op} {size}\n").into_bytes();
    let mut dice = Dice::new(u64::from(crc32fast::hash(&bytes)));
    let pattern: Vec<u8> = (0..64).flat_map(|_| dice.below(u64::MAX).to_le_bytes()).collect();
    while bytes.len() < size {
        bytes.extend_from_slice(&pattern);
    }
    bytes
}

/// Which write a content is of, if it is whole.
#[must_use]
pub fn op_of(key: &str, bytes: &[u8]) -> Option<usize> {
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    let text = std::str::from_utf8(line).ok()?;
    let (op, size) = text.strip_prefix(key)?.strip_prefix(' ')?.split_once(' ')?;
    let (op, size) = (op.parse().ok()?, size.parse().ok()?);
    (content(key, op, size) == bytes).then_some(op)
}
