//! What an idle host holds in memory, with few and with many connections of one connector.

use std::time::Duration;

use anyhow::ensure;

use super::figure::{Figure, Goal};
use super::rounds::{Pairs, median};
use super::usage::resident_mb;
use super::{Figures, Progress};
use crate::world::Folder;

const ROUNDS: usize = 3;
const MANY: usize = 200;
/// How long a host is left alone before it is looked at.
const REST: Duration = Duration::from_secs(3);
const LOOKS: usize = 5;

/// Measures the section.
pub(super) async fn run(progress: Progress) -> Figures {
    progress.rounds(ROUNDS);
    let (mut one, mut many) = (Pairs::default(), Pairs::default());
    for _ in 0..ROUNDS {
        let few = idle(1).await?;
        let more = idle(MANY).await?;
        one.add(few, more);
        many.add(more, few);
        progress.round(format!("{few:.1} and {more:.1} MB"));
    }
    let figure = |pairs, goal| Figure::plain(pairs, ("resident", None), "MB", Some(Goal::AtMost(goal)));
    Ok(vec![
        ("memory.idle_1_mb", figure(&one, 40.0).note("a host that has compiled its connector itself".to_owned())),
        ("memory.idle_200_mb", figure(&many, 80.0)),
    ])
}

/// Megabytes of a fresh host with so many connections.
async fn idle(connections: usize) -> anyhow::Result<f64> {
    let folder = Folder::new()?;
    folder.install("sap-business-one")?;
    for n in 0..connections {
        // Nothing listens there: an idle host asks nobody.
        folder.business_one(&format!("erp-{n}"), "http://127.0.0.1:9")?;
    }
    let (host, client) = folder.serve()?;
    let answer = client.get("/v1/connections").await?;
    let open = answer.body["items"].as_array().map_or(0, Vec::len);
    ensure!(open == connections, "{open} connections are open instead of {connections}");
    let mut seen = Vec::new();
    for _ in 0..LOOKS {
        tokio::time::sleep(REST / 5).await;
        seen.push(resident_mb(host.id())?);
    }
    Ok(median(seen.into_iter()))
}
