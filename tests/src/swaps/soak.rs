//! Many calls and many reloads, to see whether memory grows for ever.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use serde::Serialize;

use super::file::Dice;
use super::load::{History, Load};
use super::{CONNECTION, Counts, Run, warm_up};
use crate::world::{Folder, Version};

const CALLS_PER_SECOND: u32 = 400;
/// Looks at the memory; the second half of them counts.
const SAMPLES: u32 = 40;
/// How much more memory the second half of the run may end with than it began with.
const GROWTH_PER_CENT_MAX: i64 = 5;

/// What a run showed.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Prices asked.
    pub calls: u64,
    /// Versions that came and served.
    pub reloads: u32,
    /// Calls without an answer.
    pub failed: u64,
    /// Calls answered by the wrong version.
    pub wrong_version: u64,
    /// Memory of the host along the run, in KiB.
    pub resident_kib: Vec<u64>,
    /// How it grows over the second half, in KiB a reload with the calls meanwhile: the line that fits best.
    pub slope_kib_per_reload: f64,
    /// How much it grew over the second half, by that line, in per cent.
    pub growth_per_cent: i64,
}

impl Report {
    /// Whether every promise was kept.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.failed == 0 && self.wrong_version == 0 && self.growth_per_cent <= GROWTH_PER_CENT_MAX
    }
}

/// Asks about `calls` prices while `reloads` versions come one after the other.
///
/// # Errors
/// When a program does not start, or a version is not taken in.
pub async fn run(calls: u64, reloads: u32) -> anyhow::Result<Report> {
    ensure!(reloads >= SAMPLES, "fewer than {SAMPLES} reloads show nothing");
    let folder = Folder::new()?;
    folder.plugin("versioned.wasm", &Version::named("1.0.0").component()?)?;
    folder.connection("v", CONNECTION)?;
    let (host, client) = folder.serve()?;
    warm_up(&client).await?;
    let history = Arc::new(History::starting_with("1.0.0"));
    let load = Load::start(&client, &history, CALLS_PER_SECOND);
    let mut run = Run { folder, client, history, dice: Dice::new(1), counts: Counts::default() };
    let pace = Duration::from_secs_f64(calls as f64 / f64::from(CALLS_PER_SECOND) / f64::from(reloads));
    let started = tokio::time::Instant::now();
    let mut samples = Vec::new();
    for reload in 0..reloads {
        tokio::time::sleep_until(started + pace * reload).await;
        if reload % (reloads / SAMPLES) == 0 {
            samples.push((f64::from(reload), host.resident()? >> 10));
        }
        let version = Version::named(run.next());
        run.upload(version).await?;
    }
    let outcome = load.stop().await?;
    let half = samples.split_at(samples.len() / 2).1;
    let slope = slope(half);
    let first = half.first().map_or(1, |(_, kib)| *kib);
    let grown = slope * f64::from(reloads) / 2.0;
    Ok(Report {
        calls: outcome.calls,
        reloads,
        failed: outcome.failed,
        wrong_version: outcome.wrong_version,
        resident_kib: samples.iter().map(|(_, kib)| *kib).collect(),
        slope_kib_per_reload: (slope * 100.0).round() / 100.0,
        growth_per_cent: (grown * 100.0 / first as f64).round() as i64,
    })
}

/// Least squares.
fn slope(points: &[(f64, u64)]) -> f64 {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), (at, kib)| (x + at / count, y + *kib as f64 / count));
    let (over, under) = points.iter().fold((0.0, 0.0), |(over, under), (at, kib)| {
        (over + (at - x) * (*kib as f64 - y), under + (at - x) * (at - x))
    });
    if under == 0.0 { 0.0 } else { over / under }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_has_its_own_slope() {
        let line: Vec<(f64, u64)> = (0..10_u32).map(|at| (f64::from(at), u64::from(100 + 3 * at))).collect();
        assert!((super::slope(&line) - 3.0).abs() < 1e-9);
        assert_eq!(super::slope(&[(1.0, 5)]).to_bits(), 0.0_f64.to_bits());
    }
}
