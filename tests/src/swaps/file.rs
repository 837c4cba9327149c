//! What comes next, by the dice of a seed.

use crate::world::of_contract;

/// What is offered to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A version that serves at once.
    Good,
    /// One that needs long to say who it is, and to answer.
    Slow,
    /// A good one, by the folder.
    Folder,
    /// The version before.
    Back,
    /// One that asks for more than the one before.
    Greedy,
    /// No Wasm at all.
    Garbage,
    /// A core module.
    Core,
    /// A component for another version of the contract.
    OtherContract,
}

impl Kind {
    /// The bytes of a broken file.
    pub(super) fn bytes(self, good: &[u8]) -> anyhow::Result<Vec<u8>> {
        Ok(match self {
            Self::Garbage => b"PK\x03\x04 this is no connector".to_vec(),
            Self::Core => b"\0asm\x01\0\0\0".to_vec(),
            Self::OtherContract => of_contract(good, "0.9.0")?,
            _ => good.to_vec(),
        })
    }
}

/// SplitMix64.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn kind(&mut self) -> Kind {
        match self.roll() % 20 {
            0..=9 => Kind::Good,
            10..=11 => Kind::Slow,
            12 => Kind::Folder,
            13..=14 => Kind::Back,
            15..=16 => Kind::Greedy,
            17 => Kind::Garbage,
            18 => Kind::Core,
            _ => Kind::OtherContract,
        }
    }

    const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
