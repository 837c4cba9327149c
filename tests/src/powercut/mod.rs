//! Cuts the power, on paper: records what a writer hands to the operating system, and builds the folder again as it
//! would be after a cut at any moment, of what a completed `fdatasync` or `fsync` covers. Everything acknowledged before
//! the cut must be there, and no image may be refused.
#![allow(clippy::indexing_slicing, reason = "a suite that meets something unexpected has to stop")]

mod disk;
mod order;
mod parse;
mod trace;

pub use order::{Unsynced, answers, lines};
pub use trace::{Recording, read, record, strace};

use std::path::Path;

use anyhow::ensure;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::scribe::{Dice, Ledger, Outcome, ask};
use crate::world::Folder;
use disk::{Disk, Mode};
use parse::Event;
use trace::Step;

/// What a run showed.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Seed, to run the same again.
    pub seed: u64,
    /// System calls in the trace that concern the store.
    pub calls: usize,
    /// Bytes written to the store.
    pub bytes: usize,
    /// Completed `fdatasync` and `fsync` calls.
    pub syncs: usize,
    /// Acknowledged writes in the trace.
    pub acknowledged: usize,
    /// Acknowledgements that came before the `fdatasync` that covers them.
    pub unsynced: usize,
    /// Images of synced bytes only.
    pub strict: usize,
    /// Images with a random part of the other pages, too.
    pub torn: usize,
    /// Images from before the first acknowledgement.
    pub early: usize,
    /// What must not happen, each with its point.
    pub failures: Vec<String>,
}

impl Report {
    /// Whether nothing happened that must not.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.failures.is_empty() && self.unsynced == 0 && self.strict > 0 && self.torn > 0 && self.acknowledged > 0
    }
}

/// Records one run of the writer and opens `count` images of it.
///
/// # Errors
/// When strace is missing or an image cannot be made, which is no finding.
pub fn run(count: u64, seed: u64, documents: u64) -> anyhow::Result<Report> {
    let live = Folder::new()?;
    let recording = record(&live, documents, seed)?;
    let steps = &recording.steps;
    let acks: Vec<usize> = steps.iter().filter(|step| step.says("ack ")).map(|step| step.start).collect();
    ensure!(!acks.is_empty(), "the trace has no acknowledgement");
    let mut report = Report {
        seed,
        calls: steps.len(),
        bytes: recording.bytes(),
        syncs: steps.iter().filter(|step| matches!(step.event, Event::Sync { .. })).count(),
        unsynced: lines(&recording)?.len(),
        ..Report::default()
    };
    let mut dice = Dice::new(seed);
    let bar = ProgressBar::new(count);
    for number in 0..count {
        bar.inc(1);
        let mode = if number % 2 == 0 { Mode::Strict } else { Mode::Torn };
        let cut = point(number, &recording, &acks, &mut dice);
        let (ledger, outcome) = one(&live, &recording, cut, mode, &mut dice)?;
        match mode {
            Mode::Strict => report.strict += 1,
            Mode::Torn => report.torn += 1,
        }
        report.early += usize::from(ledger.acknowledged() == 0);
        report.acknowledged = report.acknowledged.max(ledger.acknowledged());
        if outcome != Outcome::Whole {
            report.failures.push(format!("image {number}, {mode:?}, cut at {cut} of {}: {outcome:?}", recording.end));
        }
    }
    bar.finish_and_clear();
    Ok(report)
}

/// Where the power is cut: anywhere, right after an acknowledgement, and while the store is being made.
fn point(number: u64, recording: &Recording, acks: &[usize], dice: &mut Dice) -> usize {
    match number % 8 {
        0..=3 => dice.index(recording.end) + 1,
        4 => acks[dice.index(acks.len())] + 1,
        // Names change when a store is made and when it is opened; each time much hangs on little.
        5 | 6 => {
            let names: Vec<usize> = recording.steps.iter().filter(|step| step.names()).map(|step| step.end).collect();
            names[dice.index(names.len())] + 1 + dice.index(3)
        }
        _ => dice.index(acks[0] + acks[0] / 4) + 1,
    }
}

fn one(
    live: &Folder,
    recording: &Recording,
    cut: usize,
    mode: Mode,
    dice: &mut Dice,
) -> anyhow::Result<(Ledger, Outcome)> {
    let mut ledger = Ledger::default();
    for step in recording.steps.iter().filter(|step| step.start < cut) {
        if let Event::Say(text) = &step.event {
            String::from_utf8_lossy(text).lines().for_each(|line| ledger.hear(line));
        }
    }
    let image = tempfile::Builder::new().prefix("powercut-").tempdir()?;
    for file in ["apiconnect.toml", "master.key"] {
        std::fs::copy(live.path().join(file), image.path().join(file))?;
    }
    Disk::after(&recording.steps, cut, mode, dice).write(&image.path().join("data"))?;
    let note = image.path().join("ledger.json");
    std::fs::write(&note, serde_json::to_vec(&ledger)?)?;
    let outcome = ask(&image.path().join("apiconnect.toml"), &note)?;
    Ok((ledger, outcome))
}

/// The part of the path below `root`, if it is below it.
fn below<'a>(path: &'a Path, root: &Path) -> Option<&'a Path> {
    path.strip_prefix(root).ok().filter(|rest| !rest.as_os_str().is_empty())
}

/// A step with numbers instead of paths, see [`trace`].
impl Step {
    fn names(&self) -> bool {
        matches!(self.event, Event::Make { .. } | Event::Rename { .. } | Event::Remove { .. })
    }

    fn says(&self, what: &str) -> bool {
        matches!(&self.event, Event::Say(text) if text.starts_with(what.as_bytes()))
    }
}
