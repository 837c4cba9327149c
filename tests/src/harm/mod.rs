//! Harm under load: each misdeed of a hostile connector, four at a time, while another connection is asked at a steady
//! rate. Three things are measured in the same run: how long its typed error takes, what the other connection's shoppers
//! notice, and how much memory the host takes for it.

mod deed;
mod load;
mod peer;
mod report;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures::future::join_all;
use http::Method;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

pub use deed::Deed;
pub use peer::{Peer, TOKEN};
pub use report::{Report, Row};

use crate::world::{CONNECTOR, Client, Folder, Process, Version, handmade};

/// Calls of the misdeed at a time.
pub const CALLERS: usize = 4;
/// Time that a call of the hostile connection has.
pub const DEADLINE: Duration = Duration::from_secs(5);
/// How much later its error may come.
pub const SLACK: Duration = Duration::from_millis(50);
/// How long a caller waits between two misdeeds: what is measured is harm, and not how many calls a second the machine
/// can take.
pub const PAUSE: Duration = Duration::from_millis(200);
/// Questions a second to the other connection.
pub const CALLS_PER_SECOND: u32 = 100;
const WARM_UP: Duration = Duration::from_secs(1);
/// One look at the other connection's calls, with or without harm.
const WINDOW: Duration = Duration::from_secs(3);
const SAMPLE_EVERY: Duration = Duration::from_millis(10);

/// Does every misdeed whose name holds `only`, in so many rounds of quiet and harm.
///
/// # Errors
/// When a program does not start.
pub async fn run(rounds: usize, only: &str) -> anyhow::Result<Report> {
    let deeds: Vec<Deed> = deed::all().into_iter().filter(|deed| deed.name.contains(only)).collect();
    let bar = ProgressBar::new(deeds.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
    let peer = Peer::start().await?;
    let folder = folder(&peer)?;
    // Compiled once, so that no round has to.
    drop(Yard::open(&folder).await?);
    let mut rows = Vec::with_capacity(deeds.len());
    for deed in deeds {
        bar.set_message(deed.name);
        rows.push(measure(&folder, &deed, rounds).await.with_context(|| deed.name.to_owned())?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(Report { rounds, rows })
}

fn folder(peer: &Peer) -> anyhow::Result<Folder> {
    let folder = Folder::new()?;
    folder.install("hostile")?;
    folder.plugin("versioned.wasm", &Version::named("1.0.0").component()?)?;
    folder.plugin("handmade.wasm", &table_bomb()?)?;
    for (file, text) in [("key", "a-key-for-signatures".to_owned()), ("long", "long-secret-".repeat(300))] {
        std::fs::write(folder.path().join("connections").join(file), text)?;
    }
    let limits = format!("limits = {{ timeout_ms = {} }}", DEADLINE.as_millis());
    let secrets = "secrets = { key = { file = \"key\" }, pw = { file = \"key\" }, long = { file = \"long\" } }";
    let grants = "grants = { private_network = true }";
    let home = format!("base_url = \"{}/\"\n{limits}\n{grants}\n", peer.address());
    folder.connection("harm", &format!("connector = \"hostile\"\n{home}{secrets}\n"))?;
    folder.connection("table", &format!("connector = \"handmade\"\n{home}"))?;
    folder.connection("other", &format!("connector = \"versioned\"\n{home}"))?;
    Ok(folder)
}

/// A connector whose table grows to the limit, and then beyond it.
fn table_bomb() -> anyhow::Result<Vec<u8>> {
    let query = "(table 1 funcref)
        (func (export \"apiconnect:connector/pricing@0.1.0#query\")
            (param i32 i32 i32 i32 i64 i32 i32 i32 i32 i32) (result i32)
            (drop (table.grow (ref.null func) (i32.const 99000)))
            (drop (table.grow (ref.null func) (i32.const 99000))) unreachable)";
    handmade(&format!("{CONNECTOR} {query}"), "", &[])
}

/// A host that has just been started, with all its connections open.
struct Yard {
    host: Process,
    client: Client,
}

impl Yard {
    async fn open(folder: &Folder) -> anyhow::Result<Self> {
        let (host, client) = folder.serve()?;
        let deadline = Instant::now() + Duration::from_secs(120);
        for name in ["harm", "table", "other"] {
            let path = format!("/v1/connections/{name}");
            while client.get(&path).await?.body["state"] != "open" {
                ensure!(Instant::now() < deadline, "the connection {name} does not open");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(Self { host, client })
    }
}

/// What the callers of a misdeed saw.
#[derive(Default)]
struct Ends {
    calls: AtomicU64,
    slowest_us: AtomicU64,
    untyped: AtomicU64,
    last: parking_lot::Mutex<String>,
}

async fn measure(folder: &Folder, deed: &Deed, rounds: usize) -> anyhow::Result<Row> {
    let Yard { host, client } = Yard::open(folder).await?;
    let good = async || client.post(&path("harm"), &question("good")).await;
    join_all((0..CALLERS).map(|_| good())).await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    load::window(&client, WARM_UP).await?;
    let before = host.resident()?;
    let (mut quiet, mut harmed, mut most) = (Vec::new(), Vec::new(), before);
    let ends = Arc::new(Ends::default());
    for _ in 0..rounds {
        quiet.push(load::window(&client, WINDOW).await?);
        let stop = Arc::new(AtomicBool::new(false));
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| tokio::spawn(go_on(client.clone(), *deed, Arc::clone(&ends), Arc::clone(&stop))))
            .collect();
        let looking = async {
            while !stop.load(Ordering::Relaxed) {
                most = most.max(host.resident()?);
                tokio::time::sleep(SAMPLE_EVERY).await;
            }
            anyhow::Ok(())
        };
        let loading = async {
            let window = load::window(&client, WINDOW).await;
            stop.store(true, Ordering::Relaxed);
            window
        };
        let (window, looked) = tokio::join!(loading, looking);
        looked?;
        harmed.push(window?);
        for caller in callers {
            caller.await?;
        }
        most = most.max(host.resident()?);
    }
    let healthy = client.get("/readyz").await?.status == 200;
    let ended = ends.last.lock().clone();
    Ok(Row {
        deed: deed.name.to_owned(),
        calls: ends.calls.load(Ordering::Relaxed),
        ended,
        untyped: ends.untyped.load(Ordering::Relaxed) + u64::from(!healthy),
        slowest_ms: ends.slowest_us.load(Ordering::Relaxed) as f64 / 1_000.0,
        p99_quiet_ms: load::median_p99(&quiet),
        p99_harmed_ms: load::median_p99(&harmed),
        lost: quiet.iter().chain(&harmed).map(|window| window.failed).sum(),
        grown_mib: most.saturating_sub(before) as f64 / f64::from(1 << 20),
        cap_mib: deed.cap_mib(),
    })
}

/// Does the misdeed again and again.
async fn go_on(client: Client, deed: Deed, ends: Arc<Ends>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let watch = Instant::now();
        let body = Bytes::from(question(deed.asks).to_string());
        let answer = client.send(Method::POST, &path(deed.connection), &[], body).await;
        let took = u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX);
        ends.calls.fetch_add(1, Ordering::Relaxed);
        ends.slowest_us.fetch_max(took, Ordering::Relaxed);
        let typed = answer.ok().and_then(|answer| typed(answer.status, &answer.body));
        match typed {
            Some(word) => *ends.last.lock() = word,
            None => _ = ends.untyped.fetch_add(1, Ordering::Relaxed),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// How a call ended, when it ended in a way that programs can tell.
fn typed(status: u16, body: &Value) -> Option<String> {
    match body["code"].as_str() {
        Some(code) => Some(format!("{status} {code}")),
        None => body["lines"].is_array().then(|| format!("{status}")),
    }
}

fn path(connection: &str) -> String {
    format!("/v1/connections/{connection}/prices:query")
}

fn question(product: &str) -> Value {
    json!({ "lines": [{ "product": product, "quantity": { "value": "1", "unit": "EA" } }] })
}
