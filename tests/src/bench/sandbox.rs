//! A fresh sandbox for every call, beside bare wasmtime and beside extism, and what it costs in each language.
//!
//! The work is the same everywhere: ten lines, a JSON question and a JSON answer for each, typed prices. extism keeps
//! its instance from call to call, which is its quickest way and the one that stands beside; with a fresh instance for
//! each call, as the host does it, it is told in a note.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use apiconnect::plugin::{self, Sandbox};
use serde_json::json;

use super::asked::{Asked, prices};
use super::call::Both;
use super::figure::{Figure, Goal};
use super::rounds::{Pairs, median};
use super::sandbox_extism::Extism;
use super::{Figures, Progress};
use crate::world::component;

/// A program that is not built for speed only shows that it works.
const SHOW: bool = cfg!(debug_assertions);
const ROUNDS: usize = if SHOW { 3 } else { 15 };
const CALLS: u32 = 2_000;

/// A language and how often it is measured: a slow one less often, so that a round takes about as long.
struct Language {
    name: &'static str,
    component: &'static str,
    /// The same without its WASI imports; Rust has none.
    stubbed: Option<&'static str>,
    calls: u32,
    loads: usize,
    figures: [&'static str; 5],
}

const LANGUAGES: [Language; 3] = [
    Language {
        name: "Rust",
        component: "prices-rust",
        stubbed: None,
        calls: 2_000,
        loads: 7,
        figures: [
            "sandbox.rust.instantiate_us",
            "sandbox.rust.call_us",
            "sandbox.rust.memory_kb",
            "sandbox.rust.cold_load_ms",
            "sandbox.rust.cached_load_ms",
        ],
    },
    Language {
        name: "JavaScript",
        component: "prices-js",
        stubbed: Some("prices-js-stubbed"),
        calls: 300,
        loads: 5,
        figures: [
            "sandbox.js.instantiate_us",
            "sandbox.js.call_us",
            "sandbox.js.memory_kb",
            "sandbox.js.cold_load_ms",
            "sandbox.js.cached_load_ms",
        ],
    },
    Language {
        name: "Python",
        component: "prices-python",
        stubbed: Some("prices-python-stubbed"),
        calls: 60,
        loads: 3,
        figures: [
            "sandbox.python.instantiate_us",
            "sandbox.python.call_us",
            "sandbox.python.memory_kb",
            "sandbox.python.cold_load_ms",
            "sandbox.python.cached_load_ms",
        ],
    },
];

/// Measures the section.
pub(super) async fn run(progress: Progress) -> Figures {
    let loads: usize = LANGUAGES.iter().map(|language| 2 * language.loads()).sum();
    progress.rounds(ROUNDS * (1 + LANGUAGES.len()) + loads);
    let mut figures = beside(&progress).await?;
    for language in &LANGUAGES {
        figures.extend(language.measure(&progress).await?);
    }
    Ok(figures)
}

/// The host beside extism and beside wasmtime, in turn.
async fn beside(progress: &Progress) -> Figures {
    let mut extism = Extism::start(progress)?;
    let both = Both::load("prices-rust").await?;
    same_prices(&both.host, &mut extism).await?;
    let (mut to_extism, mut to_wasmtime, mut fresh) = (Pairs::default(), Pairs::default(), Vec::new());
    for round in 0..=ROUNDS {
        let mut took = [0.0; 4];
        for at in 0..took.len() {
            // Each comes first in turn.
            let which = (at + round) % took.len();
            let one = match which {
                0 => both.host.calls(CALLS).await?,
                1 => both.bare(CALLS).await?,
                2 => extism.warm(CALLS)?,
                _ => extism.fresh(CALLS / 4)?,
            };
            took[which] = one;
        }
        // The first round warms the pools.
        if round > 0 {
            let [host, bare, warm, each] = took;
            to_extism.add(host, warm);
            to_wasmtime.add(host, bare);
            fresh.push(each);
            progress.round(format!("{host:.1} µs, wasmtime {bare:.1}, extism {warm:.1} and {each:.1} fresh"));
        }
    }
    let about = format!("10 lines, {CALLS} calls a run, one after the other; the host makes a sandbox for each call");
    let fresh = format!("extism with an instance for each call: {:.1} µs/call", median(fresh.into_iter()));
    let unit = "µs/call";
    let extism = Figure::ratio(&to_extism, ("host, fresh sandbox", "extism, warm instance"), unit, Goal::AtMost(1.0));
    let wasmtime = Figure::ratio(&to_wasmtime, ("host, all limits", "bare wasmtime"), unit, Goal::AtMost(1.5));
    Ok(vec![
        ("sandbox.ratio_to_extism", extism.note(about.clone()).note(fresh)),
        ("sandbox.ratio_to_wasmtime", wasmtime.note(about)),
    ])
}

/// Both answer the same prices, or the measurement means nothing.
async fn same_prices(host: &Asked, extism: &mut Extism) -> anyhow::Result<()> {
    let own = host.ask().await?;
    let own: Vec<_> = prices(&own)?
        .into_iter()
        .map(|price| {
            json!({ "product": price.product, "unit": price.unit, "unit_price": price.unit_price,
                "currency": price.currency })
        })
        .collect();
    let other = extism.prices()?;
    ensure!(json!(own) == other, "extism answered {other}");
    Ok(())
}

impl Language {
    const fn loads(&self) -> usize {
        if SHOW { 1 } else { self.loads }
    }

    async fn measure(&self, progress: &Progress) -> Figures {
        let path = component(self.component)?;
        let sandbox = Sandbox::new(plugin::engine(None)?)?;
        progress.say(format!("compiling {} connectors", self.name));
        let usual = Asked::load(&sandbox, &path).await?;
        let stubbed = match self.stubbed {
            Some(name) => Some(Asked::load(&sandbox, &component(name)?).await?),
            None => None,
        };
        let memory = usual.report().await?.memory_peak / 1_024;
        let (mut sandboxes, mut calls, mut memories) = (Pairs::default(), Pairs::default(), Pairs::default());
        #[expect(clippy::cast_precision_loss, reason = "kilobytes of one call are few")]
        memories.add(memory as f64, 0.0);
        for round in 0..=ROUNDS {
            let alone = usual.sandboxes(self.calls).await?;
            let whole = usual.calls(self.calls).await?;
            let (other, other_whole) = match &stubbed {
                Some(stubbed) => (stubbed.sandboxes(self.calls).await?, stubbed.calls(self.calls).await?),
                None => (0.0, 0.0),
            };
            if round > 0 {
                sandboxes.add(alone, other);
                calls.add(whole, other_whole);
                progress.round(format!("{}: {alone:.1} µs a sandbox, {whole:.1} µs a call", self.name));
            }
        }
        let (cold, cached) = self.load_times(&path, progress).await?;
        let beside = self.stubbed.map(|_| "WASI stubbed");
        let names = (self.name, beside);
        let [sandbox_us, call_us, memory_kb, cold_ms, cached_ms] = self.figures;
        let size = format!("{} kB of Wasm", std::fs::metadata(&path)?.len() / 1_000);
        Ok(vec![
            (sandbox_us, Figure::plain(&sandboxes, names, "µs", None)),
            (call_us, Figure::plain(&calls, names, "µs", None).note(format!("10 lines, {} calls a run", self.calls))),
            (memory_kb, Figure::plain(&memories, (self.name, None), "kB", None)),
            (cold_ms, Figure::plain(&cold, (self.name, None), "ms", None).note(size)),
            (cached_ms, Figure::plain(&cached, (self.name, None), "ms", None)),
        ])
    }

    /// Loading it with nothing known, and with the code of an earlier start; both with an engine of their own, as a
    /// host that starts.
    async fn load_times(&self, path: &Path, progress: &Progress) -> anyhow::Result<(Pairs, Pairs)> {
        let cache = tempfile::Builder::new().prefix("compiled-").tempdir()?;
        let (mut cold, mut cached) = (Pairs::default(), Pairs::default());
        load(path, Some(cache.path())).await.context("fill the cache")?;
        for _ in 0..self.loads() {
            let took = load(path, None).await?;
            cold.add(took.as_secs_f64() * 1e3, 0.0);
            progress.round(format!("{}: {took:.0?} to compile and load", self.name));
            let took = load(path, Some(cache.path())).await?;
            cached.add(took.as_secs_f64() * 1e3, 0.0);
            progress.round(format!("{}: {took:.1?} to load what is compiled", self.name));
        }
        Ok((cold, cached))
    }
}

async fn load(path: &Path, cache: Option<&Path>) -> anyhow::Result<Duration> {
    let sandbox = Sandbox::new(plugin::engine(cache)?)?;
    let started = Instant::now();
    drop(sandbox.load(path).await?);
    Ok(started.elapsed())
}
