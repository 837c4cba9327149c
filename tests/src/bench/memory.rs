//! What an idle host holds in memory, with few and with many connections of one connector.
//!
//! The figure is that of a host on a fresh folder, which has compiled its connector itself; the compiler leaves more
//! behind than anything else. A host that finds it compiled, as after every restart, is told beside.

use std::time::Duration;

use anyhow::ensure;

use super::figure::{Figure, Goal};
use super::rounds::{Pairs, median};
use super::usage::resident_mb;
use super::{Figures, Progress};
use crate::world::{Client, Folder, Process};

const ROUNDS: usize = 3;
const MANY: usize = 200;
/// How long a host is left alone before it is looked at.
const REST: Duration = Duration::from_secs(3);
const LOOKS: u32 = 5;

/// Measures the section.
pub(super) async fn run(progress: Progress) -> Figures {
    progress.rounds(ROUNDS);
    let (mut one, mut many) = (Pairs::default(), Pairs::default());
    for _ in 0..ROUNDS {
        let (few, few_again) = idle(1).await?;
        let (more, more_again) = idle(MANY).await?;
        one.add(few, few_again);
        many.add(more, more_again);
        progress.round(format!("{few:.1} and {more:.1} MB"));
    }
    let names = ("first start", Some("restarted"));
    let figure = |pairs, goal| Figure::plain(pairs, names, "MB", Some(Goal::AtMost(goal)));
    Ok(vec![("memory.idle_1_mb", figure(&one, 40.0)), ("memory.idle_200_mb", figure(&many, 80.0))])
}

/// Megabytes of a host with so many connections: after its first start, and started again.
async fn idle(connections: usize) -> anyhow::Result<(f64, f64)> {
    let folder = Folder::new()?;
    folder.install("sap-business-one")?;
    for n in 0..connections {
        // Nothing listens there: an idle host asks nobody.
        folder.business_one(&format!("erp-{n}"), "http://127.0.0.1:9")?;
    }
    let key = folder.key(&["--scope", "read"])?;
    Ok((started(&folder, &key, connections).await?, started(&folder, &key, connections).await?))
}

async fn started(folder: &Folder, key: &str, connections: usize) -> anyhow::Result<f64> {
    let host = Process::host(folder.path(), 0)?;
    let answer = Client::new(host.address(), Some(key)).get("/v1/connections").await?;
    let open = answer.body["items"].as_array().map_or(0, Vec::len);
    ensure!(open == connections, "{open} connections are open instead of {connections}");
    let mut seen = Vec::new();
    for _ in 0..LOOKS {
        tokio::time::sleep(REST / LOOKS).await;
        seen.push(resident_mb(host.id())?);
    }
    Ok(median(seen.into_iter()))
}
