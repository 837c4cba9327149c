//! Price questions over HTTP: host, native proxy and system each in a process of their own, the clients in this one.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::figure::{Figure, Goal};
use super::load::{Load, Sample};
use super::rounds::{Pairs, in_turn, median};
use super::wire::{Wire, post};
use super::{Figures, Progress, server};
use crate::world::{Folder, Process};

const ROUNDS: usize = 11;
const RUN: Duration = Duration::from_millis(1_500);
const CLIENTS: usize = 32;
const PATH: &str = "/v1/connections/erp/prices:query";

/// Ten lines of one customer, as a basket has them.
pub(super) fn question() -> Value {
    let line = |n: u32| {
        json!({ "product": format!("A10{n:02}"), "customer": "C30000",
            "quantity": { "value": (1 + n * 7).to_string(), "unit": "EA" } })
    };
    json!({ "lines": (8..18).map(line).collect::<Vec<_>>() })
}

/// One of the two programs that answer.
struct Asked {
    process: Process,
    load: Arc<Load>,
}

/// What one run gave: the answers, and what they cost whom.
#[derive(Clone, Copy)]
struct Run {
    sample: Sample,
    /// Processor time of the program that was asked, in microseconds an answer.
    cpu_us: f64,
    /// Of the system, in shares of one core.
    erp_share: f64,
    /// Of the clients, in shares of one core.
    client_share: f64,
}

/// Measures the section.
pub(super) async fn run(progress: Progress) -> Figures {
    let folder = Folder::new()?;
    let simulator = Process::business_one(&folder.path().join("erp.jsonl"), 0, &[])?;
    let erp = server(&["erp", simulator.address()])?;
    let (host, native) = (host(&folder, &erp)?, native(&erp)?);
    let (one, other) = (host.answer().await?, native.answer().await?);
    ensure!(one == other, "the answers differ:\n{one}\n{other}");

    progress.rounds(ROUNDS);
    let mut runs = Vec::new();
    for round in 0..=ROUNDS {
        let both = in_turn(round, host.run(&erp), native.run(&erp)).await?;
        // The first round opens sockets and warms caches.
        if round > 0 {
            let said = format!("{:.0} beside {:.0} answers/s", both.0.sample.per_second, both.1.sample.per_second);
            runs.push(both);
            progress.round(said);
        }
    }
    Ok(figures(&runs))
}

fn figures(runs: &[(Run, Run)]) -> Vec<(&'static str, Figure)> {
    let pairs = |of: fn(&Run) -> f64| {
        let mut pairs = Pairs::default();
        runs.iter().for_each(|(host, native)| pairs.add(of(host), of(native)));
        pairs
    };
    let names = ("host", "native axum proxy");
    let cpu = pairs(|run| run.cpu_us);
    let share = |of: fn(&Run) -> f64| median(runs.iter().flat_map(|(one, other)| [of(one), of(other)])) * 100.0;
    let throughput = Figure::ratio(&pairs(|run| run.sample.per_second), names, "answers/s", Goal::AtLeast(0.6))
        .note(format!("10 lines, 10 requests to the system each, {CLIENTS} clients, answers compared once"))
        .note(format!("processor time an answer: host {:.0} µs, native {:.0} µs", cpu.host(), cpu.beside()))
        .note(format!(
            "the system used {:.0} % of a core, the clients {:.0} %",
            share(|run| run.erp_share),
            share(|run| run.client_share)
        ));
    let p50 = pairs(|run| run.sample.p50_ms);
    let p99 = Figure::ratio(&pairs(|run| run.sample.p99_ms), names, "ms", Goal::AtMost(2.0)).note(format!(
        "median: host {:.2} ms, native {:.2} ms",
        p50.host(),
        p50.beside()
    ));
    vec![("live.throughput_ratio", throughput), ("live.p99_ratio", p99)]
}

fn host(folder: &Folder, erp: &Process) -> anyhow::Result<Asked> {
    folder.install("sap-business-one")?;
    folder.business_one("erp", erp.address())?;
    let key = folder.key(&["--scope", "read"])?;
    let process = Process::host(folder.path(), 0)?;
    Ok(Asked::new(process, &[format!("authorization: Bearer {key}")]))
}

fn native(erp: &Process) -> anyhow::Result<Asked> {
    Ok(Asked::new(server(&["prices", erp.address()])?, &[]))
}

impl Asked {
    fn new(process: Process, headers: &[String]) -> Self {
        let request = post(PATH, headers, &question().to_string());
        let address = process.address().to_owned();
        let load = Load { address, clients: CLIENTS, status: 200, next: Box::new(move || request.clone()) };
        Self { process, load: Arc::new(load) }
    }

    /// The answer to the question, but for what no two answers share: when it was asked and how long it took.
    async fn answer(&self) -> anyhow::Result<String> {
        let mut wire = Wire::open(self.process.address()).await?;
        wire.send(&(self.load.next)()).await?;
        let answer = wire.receive().await?.context("the server closed the connection")?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        ensure!(answer.status() == Some(200), "the question was refused: {text}");
        Ok(without(&without(&text, "\"as_of\":"), "\"latency_ms\":"))
    }

    async fn run(&self, erp: &Process) -> anyhow::Result<Run> {
        let used = || -> anyhow::Result<[f64; 3]> {
            let of = super::usage::cpu_seconds;
            Ok([of(self.process.id())?, of(erp.id())?, of(std::process::id())?])
        };
        let before = used()?;
        let sample = self.load.run(RUN).await?;
        let [server, erp, clients] = used()?;
        let [server_before, erp_before, clients_before] = before;
        let seconds = sample.answers / sample.per_second;
        Ok(Run {
            sample,
            cpu_us: (server - server_before) * 1e6 / sample.answers,
            erp_share: (erp - erp_before) / seconds,
            client_share: (clients - clients_before) / seconds,
        })
    }
}

/// The text without the values behind a name.
fn without(text: &str, name: &str) -> String {
    let mut parts = text.split(name);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let end = part.find([',', '}']).unwrap_or(part.len());
        format!("{text}{name}{}", part.get(end..).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_are_taken_out() {
        assert_eq!(super::without(r#"[{"a":1,"b":2},{"b":34}]"#, "\"b\":"), r#"[{"a":1,"b":},{"b":}]"#);
    }
}
