//! Kills the host with SIGKILL at random moments under order load, while the ERP cuts some answers after it created
//! the order, answers others with 503 and is slow at times. Counts afterwards: every order that got a 202 must exist
//! exactly once, and each customer's orders must be there in the order they were accepted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use http::Method;
use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::world::{Client, Folder, Process};

/// Customers that orders are for. Documents of one customer go one after the other, and one whose outcome is unknown
/// holds the next for some seconds.
const CUSTOMERS: u32 = 60;
/// How many clients send orders at a time.
const CLIENTS: u64 = 4;
/// One in ten answers is cut after the order was created.
const DROP_RATE: f64 = 0.1;
/// One in ten requests is answered with 503.
const UNAVAILABLE_RATE: f64 = 0.1;
/// One in twenty answers comes so much later.
const SLOW_RATE: f64 = 0.05;
const SLOW_MS: u64 = 400;
/// What a client waits between two orders: all of them together send about as many as arrive through the faults, so
/// that the last kills meet a host with old and new orders and not one that only has a backlog.
const PAUSE: Duration = Duration::from_millis(80);
/// Once nobody kills any more, orders have to go on arriving: so long without any of them is a hang.
const STILL: Duration = Duration::from_secs(120);

/// What a run showed.
#[derive(Debug, serde::Serialize)]
pub struct Report {
    /// Times the host was killed.
    pub kills: u32,
    /// Orders that got a 202 or 200.
    pub accepted: usize,
    /// Orders that got no answer because the host was killed meanwhile; they may or may not exist.
    pub unanswered: usize,
    /// Orders in the ERP.
    pub in_erp: usize,
    /// Accepted orders that are not in the ERP.
    pub lost: usize,
    /// References that the ERP has more than once.
    pub duplicated: usize,
    /// Customers whose orders are not there in the order they were accepted.
    pub out_of_order: usize,
    /// Answers the ERP cut after it had created the order, as seen by the host: attempts whose outcome was unknown.
    pub looked_up: usize,
    /// Seed of the kill times, to run the same again.
    pub seed: u64,
}

/// Runs `kills` rounds.
///
/// # Errors
/// When a program does not start, or the accepted orders do not drain in time.
pub async fn run(kills: u32, seed: u64) -> anyhow::Result<Report> {
    let folder = Folder::new()?;
    let erp = Process::business_one(&folder.path().join("erp.jsonl"), 0, &["--customers", &CUSTOMERS.to_string()])?;
    let control = Client::new(erp.address(), None);
    let faults = json!({ "drop_after_create_rate": DROP_RATE, "unavailable_rate": UNAVAILABLE_RATE,
        "slow_rate": SLOW_RATE, "slow_ms": SLOW_MS })
    .to_string();
    control.send(Method::PUT, "/_sim/faults", &[], faults.into()).await?;
    folder.install("sap-business-one")?;
    folder.business_one("erp", erp.address())?;
    let key = folder.admin_key()?;
    let mut host = Process::host(folder.path(), 0)?;
    let port = host.port();
    let client = Client::new(host.address(), Some(&key));

    let load = Arc::new(Load::default());
    let clients: Vec<_> = (0..CLIENTS).map(|at| tokio::spawn(Arc::clone(&load).send(client.clone(), at))).collect();
    let bar = bar(kills);
    let mut dice = Dice(seed | 1);
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(20 + dice.below(480))).await;
        host.kill()?;
        host = Process::host(folder.path(), port)?;
        bar.inc(1);
        bar.set_message(format!("{} orders accepted", load.accepted.lock().len()));
    }
    load.stop();
    for client in clients {
        client.await??;
    }
    bar.set_message("waiting until every accepted order has arrived");
    let drained = drain(&client).await?;
    bar.finish_and_clear();
    let state = control.get("/_sim/state").await?.body;
    let out_of_order = out_of_order(&drained.accepted, &state);
    Ok(count(&load, &state, Report { kills, looked_up: drained.looked_up, out_of_order, seed, ..Report::empty() }))
}

impl Report {
    const fn empty() -> Self {
        Self {
            kills: 0,
            accepted: 0,
            unanswered: 0,
            in_erp: 0,
            lost: 0,
            duplicated: 0,
            out_of_order: 0,
            looked_up: 0,
            seed: 0,
        }
    }

    /// Whether every accepted order exists exactly once and in its place.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.lost == 0 && self.duplicated == 0 && self.out_of_order == 0
    }
}

/// Clients that send orders until they are stopped.
#[derive(Default)]
struct Load {
    next: AtomicU64,
    stopped: std::sync::atomic::AtomicBool,
    accepted: Mutex<Vec<String>>,
    unanswered: Mutex<Vec<String>>,
}

impl Load {
    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    async fn send(self: Arc<Self>, client: Client, at: u64) -> anyhow::Result<()> {
        while !self.stopped.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let reference = format!("WEB-{number}");
            let order = order(&reference, &format!("C{}", 70_000 + number % u64::from(CUSTOMERS)));
            match client.order("erp", &format!("key-{reference}"), &order).await {
                Ok(answer) => {
                    ensure!(matches!(answer.status, 200 | 202), "{reference} was refused: {}", answer.text);
                    self.accepted.lock().push(reference);
                }
                // The host was killed: nobody was told anything, so nothing is claimed.
                Err(_) => {
                    self.unanswered.lock().push(reference);
                    tokio::time::sleep(Duration::from_millis(20 + at)).await;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }
}

fn order(reference: &str, customer: &str) -> Value {
    json!({ "kind": "order", "reference": reference, "customer": customer,
        "lines": [{ "line": "1", "product": "A1000", "quantity": { "value": "1", "unit": "EA" } }] })
}

/// What the host says once everything has arrived.
#[derive(Default)]
struct Drained {
    looked_up: usize,
    /// References by customer, in the order of acceptance.
    accepted: BTreeMap<String, Vec<String>>,
}

/// Customers whose orders the ERP has in another order than the host accepted them in.
fn out_of_order(accepted: &BTreeMap<String, Vec<String>>, state: &Value) -> usize {
    let mut there: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for order in state["orders"].as_array().into_iter().flatten() {
        let text = |field: &str| order[field].as_str().unwrap_or_default();
        there.entry(text("card_code")).or_default().push(text("num_at_card"));
    }
    accepted
        .iter()
        .filter(|(customer, references)| there.get(customer.as_str()).is_none_or(|t| t != *references))
        .count()
}

/// Waits until no job is on its way, then reads them all.
async fn drain(client: &Client) -> anyhow::Result<Drained> {
    let (mut left, mut since) = (u64::MAX, tokio::time::Instant::now());
    while left > 0 {
        let connection = client.get("/v1/connections/erp").await?.body;
        let waiting = connection["waiting"].as_u64().context("no backlog")?;
        if waiting != left {
            (left, since) = (waiting, tokio::time::Instant::now());
        }
        ensure!(since.elapsed() < STILL, "{left} orders do not arrive");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let (mut drained, mut cursor) = (Drained::default(), String::new());
    loop {
        let page = client.get(&format!("/v1/jobs?limit=500{cursor}")).await?.body;
        for job in page["items"].as_array().context("no jobs")? {
            ensure!(job["state"] == "done", "a job is not done: {job}");
            let steps = job["attempts"].as_array().into_iter().flatten();
            drained.looked_up += usize::from(steps.into_iter().any(|step| step["step"] == "look_up"));
            let text = |field: &str| job[field].as_str().unwrap_or_default().to_owned();
            drained.accepted.entry(text("customer")).or_default().push(text("reference"));
        }
        let Some(next) = page["next"].as_str() else { return Ok(drained) };
        cursor = format!("&cursor={next}");
    }
}

fn count(load: &Load, state: &Value, report: Report) -> Report {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for order in state["orders"].as_array().into_iter().flatten() {
        *found.entry(order["num_at_card"].as_str().unwrap_or_default()).or_default() += 1;
    }
    let accepted = load.accepted.lock();
    Report {
        accepted: accepted.len(),
        unanswered: load.unanswered.lock().len(),
        in_erp: found.values().sum(),
        lost: accepted.iter().filter(|reference| !found.contains_key(reference.as_str())).count(),
        duplicated: found.values().filter(|count| **count > 1).count(),
        ..report
    }
}

/// Small, and the same again for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

fn bar(kills: u32) -> ProgressBar {
    let bar = ProgressBar::new(u64::from(kills));
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} kills  {msg}") {
        bar.set_style(style);
    }
    bar
}
