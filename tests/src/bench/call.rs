//! One call of a connector: the host's own way, with every limit armed, beside bare wasmtime with none. The system's
//! answers come from memory on both sides.

use anyhow::{anyhow, ensure};
use apiconnect::commerce::types::Context;
use apiconnect::plugin::{self, Sandbox};

use super::asked::{Asked, NOW, answer, micros, prices};
use super::bare::Bare;
use super::figure::{Figure, Goal};
use super::rounds::{Pairs, in_turn};
use super::{Figures, Progress};
use crate::world::component;

const ROUNDS: usize = 21;
const CALLS: u32 = 2_000;

/// Both sides, ready to be called.
pub(super) struct Both {
    pub(super) host: Asked,
    bare: Bare,
    context: Context,
}

/// Measures the section.
pub(super) async fn run(progress: Progress) -> Figures {
    let both = Both::load("sap-business-one").await?;
    progress.rounds(ROUNDS);
    let mut pairs = Pairs::default();
    for round in 0..=ROUNDS {
        let (host, bare) = in_turn(round, both.host.calls(CALLS), both.bare(CALLS)).await?;
        // The first round warms the pools.
        if round > 0 {
            pairs.add(host, bare);
            progress.round(format!("{host:.1} µs beside {bare:.1} µs"));
        }
    }
    let figure = Figure::ratio(&pairs, ("host, all limits", "bare wasmtime"), "µs/call", Goal::AtMost(1.5));
    let about = format!("{} lines, {CALLS} calls a run, one after the other", both.host.lines.len());
    Ok(vec![("call.ratio", figure.note(about))])
}

impl Both {
    /// Loads a connector on both sides, and makes sure that both answer the same prices.
    pub(super) async fn load(name: &str) -> anyhow::Result<Self> {
        let path = component(name)?;
        let host = Asked::load(&Sandbox::new(plugin::engine(None)?)?, &path).await?;
        let context = host.context();
        let bare = Bare::load(&path, NOW, answer).map_err(|error| anyhow!("{error:#}"))?;
        let both = Self { host, bare, context };
        let own = both.host.ask().await?;
        let answered = both.bare.query_prices(&both.context, &both.host.lines).await;
        let answered = answered.map_err(|error| anyhow!("{error:#}"))?;
        let answered = answered.map_err(|error| anyhow!("the connector refused: {error}"))?;
        ensure!(prices(&own)? == prices(&answered)?, "the two sides answered different prices");
        Ok(both)
    }

    /// What a call of bare wasmtime takes, in microseconds.
    pub(super) async fn bare(&self, calls: u32) -> anyhow::Result<f64> {
        let started = std::time::Instant::now();
        for _ in 0..calls {
            let answer = self.bare.query_prices(&self.context, &self.host.lines).await;
            drop(answer.map_err(|error| anyhow!("{error:#}"))?);
        }
        Ok(micros(started, calls))
    }
}
