//! Two things measured in turn.

use serde::{Deserialize, Serialize};

/// The least and the most of several runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    /// The least.
    pub(super) least: f64,
    /// The most.
    pub(super) most: f64,
}

/// What the host and the thing beside it gave, round by round.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    /// Takes in one round.
    pub(super) fn add(&mut self, host: f64, beside: f64) {
        self.0.push((host, beside));
    }

    /// Rounds so far.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The host's median.
    pub(super) fn host(&self) -> f64 {
        median(self.0.iter().map(|(host, _)| *host))
    }

    /// The other's median.
    pub(super) fn beside(&self) -> f64 {
        median(self.0.iter().map(|(_, beside)| *beside))
    }

    /// The host's median beside the other's.
    pub(super) fn ratio(&self) -> f64 {
        self.host() / self.beside()
    }

    /// The ratios of the single rounds.
    pub(super) fn spread(&self) -> Spread {
        spread(self.0.iter().map(|(host, beside)| host / beside))
    }

    /// The host's own figures.
    pub(super) fn spread_of_host(&self) -> Spread {
        spread(self.0.iter().map(|(host, _)| *host))
    }
}

/// The middle one; of an even number the upper of the two in the middle. Zero of nothing.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn spread(values: impl Iterator<Item = f64> + Clone) -> Spread {
    Spread { least: values.clone().fold(f64::INFINITY, f64::min), most: values.fold(f64::NEG_INFINITY, f64::max) }
}

/// Measures both, the host first in every other round only: whoever comes second finds caches and clock rate as the
/// first one left them.
pub(super) async fn in_turn<T>(
    round: usize,
    host: impl Future<Output = anyhow::Result<T>>,
    beside: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<(T, T)> {
    if round.is_multiple_of(2) {
        let host = host.await?;
        return Ok((host, beside.await?));
    }
    let beside = beside.await?;
    Ok((host.await?, beside))
}
