//! The table of a run, and whether every promise was kept.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use super::{CALLERS, DEADLINE, SLACK};

/// How much slower another connection's slowest calls may be meanwhile.
const RATIO_MAX: f64 = 1.5;
/// How much more memory than its cap a misdeed may cost.
const GROWTH_MAX: f64 = 1.1;

/// What one misdeed came to.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub deed: String,
    /// Calls of it.
    pub calls: u64,
    /// How the last one ended: the status and the code.
    pub ended: String,
    /// Calls that ended in no way that a program can tell.
    pub untyped: u64,
    /// The slowest of them.
    pub slowest_ms: f64,
    /// 99 of 100 calls of the other connection were faster, while it was quiet.
    pub p99_quiet_ms: f64,
    /// The same during the misdeed.
    pub p99_harmed_ms: f64,
    /// Calls of the other connection without an answer.
    pub lost: u64,
    /// How much more memory the host had at most.
    pub grown_mib: f64,
    /// How much it may have for this.
    pub cap_mib: f64,
}

/// All of them.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Rounds of quiet and harm.
    pub rounds: usize,
    /// The misdeeds.
    pub rows: Vec<Row>,
}

impl Row {
    fn in_time(&self) -> bool {
        self.slowest_ms <= (DEADLINE + SLACK).as_secs_f64() * 1_000.0
    }

    fn ratio(&self) -> f64 {
        self.p99_harmed_ms / self.p99_quiet_ms.max(0.001)
    }

    fn missed(&self) -> Vec<&'static str> {
        let all = [
            (self.in_time(), "time"),
            (self.untyped == 0, "type"),
            (self.ratio() <= RATIO_MAX, "p99"),
            (self.lost == 0, "lost"),
            (self.grown_mib <= self.cap_mib * GROWTH_MAX, "memory"),
        ];
        all.into_iter().filter(|(kept, _)| !kept).map(|(_, name)| name).collect()
    }
}

impl Report {
    /// Whether every promise was kept.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.missed().is_empty())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{CALLERS} callers of each misdeed, deadline {} ms, medians of {} rounds",
            DEADLINE.as_millis(),
            self.rounds
        )?;
        writeln!(
            f,
            "{:<20} {:>6} {:<24} {:>10} {:>9} {:>9} {:>6} {:>9} {:>8}  missed",
            "misdeed", "calls", "ended", "slowest ms", "p99 quiet", "p99 harm", "ratio", "grown MiB", "cap MiB"
        )?;
        for row in &self.rows {
            writeln!(
                f,
                "{:<20} {:>6} {:<24} {:>10.0} {:>9.2} {:>9.2} {:>6.2} {:>9.1} {:>8.0}  {}",
                row.deed,
                row.calls,
                row.ended,
                row.slowest_ms,
                row.p99_quiet_ms,
                row.p99_harmed_ms,
                row.ratio(),
                row.grown_mib,
                row.cap_mib,
                row.missed().join(" ")
            )?;
        }
        write!(f, "{}", if self.holds() { "every promise was kept" } else { "some promise was not kept" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_promise_can_be_missed() {
        let good = Row {
            deed: "spin".into(),
            calls: 1,
            ended: "502 connector_failed".into(),
            untyped: 0,
            slowest_ms: 5_040.0,
            p99_quiet_ms: 2.0,
            p99_harmed_ms: 3.0,
            lost: 0,
            grown_mib: 110.0,
            cap_mib: 100.0,
        };
        assert!(good.missed().is_empty());
        assert_eq!(Row { slowest_ms: 5_051.0, ..good.clone() }.missed(), ["time"]);
        assert_eq!(Row { p99_harmed_ms: 3.1, ..good.clone() }.missed(), ["p99"]);
        assert_eq!(Row { grown_mib: 111.0, untyped: 1, ..good.clone() }.missed(), ["type", "memory"]);
        assert!(!Report { rounds: 1, rows: vec![Row { lost: 1, ..good }] }.holds());
    }
}
