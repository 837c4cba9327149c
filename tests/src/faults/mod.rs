//! Makes the disk fail under a running host: at the Nth call of each kind that writes, the operating system answers with
//! an error. Nothing may be acknowledged that is not there after a restart, the host says so plainly and stops, and the
//! next start is clean.
#![allow(clippy::indexing_slicing, reason = "a suite that meets something unexpected has to stop")]

mod case;

use std::collections::BTreeMap;

use indicatif::ProgressBar;

use case::{Case, Verdict, WRITES};

/// The calls by which a store writes. `write` counts for the side file of acknowledgements only: everything else that is
/// written so is no file of the store.
const CALLS: [&str; 7] = ["pwrite64", "fdatasync", "sync_file_range", "write", "fsync", "rename", "ftruncate"];
/// What the operating system says: the device fails, the disk is full.
const ERRORS: [&str; 2] = ["EIO", "ENOSPC"];

/// What a run showed.
#[derive(Debug, Default)]
pub struct Report {
    rows: BTreeMap<(&'static str, &'static str), Row>,
    /// What must not happen, each with its case.
    pub failures: Vec<String>,
}

#[derive(Debug, Default)]
struct Row {
    calls: usize,
    cases: usize,
    acknowledged: usize,
    unstarted: usize,
    stopped: usize,
    untouched: usize,
}

/// Tries `places` places of each call and error, spread over the calls of an undisturbed run's busiest thread.
///
/// # Errors
/// When strace is missing or a host does not start undisturbed, which is no finding.
pub async fn run(places: usize) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let bar = ProgressBar::new((places * CALLS.len() * ERRORS.len()) as u64);
    for call in CALLS {
        let count = case::count(call).await?;
        for error in ERRORS {
            report.rows.entry((call, error)).or_default();
            for place in spread(places, count) {
                let case = Case { call, error, at: place };
                let (verdict, acknowledged, problems) = case.run().await?;
                let row = report.rows.entry((call, error)).or_default();
                (row.calls, row.cases) = (count, row.cases + 1);
                row.acknowledged += acknowledged;
                match verdict {
                    Verdict::Unstarted => row.unstarted += 1,
                    Verdict::Stopped => row.stopped += 1,
                    Verdict::Untouched => row.untouched += 1,
                }
                report.failures.extend(problems.into_iter().map(|problem| format!("{case:?}: {problem}")));
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    Ok(report)
}

/// The first call, the last, and others evenly between.
fn spread(places: usize, count: usize) -> impl Iterator<Item = usize> {
    let mut last = 0;
    (0..places.min(count)).filter_map(move |at| {
        let place = 1 + at * (count - 1) / places.min(count).saturating_sub(1).max(1);
        let fresh = place != last;
        last = place;
        fresh.then_some(place)
    })
}

impl Report {
    /// Whether nothing happened that must not, and the faults did reach hosts.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.failures.is_empty() && self.stopped() > 0
    }

    fn stopped(&self) -> usize {
        self.rows.values().map(|row| row.stopped + row.unstarted).sum()
    }

    /// A table with a line for each call and error.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!(
            "{:<16} {:<7} {:>6} {:>6} {:>10} {:>8} {:>10} {:>13}\n",
            "CALL", "ERROR", "CALLS", "CASES", "NOT BEGUN", "STOPPED", "NO EFFECT", "ACKNOWLEDGED"
        );
        for ((call, error), row) in &self.rows {
            text += &format!(
                "{call:<16} {error:<7} {:>6} {:>6} {:>10} {:>8} {:>10} {:>13}\n",
                row.calls, row.cases, row.unstarted, row.stopped, row.untouched, row.acknowledged
            );
        }
        text + &format!("each case offers {WRITES} writes\n")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn places_reach_from_the_first_call_to_the_last() {
        assert_eq!(super::spread(4, 10).collect::<Vec<_>>(), [1, 4, 7, 10]);
        assert_eq!(super::spread(4, 2).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(super::spread(1, 9).collect::<Vec<_>>(), [1]);
    }
}
