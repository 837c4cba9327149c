//! The other connection's shoppers: questions at a steady rate, whatever the answers take.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{CALLS_PER_SECOND, path, question};
use crate::world::Client;

/// What one look at the calls showed.
#[derive(Debug)]
pub(super) struct Window {
    /// From when a call was due to its answer, in microseconds, in order.
    took_us: Vec<u64>,
    pub(super) failed: u64,
}

/// Asks for this long. A call's time begins when it is due: one that leaves late because the one before held things up
/// has waited, too.
pub(super) async fn window(client: &Client, time: Duration) -> anyhow::Result<Window> {
    let pace = Duration::from_secs(1) / CALLS_PER_SECOND;
    let began = Instant::now();
    let mut calls = JoinSet::new();
    let count = u32::try_from(time.as_millis() / pace.as_millis().max(1))?;
    for number in 0..count {
        let due = began + pace * number;
        tokio::time::sleep_until(due.into()).await;
        let client = client.clone();
        calls.spawn(async move {
            let answer = client.post(&path("other"), &question("A1")).await;
            let took = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
            (took, answer.is_ok_and(|answer| answer.status == 200))
        });
    }
    let mut window = Window { took_us: Vec::new(), failed: 0 };
    while let Some(ended) = calls.join_next().await {
        let (took, right) = ended?;
        window.took_us.push(took);
        window.failed += u64::from(!right);
    }
    window.took_us.sort_unstable();
    Ok(window)
}

/// The median of the rounds' 99th percentiles, in milliseconds.
pub(super) fn median_p99(windows: &[Window]) -> f64 {
    let mut all: Vec<u64> = windows.iter().map(|window| p99(&window.took_us)).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or(0) as f64 / 1_000.0
}

fn p99(sorted: &[u64]) -> u64 {
    sorted.get(sorted.len() * 99 / 100).or(sorted.last()).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_the_rounds_counts() {
        let window = |worst: u64| Window { took_us: (1..=98).chain([worst, worst]).collect(), failed: 0 };
        assert!((median_p99(&[window(2_000), window(90_000), window(1_000)]) - 2.0).abs() < 1e-9);
    }
}
