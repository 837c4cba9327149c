//! An ERP that is away for ten minutes while orders come in: none is lost or doubled, the backlog drains by itself, and
//! whoever asks for a price meanwhile hardly notices. The minutes are those of the host's clock, which the test moves.

mod shopper;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use apiconnect::config::HostConfig;
use apiconnect::host::Host;
use apiconnect::seam::Clock;
use http::Method;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::world::{Client, Folder, Process};
use shopper::Shopper;

/// How long the ERP is away, on the host's clock.
const AWAY: Duration = Duration::from_secs(600);
/// Orders of one customer go one after the other, so many customers keep every place of the connection busy.
const CUSTOMERS: u32 = 100;
/// What an answer of the ERP takes; a quick one, so that the host's own share shows.
const LATENCY_MS: u64 = 20;
/// How long live prices are measured before anything goes wrong.
const CALM: Duration = Duration::from_secs(15);
/// How long the drain may take, in real time.
const DRAIN: Duration = Duration::from_secs(600);
/// The host's clock moves in steps of this size while the ERP is there.
const TICK: Duration = Duration::from_millis(5);

/// What a run showed.
#[derive(Debug, serde::Serialize)]
pub struct Report {
    /// Orders that got a 202 while the ERP was away.
    pub accepted: usize,
    /// Orders in the ERP in the end.
    pub in_erp: usize,
    /// Accepted orders that are not there.
    pub lost: usize,
    /// References that are there more than once.
    pub duplicated: usize,
    /// Time from the ERP's return to the first order in it, on the host's clock.
    pub first_order_after_ms: u64,
    /// The longest pause between two probes.
    pub probe_interval_ms: u64,
    /// How long the drain took, in real time.
    pub drain_s: f64,
    /// Live prices before and while the backlog drains: how many, and the 95th percentile of their time.
    pub live_calm: shopper::Times,
    /// See `live_calm`.
    pub live_drain: shopper::Times,
    /// How much longer the 95th percentile is during the drain, in percent.
    pub live_p95_rise_percent: f64,
}

impl Report {
    /// Whether everything that is promised held.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.lost == 0
            && self.duplicated == 0
            && self.first_order_after_ms <= self.probe_interval_ms + 1_000
            && self.live_drain.failed == 0
            && self.live_p95_rise_percent < 20.0
    }
}

/// A host in this process, with a clock that only moves when it is told to.
struct Shop {
    folder: Folder,
    clock: Clock,
    client: Client,
    erp_port: u16,
    stop: tokio::sync::oneshot::Sender<()>,
    running: tokio::task::JoinHandle<anyhow::Result<()>>,
}

/// Runs the whole story with so many orders.
///
/// # Errors
/// When a part of it does not start, or the backlog does not drain in time.
pub async fn run(orders: usize) -> anyhow::Result<Report> {
    let bar = ProgressBar::new(orders as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} orders  {msg}") {
        bar.set_style(style);
    }
    let (shop, erp) = Shop::open().await?;
    bar.set_message("prices while all is well");
    let live_calm = shop.calm().await?;
    erp.kill()?;
    bar.set_message("accepted while the ERP is away");
    let accepted = shop.submit(orders, &bar).await?;
    shop.pass(AWAY).await;
    let erp = shop.start_erp().await?;
    let back = shop.clock.now();
    bar.set_message("arriving");
    bar.set_position(0);
    let drained = shop.drain(&erp, accepted.len(), &bar).await?;
    bar.finish_and_clear();
    let state = Client::new(erp.address(), None).get("/_sim/state").await?.body;
    let mut there: BTreeMap<&str, usize> = BTreeMap::new();
    for order in state["orders"].as_array().into_iter().flatten() {
        *there.entry(order["num_at_card"].as_str().unwrap_or_default()).or_default() += 1;
    }
    let rise = (drained.live.p95_ms / live_calm.p95_ms - 1.0) * 100.0;
    let report = Report {
        accepted: accepted.len(),
        in_erp: there.values().sum(),
        lost: accepted.iter().filter(|reference| !there.contains_key(reference.as_str())).count(),
        duplicated: there.values().filter(|count| **count > 1).count(),
        first_order_after_ms: drained.first.saturating_sub(back),
        probe_interval_ms: u64::try_from(apiconnect::limits::PROBE_LONGEST.as_millis())?,
        drain_s: drained.took.as_secs_f64(),
        live_calm,
        live_drain: drained.live,
        live_p95_rise_percent: (rise * 10.0).round() / 10.0,
    };
    shop.close().await?;
    Ok(report)
}

struct Drained {
    first: u64,
    took: Duration,
    live: shopper::Times,
}

impl Shop {
    async fn open() -> anyhow::Result<(Self, Process)> {
        let folder = Folder::new()?;
        let state = folder.path().join("erp.jsonl");
        let erp = Process::business_one(&state, 0, &["--customers", &CUSTOMERS.to_string()])?;
        folder.install("sap-business-one")?;
        folder.business_one("erp", erp.address())?;
        let key = folder.admin_key()?;
        let clock = Clock::manual(1_800_000_000_000);
        let config = HostConfig::read(&folder.config())?;
        let host = Host::start(&config, clock.clone()).await?;
        let client = Client::new(&format!("http://{}", host.address()), Some(&key));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            let asked = async { _ = stopped.await };
            Ok(host.run(asked).await?)
        });
        let shop = Self { folder, clock, client, erp_port: erp.port(), stop, running };
        slow_down(&erp).await?;
        Ok((shop, erp))
    }

    async fn start_erp(&self) -> anyhow::Result<Process> {
        let state = self.folder.path().join("erp.jsonl");
        let erp = Process::business_one(&state, self.erp_port, &["--customers", &CUSTOMERS.to_string()])?;
        slow_down(&erp).await?;
        Ok(erp)
    }

    /// Prices while nothing else happens.
    async fn calm(&self) -> anyhow::Result<shopper::Times> {
        let shopper = Shopper::start(self.client.clone());
        let clock = self.clock.clone();
        let ticking = tokio::spawn(async move { tick(&clock).await });
        tokio::time::sleep(CALM).await;
        ticking.abort();
        shopper.stop().await
    }

    async fn submit(&self, orders: usize, bar: &ProgressBar) -> anyhow::Result<Vec<String>> {
        let mut accepted = Vec::with_capacity(orders);
        for number in 0..orders {
            let reference = format!("WEB-{number}");
            let customer = format!("C{}", 70_000 + number % CUSTOMERS as usize);
            let order = json!({ "kind": "order", "reference": reference, "customer": customer,
                "lines": [{ "line": "1", "product": "A1000", "quantity": { "value": "1", "unit": "EA" } }] });
            let answer = self.client.order("erp", &format!("key-{number}"), &order).await?;
            ensure!(answer.status == 202, "{reference} was not accepted: {}", answer.text);
            accepted.push(reference);
            bar.inc(1);
            // A little of the ten minutes passes with each, so that the host keeps probing meanwhile.
            self.clock.advance(Duration::from_millis(20));
        }
        Ok(accepted)
    }

    /// Time passes faster than it does, with room for the host to do what it does each second.
    async fn pass(&self, time: Duration) {
        for _ in 0..time.as_secs() {
            self.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Until everything has arrived; prices are asked all the while.
    async fn drain(&self, erp: &Process, orders: usize, bar: &ProgressBar) -> anyhow::Result<Drained> {
        let control = Client::new(erp.address(), None);
        let started = tokio::time::Instant::now();
        let clock = self.clock.clone();
        let ticking = tokio::spawn(async move { tick(&clock).await });
        let mut first = None;
        let mut shopper = None;
        loop {
            let state = control.get("/_sim/state").await?.body;
            let arrived = state["requests"]["orders_create"].as_u64().unwrap_or_default();
            if arrived > 0 && first.is_none() {
                first = Some(self.clock.now());
                shopper = Some(Shopper::start(self.client.clone()));
            }
            bar.set_position(arrived);
            let waiting = self.client.get("/v1/connections/erp").await?.body["waiting"].as_u64();
            if waiting == Some(0) {
                break;
            }
            ensure!(started.elapsed() < DRAIN, "{waiting:?} of {orders} orders still wait");
            let pause = if first.is_some() { Duration::from_secs(2) } else { Duration::from_millis(20) };
            tokio::time::sleep(pause).await;
        }
        let live = shopper.context("nothing arrived")?.stop().await?;
        ticking.abort();
        let parked = self.client.get("/v1/jobs?state=parked").await?.body;
        ensure!(parked["items"] == json!([]), "an operator would have to act: {parked}");
        Ok(Drained { first: first.context("nothing arrived")?, took: started.elapsed(), live })
    }

    async fn close(self) -> anyhow::Result<()> {
        let _ = self.stop.send(());
        let clock = self.clock.clone();
        let ticking = tokio::spawn(async move { tick(&clock).await });
        let ended = self.running.await?;
        ticking.abort();
        ended
    }
}

async fn slow_down(erp: &Process) -> anyhow::Result<Value> {
    let faults = json!({ "latency_ms": LATENCY_MS }).to_string();
    Ok(Client::new(erp.address(), None).send(Method::PUT, "/_sim/faults", &[], faults.into()).await?.body)
}

/// Keeps the host's clock beside the real one.
async fn tick(clock: &Clock) {
    let clock = Arc::new(clock.clone());
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        clock.advance(TICK);
    }
}
