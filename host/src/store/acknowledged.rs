//! A side file that remembers the last acknowledged commit, to notice at the next start that a tail was lost.
//!
//! It is written before each acknowledgement and never synced, so it costs no disk access. After a power cut it may
//! be behind the records but never ahead of them. Two slots are written in turn, so a torn write leaves the other.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{Revision, StoreError};

/// Its name in the folder of the records.
pub(super) const FILE_NAME: &str = "acknowledged";
const SLOT_BYTES: u64 = 12;

/// The open side file.
pub(super) struct Acknowledged {
    file: File,
    turn: u8,
}

impl Acknowledged {
    /// Creates it with both slots at `sequence`, synced.
    pub(super) fn create(folder: &Path, sequence: Revision) -> std::io::Result<()> {
        let file = OpenOptions::new().write(true).create_new(true).open(folder.join(FILE_NAME))?;
        let mut created = Self { file, turn: 0 };
        created.write_both(sequence)?;
        created.file.sync_all()
    }

    /// Opens it and reads the last acknowledged commit.
    pub(super) fn open(folder: &Path) -> Result<(Self, Revision), StoreError> {
        let damaged = |problem: String| StoreError::damaged(format!("the file {FILE_NAME}"), problem);
        let path = folder.join(FILE_NAME);
        let opened = OpenOptions::new().read(true).write(true).open(path);
        let mut file = opened.map_err(|cause| damaged(format!("it cannot be opened ({})", cause.kind())))?;
        let mut bytes = Vec::new();
        let limit = 2 * SLOT_BYTES + 1;
        let read = Read::by_ref(&mut file).take(limit).read_to_end(&mut bytes);
        read.map_err(|cause| damaged(format!("it cannot be read ({})", cause.kind())))?;
        let (slots, rest) = bytes.as_chunks::<12>();
        let newest = slots.iter().filter_map(decode).max();
        match newest {
            Some(sequence) if rest.is_empty() && slots.len() == 2 => Ok((Self { file, turn: 0 }, sequence)),
            _ => Err(damaged("neither of its two entries is sound".to_owned())),
        }
    }

    /// Remembers `sequence`.
    pub(super) fn write(&mut self, sequence: Revision) -> std::io::Result<()> {
        self.turn ^= 1;
        self.file.seek(SeekFrom::Start(u64::from(self.turn) * SLOT_BYTES))?;
        self.file.write_all(&encode(sequence))
    }

    /// Remembers `sequence` in both slots, so that one damaged slot hides nothing while the store rests.
    pub(super) fn write_both(&mut self, sequence: Revision) -> std::io::Result<()> {
        self.write(sequence)?;
        self.write(sequence)
    }
}

fn encode(sequence: Revision) -> [u8; 12] {
    let mut slot = [0; 12];
    let (number, crc) = slot.split_at_mut(8);
    number.copy_from_slice(&sequence.to_be_bytes());
    crc.copy_from_slice(&crc32fast::hash(number).to_be_bytes());
    slot
}

fn decode(slot: &[u8; 12]) -> Option<Revision> {
    let (number, _) = slot.split_first_chunk()?;
    let sequence = u64::from_be_bytes(*number);
    (encode(sequence) == *slot).then_some(sequence)
}
