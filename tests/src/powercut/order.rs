//! The order in a trace: no acknowledgement may leave before an `fdatasync` has ended that began after what it
//! acknowledges was written.

use std::collections::HashMap;

use anyhow::ensure;

use super::parse::Event;
use super::trace::Recording;

/// An acknowledgement that came too early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsynced {
    /// What was acknowledged.
    pub what: String,
    /// The line of the trace where it was.
    pub line: usize,
}

/// Where the engine's file was written, and where it was forced.
struct File {
    /// Lines where writes ended, with the bytes.
    writes: Vec<(usize, Vec<u8>)>,
    /// Lines where syncs began and ended.
    syncs: Vec<(usize, usize)>,
}

impl File {
    fn of(recording: &Recording) -> Self {
        let mut file = Self { writes: Vec::new(), syncs: Vec::new() };
        for step in &recording.steps {
            match &step.event {
                Event::Write { node, data, .. } if *node == recording.db => file.writes.push((step.end, data.clone())),
                Event::Sync { node } if *node == recording.db => file.syncs.push((step.start, step.end)),
                _ => {}
            }
        }
        file
    }

    /// Whether a sync began behind `written` and ended before `said`.
    fn is_synced(&self, written: usize, said: usize) -> bool {
        self.syncs.iter().any(|(start, end)| *start > written && *end < said)
    }
}

/// The acknowledgements of the writer (`ack KEY REVISION`) that came too early. A revision counts as written where the
/// engine's file first got a sum over all records of that commit or a later one.
///
/// # Errors
/// When the trace has no acknowledgement, which would prove nothing.
pub fn lines(recording: &Recording) -> anyhow::Result<Vec<Unsynced>> {
    let file = File::of(recording);
    let sums = sums(&file);
    let (mut early, mut seen) = (Vec::new(), 0);
    for step in &recording.steps {
        let Event::Say(text) = &step.event else { continue };
        for line in String::from_utf8_lossy(text).lines() {
            let Some(revision) = line.strip_prefix("ack ").and_then(|rest| rest.rsplit(' ').next()?.parse().ok())
            else {
                continue;
            };
            seen += 1;
            let written = sums.iter().filter(|(sequence, _)| **sequence >= revision).map(|(_, at)| *at).min();
            if !written.is_some_and(|written| file.is_synced(written, step.start)) {
                early.push(Unsynced { what: line.to_owned(), line: step.start });
            }
        }
    }
    ensure!(seen > 0, "the trace has no acknowledgement");
    Ok(early)
}

/// Answers of a host that tell of a new record (a `202` with a job, a `200` with a key) and came too early, and how many
/// told of one. A record counts as written where the engine's file first got its id, so it must not be sealed.
///
/// # Errors
/// When a record that was told of is never written, which is a loss.
pub fn answers(recording: &Recording) -> anyhow::Result<(usize, Vec<Unsynced>)> {
    let file = File::of(recording);
    let (mut early, mut seen) = (Vec::new(), 0);
    for step in &recording.steps {
        let Event::Say(text) = &step.event else { continue };
        if !text.starts_with(b"HTTP/1.1 20") {
            continue;
        }
        let text = String::from_utf8_lossy(text);
        let Some(at) = text.find("\"job_").or_else(|| text.find("\"key_")).map(|quote| quote + 1) else { continue };
        let id: String = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        seen += 1;
        let holds = |data: &[u8]| memchr::memmem::find(data, id.as_bytes()).is_some();
        let written = file.writes.iter().find(|(_, data)| holds(data)).map(|(at, _)| *at);
        ensure!(written.is_some(), "{id} was accepted and never written");
        if !written.is_some_and(|written| file.is_synced(written, step.start)) {
            early.push(Unsynced { what: id, line: step.start });
        }
    }
    Ok((seen, early))
}

/// Where the sum over all records of each commit was first written. Its record has a fixed form and a checksum, so it is
/// found in the raw bytes and never mistaken.
fn sums(file: &File) -> HashMap<u64, usize> {
    const KEY: &[u8] = b"meta/totals";
    let mut found = HashMap::new();
    for (at, data) in &file.writes {
        for start in memchr::memmem::find_iter(data, &[1, 0, 0, 0, 0, 0]) {
            let Some(record) = data.get(start..start + 30) else { continue };
            let (head, payload) = (&record[..10], &record[14..]);
            let mut crc = crc32fast::Hasher::new();
            crc.update(&(KEY.len() as u64).to_be_bytes());
            crc.update(KEY);
            crc.update(head);
            crc.update(payload);
            if crc.finalize().to_be_bytes() == record[10..14] {
                let sequence = head[2..].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
                found.entry(sequence).or_insert(*at);
            }
        }
    }
    found
}
