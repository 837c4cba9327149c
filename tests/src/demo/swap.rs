//! A connector replaced while prices are asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;

use super::timeline::Timeline;
use crate::world::{Client, Folder, component};

const SWAPS: u8 = 3;
const CLIENTS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Default)]
struct Counts {
    asked: AtomicU64,
    failed: AtomicU64,
    stopped: AtomicBool,
}

pub(super) async fn run(folder: &Folder, client: &Client, timeline: &mut Timeline) -> anyhow::Result<()> {
    let counts = Arc::new(Counts::default());
    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(ask(client.clone(), Arc::clone(&counts)))).collect();
    let bytes = std::fs::read(component("sap-business-one")?)?;
    let mut versions = vec![digest(client).await?];
    for number in 0..SWAPS {
        folder.plugin("sap-business-one.wasm", &marked(&bytes, number))?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let serves = digest(client).await?;
            if !versions.contains(&serves) {
                versions.push(serves);
                break;
            }
            ensure!(tokio::time::Instant::now() < deadline, "the host did not take up the new connector");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    counts.stopped.store(true, Ordering::Relaxed);
    for client in clients {
        client.await?;
    }
    let (asked, failed) = (counts.asked.load(Ordering::Relaxed), counts.failed.load(Ordering::Relaxed));
    let swaps = versions.len() - 1;
    timeline.sum(&format!("the connector was replaced {swaps} times while {asked} prices were asked, {failed} failed"));
    ensure!(failed == 0, "a price failed while the connector was replaced");
    Ok(())
}

async fn ask(client: Client, counts: Arc<Counts>) {
    while !counts.stopped.load(Ordering::Relaxed) {
        let answer = client.post("/v1/connections/erp/prices:query", &super::question()).await;
        let ok = answer.is_ok_and(|answer| answer.status == 200 && answer.body["lines"][0]["price"].is_object());
        counts.asked.fetch_add(1, Ordering::Relaxed);
        counts.failed.fetch_add(u64::from(!ok), Ordering::Relaxed);
    }
}

/// The file that serves now.
async fn digest(client: &Client) -> anyhow::Result<String> {
    let plugins = client.get("/v1/plugins").await?.body;
    Ok(plugins["items"][0]["digest"].as_str().unwrap_or_default().to_owned())
}

/// The same connector as another file: a custom section at the end changes its bytes and nothing it does.
fn marked(component: &[u8], number: u8) -> Vec<u8> {
    let mut bytes = component.to_vec();
    // Section 0, 6 bytes: a name of 4 bytes and the mark.
    bytes.extend_from_slice(&[0, 6, 4, b'd', b'e', b'm', b'o', number]);
    bytes
}
