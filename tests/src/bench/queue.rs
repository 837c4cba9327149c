//! The queue itself: jobs a second from acceptance to outcome beside apalis and beside bare sled, and what a backlog of
//! a million documents does to a host.

use std::process::Command;

use anyhow::{Context, ensure};

use super::figure::{Figure, Goal};
use super::queue_apalis::Apalis;
use super::queue_backlog::{Backlog, RATE};
use super::queue_jobs::{CONNECTION, Report};
use super::rounds::{Pairs, in_turn};
use super::{Figures, Progress};
use crate::world::Folder;

const ROUNDS: usize = 5;
/// Jobs of the host and of bare sled in one run.
const JOBS: u64 = 20_000;
/// Jobs of apalis in one run. It is the slower the more are done already, so it is given few.
const JOBS_OF_APALIS: u64 = 2_000;
const BACKLOG: u64 = 1_000_000;
const RESTARTS: usize = 3;

type Named = Vec<(&'static str, Figure)>;

/// Measures the section.
pub(super) async fn run(progress: Progress) -> Figures {
    let mut figures = throughput(&progress).await?;
    figures.extend(backlog(&progress).await?);
    Ok(figures)
}

async fn throughput(progress: &Progress) -> anyhow::Result<Named> {
    let apalis = Apalis::prepare(progress)?;
    progress.rounds(ROUNDS);
    let (mut beside_apalis, mut beside_sled) = (Pairs::default(), Pairs::default());
    let mut settings = None;
    for round in 0..ROUNDS {
        let host = async { jobs("queue", JOBS) };
        let peer = async { apalis.run(JOBS_OF_APALIS) };
        let (host, peer) = in_turn(round, host, peer).await?;
        let sled = jobs("sled", JOBS)?;
        beside_apalis.add(host.per_second(), peer.per_second());
        beside_sled.add(host.per_second(), sled.per_second());
        let (host, sled) = (host.per_second(), sled.per_second());
        progress.round(format!("{host:.0} beside {:.0} and {sled:.0} jobs/s", peer.per_second()));
        settings = Some(peer.settings);
    }
    let connector = jobs("connector", JOBS / 2)?;
    let settings = settings.map(|settings| settings.to_string()).unwrap_or_default();
    let names = ("host's queue, sealed", "apalis 1.0, SQLite");
    let ratio = Figure::ratio(&beside_apalis, names, "jobs/s", Goal::AtLeast(3.0))
        .note(format!("{JOBS} jobs of the host, {JOBS_OF_APALIS} of apalis, documents of about 1,100 bytes"))
        .note(format!("apalis with WAL and synchronous=FULL, the best of five settings: {settings}"))
        .note(format!("the host through the connector noop, 64 calls at a time: {:.0} jobs/s", connector.per_second()));
    let bare = Figure::ratio(&beside_sled, (names.0, "bare sled, fdatasync"), "jobs/s", Goal::AtLeast(0.0));
    let bare = Figure { goal: None, ..bare }.note("bare sled writes the same records and schedules nothing".to_owned());
    Ok(vec![("queue.ratio_to_apalis", ratio), ("queue.ratio_to_bare_sled", bare)])
}

/// Runs `bench jobs KIND` on a fresh folder of a host.
fn jobs(kind: &str, jobs: u64) -> anyhow::Result<Report> {
    let folder = Folder::new()?;
    if kind == "connector" {
        folder.install("noop")?;
        folder.connection(CONNECTION, "connector = \"noop\"\nbase_url = \"http://127.0.0.1:9\"\n")?;
    }
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.args(["jobs", kind]).arg(folder.path()).arg(jobs.to_string()).output()?;
    ensure!(output.status.success(), "{kind}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).with_context(|| format!("read what {kind} prints"))
}

async fn backlog(progress: &Progress) -> anyhow::Result<Named> {
    let (full, fresh) = (Backlog::fill(BACKLOG, progress)?, Backlog::fill(0, progress)?);
    progress.rounds(RESTARTS + ROUNDS);
    let (mut starts, mut memory) = (Pairs::default(), Pairs::default());
    let mut hosts = None;
    for _ in 0..RESTARTS {
        if let Some((one, other)) = hosts.take() {
            kill(one, other)?;
        }
        let (one, other) = (full.start().await?, fresh.start().await?);
        starts.add(one.seconds, other.seconds);
        memory.add(one.megabytes, other.megabytes);
        progress.round(format!("a start takes {:.1} s and {:.0} MB", one.seconds, one.megabytes));
        hosts = Some((one, other));
    }
    let (one, other) = hosts.context("no start was measured")?;
    let (mut p99, mut p50) = (Pairs::default(), Pairs::default());
    for round in 0..=ROUNDS {
        let (full, fresh) = in_turn(round, one.accept(), other.accept()).await?;
        // The first round opens files and fills caches.
        if round > 0 {
            p99.add(full.p99_ms, fresh.p99_ms);
            p50.add(full.p50_ms, fresh.p50_ms);
            progress.round(format!("{:.1} beside {:.1} ms", full.p99_ms, fresh.p99_ms));
        }
    }
    kill(one, other)?;
    Ok(figures(&starts, &memory, &p99, &p50))
}

fn kill(one: super::queue_backlog::Started, other: super::queue_backlog::Started) -> anyhow::Result<()> {
    one.kill()?;
    other.kill()
}

fn figures(starts: &Pairs, memory: &Pairs, p99: &Pairs, p50: &Pairs) -> Named {
    let names = ("a million waiting", "a fresh folder");
    #[expect(clippy::cast_precision_loss, reason = "a million is exact")]
    let each = (memory.host() - memory.beside()) * 1e6 / BACKLOG as f64;
    let start = Figure::plain(starts, (names.0, Some(names.1)), "s", Some(Goal::AtMost(10.0)))
        .note("until /readyz says so and the connection tells of every document; killed before each start".to_owned());
    let rss = Figure::plain(memory, (names.0, Some(names.1)), "MB", None)
        .note(format!("{each:.0} bytes a waiting document, the store's cache included"));
    let accept = Figure::ratio(p99, names, "ms", Goal::AtMost(1.5))
        .note(format!("{RATE} orders a second over HTTP, whatever the answers take; p99"))
        .note(format!("median: {:.2} ms beside {:.2} ms", p50.host(), p50.beside()));
    vec![
        ("queue.restart_1m_s", start),
        ("queue.restart_1m_rss_mb", rss),
        ("queue.accept_p99_ratio_with_backlog", accept),
    ]
}
