//! A connector replaced again and again under load, with files that are broken, slow or ask for more in between. No
//! call may fail, and none that begins after a swap may be answered by the version before.

mod file;
mod load;
mod soak;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde_json::json;

use crate::world::{Answer, Client, Folder, Version};
use file::{Dice, Kind};
use load::{History, Load};
pub use soak::{Report as SoakReport, run as soak};

const CONNECTION: &str =
    "connector = \"versioned\"\nbase_url = \"http://127.0.0.1:9\"\ngrants = { private_network = true }\n";
const CALLS_PER_SECOND: u32 = 200;
/// Load and swaps before the first look at the memory: pools and caches are warm then.
const WARM_UP: Duration = Duration::from_secs(3);
const WARM_SWAPS: u32 = 5;
/// Calls at once while it warms up, as many as sandboxes are kept.
const BURST: usize = 40;
/// How long the host may take to look at a file of the folder.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much more memory may be in use at the end.
const GROWTH_PER_CENT_MAX: i64 = 10;

/// What a run showed.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Times another version began to serve.
    pub swaps: u32,
    /// Of these, ways back.
    pub rolled_back: u32,
    /// Of these, files put into the folder.
    pub by_folder: u32,
    /// Files that were refused.
    pub refused: u32,
    /// Versions that asked for more and waited.
    pub waited: u32,
    /// Prices asked meanwhile.
    pub calls: u64,
    /// Prices a second.
    pub calls_per_second: u64,
    /// Calls without an answer.
    pub failed: u64,
    /// Calls answered by a version that no longer served when they began, or that the host named wrongly.
    pub wrong_version: u64,
    /// Slowest call, in milliseconds.
    pub slowest_ms: u64,
    /// 99 of 100 calls were faster, in milliseconds.
    pub p99_ms: u64,
    /// Memory of the host before, in MiB.
    pub resident_before_mib: u64,
    /// And after.
    pub resident_after_mib: u64,
    /// The difference in per cent.
    pub growth_per_cent: i64,
    /// How long it took.
    pub seconds: u64,
    /// What the order of the files came from.
    pub seed: u64,
}

impl Report {
    /// Whether every promise was kept.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.failed == 0 && self.wrong_version == 0 && self.growth_per_cent <= GROWTH_PER_CENT_MAX
    }
}

/// Swaps `swaps` times within about `seconds`, under 200 calls a second.
///
/// # Errors
/// When a program does not start, or the host does not do with a file what it should.
pub async fn run(swaps: u32, seconds: u64, seed: u64) -> anyhow::Result<Report> {
    let folder = Folder::new()?;
    folder.plugin("versioned.wasm", &Version::named("1.0.0").component()?)?;
    folder.connection("v", CONNECTION)?;
    let (host, client) = folder.serve()?;
    let history = Arc::new(History::starting_with("1.0.0"));
    let load = Load::start(&client, &history, CALLS_PER_SECOND);
    let mut run = Run { folder, client, history, dice: Dice::new(seed), counts: Counts::default() };
    for _ in 0..WARM_SWAPS {
        let version = Version::named(run.next());
        run.upload(version).await?;
    }
    warm_up(&run.client).await?;
    let before = host.resident()?;
    run.counts = Counts { number: run.counts.number, ..Counts::default() };
    let started = tokio::time::Instant::now();
    let pace = Duration::from_secs(seconds) / swaps.max(1);
    while run.counts.swaps < swaps {
        let due = started + pace * run.counts.swaps;
        tokio::time::sleep_until(due).await;
        run.offer().await?;
    }
    let took = started.elapsed();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = host.resident()?;
    let outcome = load.stop().await?;
    let mib = |bytes: u64| bytes >> 20;
    let growth = (i64::try_from(after)? - i64::try_from(before)?) * 100 / i64::try_from(before.max(1))?;
    let Counts { swaps, rolled_back, by_folder, refused, waited, .. } = run.counts;
    Ok(Report {
        swaps,
        rolled_back,
        by_folder,
        refused,
        waited,
        calls: outcome.calls,
        calls_per_second: outcome.calls / outcome.seconds.max(1),
        failed: outcome.failed,
        wrong_version: outcome.wrong_version,
        slowest_ms: outcome.slowest_ms,
        p99_ms: outcome.p99_ms,
        resident_before_mib: mib(before),
        resident_after_mib: mib(after),
        growth_per_cent: growth,
        seconds: took.as_secs(),
        seed,
    })
}

/// Fills the pool of sandboxes, which keep some memory while they wait for the next call: a moment in which many calls
/// come at once would do it later, and look like growth.
async fn warm_up(client: &Client) -> anyhow::Result<()> {
    let until = tokio::time::Instant::now() + WARM_UP;
    while tokio::time::Instant::now() < until {
        let ask = async || client.post("/v1/connections/v/prices:query", &question()).await;
        let asked: Vec<_> = (0..BURST).map(|_| ask()).collect();
        for answer in futures::future::join_all(asked).await {
            ensure!(answer?.status < 500, "a call failed before anything was swapped");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn question() -> serde_json::Value {
    json!({ "lines": [{ "product": "A1", "quantity": { "value": "1", "unit": "EA" } }] })
}

#[derive(Default)]
struct Counts {
    number: u32,
    swaps: u32,
    rolled_back: u32,
    by_folder: u32,
    refused: u32,
    waited: u32,
}

struct Run {
    folder: Folder,
    client: Client,
    history: Arc<History>,
    dice: Dice,
    counts: Counts,
}

impl Run {
    fn next(&mut self) -> String {
        self.counts.number += 1;
        format!("1.1.{}", self.counts.number)
    }

    /// Offers one file, or goes back one version.
    async fn offer(&mut self) -> anyhow::Result<()> {
        let kind = self.dice.kind();
        let version = self.next();
        match kind {
            Kind::Good => self.upload(Version::named(version)).await,
            Kind::Slow => self.upload(Version { describe_ms: 150, answer_ms: 3, ..Version::named(version) }).await,
            Kind::Folder => self.drop_in(Version::named(version)).await,
            Kind::Back => self.roll_back().await,
            Kind::Greedy => {
                let greedy = Version { host: "https://more.example.com", ..Version::named(version) };
                let answer = self.send(greedy.component()?).await?;
                ensure!(answer.status == 202, "a version that asks for more did not wait: {}", answer.text);
                self.counts.waited += 1;
                Ok(())
            }
            Kind::Garbage | Kind::Core | Kind::OtherContract => {
                let answer = self.send(kind.bytes(&Version::named(version).component()?)?).await?;
                ensure!(answer.status == 422, "a broken file was not refused: {}", answer.text);
                self.counts.refused += 1;
                Ok(())
            }
        }
    }

    async fn send(&self, bytes: Vec<u8>) -> anyhow::Result<Answer> {
        self.client.send(Method::POST, "/v1/plugins", &[], Bytes::from(bytes)).await
    }

    async fn upload(&mut self, version: Version) -> anyhow::Result<()> {
        let bytes = version.component()?;
        let swap = self.history.begin(&version.version);
        let answer = self.send(bytes).await?;
        ensure!(answer.status == 201, "{} was not taken: {}", version.version, answer.text);
        swap.done();
        self.counts.swaps += 1;
        Ok(())
    }

    async fn drop_in(&mut self, version: Version) -> anyhow::Result<()> {
        let bytes = version.component()?;
        let swap = self.history.begin(&version.version);
        self.folder.plugin("versioned.wasm", &bytes)?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let plugins = self.client.get("/v1/plugins").await?.body;
            if plugins["items"][0]["version"] == version.version {
                break;
            }
            ensure!(tokio::time::Instant::now() < deadline, "the host did not take up {}", version.version);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        swap.done();
        self.counts.swaps += 1;
        self.counts.by_folder += 1;
        Ok(())
    }

    async fn roll_back(&mut self) -> anyhow::Result<()> {
        let plugin = self.client.get("/v1/plugins").await?.body["items"][0].clone();
        // Which version it goes back to is known only afterwards; until then each kept one may answer.
        let kept = plugin["versions"].as_array().context("no versions")?;
        let kept: Vec<&str> = kept.iter().filter_map(|version| version["version"].as_str()).collect();
        let swap = self.history.begin_one_of(&kept);
        let answer = self.client.post("/v1/plugins/versioned:rollback", &json!({})).await?;
        if answer.body["code"] == "nothing_before" {
            swap.void();
            return Ok(());
        }
        ensure!(answer.status == 200, "there was no way back: {}", answer.text);
        swap.was(answer.body["version"].as_str().context("no version")?);
        self.counts.swaps += 1;
        self.counts.rolled_back += 1;
        Ok(())
    }
}
