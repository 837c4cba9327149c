//! A measured figure, its goal, and what it comes from.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::rounds::{Pairs, Spread};

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Goal {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Goal {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "≤ {most}"),
            Self::AtLeast(least) => write!(f, "≥ {least}"),
        }
    }
}

/// One of the two figures behind a ratio, or the only one behind another figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Side {
    /// What was measured.
    pub(super) name: String,
    /// The median of all runs.
    pub(super) value: f64,
    /// Its unit.
    pub(super) unit: String,
}

/// A figure of the summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Figure {
    /// The figure itself.
    pub(super) value: f64,
    /// What it should be; none for one that only informs.
    pub(super) goal: Option<Goal>,
    /// Whether it is as it should be.
    pub(super) holds: bool,
    /// The host.
    pub(super) host: Side,
    /// What it was measured beside.
    pub(super) beside: Option<Side>,
    /// How often each side was measured.
    pub(super) runs: usize,
    /// The least and the most that one run gave.
    pub(super) spread: Spread,
    /// What else a reader should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) notes: Vec<String>,
}

impl Figure {
    /// How the host stands beside another program, both named and in this unit.
    pub(super) fn ratio(pairs: &Pairs, (host, beside): (&str, &str), unit: &str, goal: Goal) -> Self {
        let side = |name: &str, value| Side { name: name.to_owned(), value: rounded(value), unit: unit.to_owned() };
        Self {
            host: side(host, pairs.host()),
            beside: Some(side(beside, pairs.beside())),
            ..Self::of(pairs.ratio(), Some(goal), pairs.len(), pairs.spread())
        }
    }

    /// A figure of the host alone; what stands beside it has no goal either.
    pub(super) fn plain(pairs: &Pairs, (host, beside): (&str, Option<&str>), unit: &str, goal: Option<Goal>) -> Self {
        let side = |name: &str, value| Side { name: name.to_owned(), value: rounded(value), unit: unit.to_owned() };
        Self {
            host: side(host, pairs.host()),
            beside: beside.map(|name| side(name, pairs.beside())),
            ..Self::of(pairs.host(), goal, pairs.len(), pairs.spread_of_host())
        }
    }

    fn of(value: f64, goal: Option<Goal>, runs: usize, spread: Spread) -> Self {
        let value = rounded(value);
        let holds = goal.is_none_or(|goal| goal.holds(value));
        let host = Side { name: String::new(), value, unit: String::new() };
        let spread = Spread { least: rounded(spread.least), most: rounded(spread.most) };
        Self { value, goal, holds, host, beside: None, runs, spread, notes: Vec::new() }
    }

    /// Adds what else a reader should know.
    pub(super) fn note(mut self, text: String) -> Self {
        self.notes.push(text);
        self
    }
}

/// Three digits behind the point say all that a measurement can.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_holds_or_not() {
        let mut pairs = Pairs::default();
        pairs.add(30.0, 20.0);
        pairs.add(31.0, 20.0);
        pairs.add(50.0, 20.0);
        let figure = Figure::ratio(&pairs, ("host", "bare"), "µs", Goal::AtMost(1.5));
        assert_eq!((figure.value, figure.holds, figure.runs), (1.55, false, 3));
        assert_eq!((figure.spread.least, figure.spread.most), (1.5, 2.5));
        assert!(Figure::ratio(&pairs, ("host", "bare"), "µs", Goal::AtLeast(0.6)).holds);
    }
}
