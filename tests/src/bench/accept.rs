//! Durable orders over HTTP while the system is away, so that taking them is all the host does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::figure::{Figure, Goal};
use super::load::{Load, Sample};
use super::rounds::{Pairs, in_turn};
use super::usage::cpu_seconds;
use super::wire::post;
use super::{Figures, Progress, server};
use crate::world::{Client, Folder, Process};

const ROUNDS: usize = 11;
const RUN: Duration = Duration::from_millis(2_000);
const CLIENTS: usize = 64;
const CUSTOMERS: u64 = 200;

/// One of the two programs that take orders.
struct Taker {
    process: Process,
    load: Arc<Load>,
}

/// Measures the section.
pub(super) async fn run(progress: Progress) -> Figures {
    let folder = Folder::new()?;
    let erp = Process::business_one(&folder.path().join("erp.jsonl"), 0, &[])?;
    let away = json!({ "down": true }).to_string();
    Client::new(erp.address(), None).send(Method::PUT, "/_sim/faults", &[], away.into()).await?;
    let host = host(&folder, &erp)?;
    let native = Taker::new(server(&["orders", &folder.path().join("native").to_string_lossy()])?, &[]);

    progress.rounds(ROUNDS);
    let mut runs = Vec::new();
    for round in 0..=ROUNDS {
        let both = in_turn(round, host.run(), native.run()).await?;
        // The first round opens files and fills caches.
        if round > 0 {
            let said = format!("{:.0} beside {:.0} orders/s", both.0.0.per_second, both.1.0.per_second);
            runs.push(both);
            progress.round(said);
        }
    }
    Ok(figures(&runs))
}

/// What the clients saw, and what the server used for each order.
type Measured = (Sample, f64);

fn figures(runs: &[(Measured, Measured)]) -> Vec<(&'static str, Figure)> {
    let pairs = |of: fn(&(Sample, f64)) -> f64| {
        let mut pairs = Pairs::default();
        runs.iter().for_each(|(host, native)| pairs.add(of(host), of(native)));
        pairs
    };
    let names = ("host", "bare sled, fdatasync");
    let cpu = pairs(|(_, cpu)| *cpu);
    let ratio = Figure::ratio(&pairs(|(sample, _)| sample.per_second), names, "orders/s", Goal::AtLeast(0.7))
        .note(format!("orders of {} bytes, {CLIENTS} in flight, the system away", order(0).to_string().len()))
        .note(format!("processor time an order: host {:.0} µs, native {:.0} µs", cpu.host(), cpu.beside()));
    let time = |pairs: &Pairs| Figure::plain(pairs, (names.0, Some(names.1)), "ms", None);
    vec![
        ("accept.ratio", ratio),
        ("accept.p50_ms", time(&pairs(|(sample, _)| sample.p50_ms))),
        ("accept.p99_ms", time(&pairs(|(sample, _)| sample.p99_ms))),
    ]
}

fn host(folder: &Folder, erp: &Process) -> anyhow::Result<Taker> {
    folder.install("sap-business-one")?;
    folder.business_one("erp", erp.address())?;
    let key = folder.key(&["--scope", "write"])?;
    let process = Process::host(folder.path(), 0)?;
    Ok(Taker::new(process, &[format!("authorization: Bearer {key}")]))
}

impl Taker {
    fn new(process: Process, headers: &[String]) -> Self {
        let (headers, sent) = (headers.to_vec(), AtomicU64::new(0));
        let next = move || request(sent.fetch_add(1, Ordering::Relaxed), &headers);
        let address = process.address().to_owned();
        let load = Load { address, clients: CLIENTS, status: 202, next: Box::new(next) };
        Self { process, load: Arc::new(load) }
    }

    /// One run, and the processor time of an order in microseconds.
    async fn run(&self) -> anyhow::Result<(Sample, f64)> {
        let before = cpu_seconds(self.process.id())?;
        let sample = self.load.run(RUN).await?;
        let used = cpu_seconds(self.process.id())? - before;
        Ok((sample, used * 1e6 / sample.answers))
    }
}

fn request(number: u64, headers: &[String]) -> Bytes {
    let mut headers = headers.to_vec();
    headers.push(format!("idempotency-key: {}", reference(number)));
    post("/v1/connections/erp/orders", &headers, &order(number).to_string())
}

pub(super) fn reference(number: u64) -> String {
    format!("WEB-2026-{number:08}")
}

/// An order as a store sends it: five lines, a delivery address, a note.
pub(super) fn order(number: u64) -> Value {
    let line = |n: u64| {
        json!({ "line": n.to_string(), "product": format!("A10{n:02}"), "warehouse": "01",
            "quantity": { "value": (n * 3).to_string(), "unit": "EA" }, "unit_price": format!("{}.50", 10 + n) })
    };
    json!({
        "kind": "order", "reference": reference(number), "customer": format!("C{}", 70_000 + number % CUSTOMERS),
        "customer_po": format!("PO-{number}"), "order_date": "2026-11-24", "requested_date": "2026-11-27",
        "currency": "USD", "warehouse": "01", "placed_by": "buyer@northgate.example",
        "ship_address": { "name": "Northgate Supply", "lines": ["7 Pier Street", "Dock 7"], "city": "Seattle",
            "region": "WA", "postal_code": "98101", "country": "US" },
        "notes": [{ "audience": "pick", "text": "Ring the bell at the gate; unload on the left side only." }],
        "lines": (1..6).map(line).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_order_is_about_a_kilobyte() {
        let bytes = super::order(1).to_string().len();
        assert!((900..1_200).contains(&bytes), "{bytes}");
        let order: apiconnect::commerce::documents::Order = serde_json::from_value(super::order(1)).unwrap();
        assert!(apiconnect::commerce::validate::order(&order).is_empty());
    }
}
