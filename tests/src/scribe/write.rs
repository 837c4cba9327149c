//! The writer: several at a time, through the host's own way to its store.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use apiconnect::config::HostConfig;
use apiconnect::host::Records;
use apiconnect::store::{Batch, OpenOptions, Store};

use super::{Dice, content, size_of};

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The first document's number.
    pub from: u64,
    /// How many documents.
    pub documents: u64,
    /// Writers at a time.
    pub writers: u64,
    /// Seed of what is deleted and when records are written again.
    pub seed: u64,
}

/// Opens the store of the host that `config` configures and writes documents: each with a job's record that is written
/// twice, and now and then one that is deleted again. Says `try KEY OP` before and `ack KEY REVISION` after each write,
/// as one `write` each. `done` is called once all is acknowledged and the store is still open.
///
/// # Errors
/// When the store refuses; what was acknowledged stands.
pub async fn write(config: &Path, plan: Plan, done: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let records = Records::open(&HostConfig::read(config)?, OpenOptions::default()).await?;
    let writers: Vec<_> = (0..plan.writers)
        .map(|at| {
            let store = Arc::clone(&records.store);
            tokio::spawn(async move {
                let mut dice = Dice::new(plan.seed.wrapping_add(at));
                for number in (plan.from + at..plan.from + plan.documents).step_by(usize::try_from(plan.writers)?) {
                    one(store.as_ref(), number, &mut dice).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    let mut result = Ok(());
    for writer in writers {
        result = result.and(writer.await?);
    }
    result?;
    done()?;
    records.close().await;
    Ok(())
}

/// A document as it is accepted, carried and, sometimes, removed.
async fn one(store: &dyn Store, number: u64, dice: &mut Dice) -> anyhow::Result<()> {
    let (document, job) = (format!("document/job_{number:06}"), format!("job/job_{number:06}"));
    let claim = format!("idempotency/{number:06}");
    let size = size_of(number);
    let accepted = [(document.as_str(), size), (job.as_str(), 600), (claim.as_str(), 100)];
    say(&accepted.map(|(key, _)| format!("try {key} put\n")).concat())?;
    let batch = accepted.into_iter().fold(Batch::new(), |batch, (key, size)| batch.put(key, content(key, 1, size)));
    let revision = store.commit(batch.require_absent(claim.as_str())).await?;
    say(&accepted.map(|(key, _)| format!("ack {key} {revision}\n")).concat())?;

    say(&format!("try {job} put\n"))?;
    let revision = store.commit(Batch::new().put(job.as_str(), content(&job, 2, 900))).await?;
    say(&format!("ack {job} {revision}\n"))?;
    if dice.below(8) == 0 {
        say(&format!("try {document} delete\n"))?;
        let revision = store.commit(Batch::new().delete(document.as_str())).await?;
        say(&format!("ack {document} {revision}\n"))?;
    }
    Ok(())
}

/// One system call, so that a trace shows the lines whole and in their order.
fn say(lines: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(lines.as_bytes())?;
    out.flush()
}
