//! `plugin shadow`: another version of a connector on recorded calls, before it serves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::client::{Remote, segment};
use super::recordings::{differs, load, local};
use super::screen::Screen;
use crate::limits;
use crate::plugin::recording::{Difference, Shadow as Found, Summary};
use crate::seam;

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// The component of the version to try, on the recordings of the data folder.
    file: Option<PathBuf>,
    /// Try a version that a running host has kept of this connector, such as one that waits. Needs an admin key.
    #[arg(long, value_name = "CONNECTOR")]
    kept: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Shadow {
    #[command(flatten)]
    which: Which,
    /// That version's digest or the beginning of it; the version that came last if it is not given.
    #[arg(long, value_name = "DIGEST", requires = "kept")]
    digest: Option<String>,
    /// Only recordings of this connection.
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Recorded calls at most, the newest.
    #[arg(long, value_name = "N", default_value_t = limits::SHADOW_CALLS)]
    last: usize,
}

impl Shadow {
    pub(super) async fn run(&self, config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<bool> {
        let (answer, clean) = match (&self.which.kept, &self.which.file) {
            (Some(name), _) => {
                let body = json!({ "digest": self.digest, "connection": self.connection, "last": self.last });
                let path = format!("/v1/plugins/{}:shadow", segment(name));
                let answer = remote.client(config)?.post(&path, Some(&body)).await?;
                let bad = ["differs", "asked_new", "crashed"].iter().any(|field| number(&answer, field) > 0);
                (answer, !bad)
            }
            (None, Some(file)) => {
                let found = self.in_folder(config, file, screen).await?;
                let clean = found.is_clean();
                (serde_json::to_value(found)?, clean)
            }
            (None, None) => (Value::Null, false),
        };
        screen.value(&answer);
        tell(&answer, screen);
        Ok(clean)
    }

    async fn in_folder(&self, config: &Path, file: &Path, screen: &Screen) -> anyhow::Result<Found> {
        let recordings = local(config)?;
        let loaded = load(file, screen).await?;
        let mut found = Found::of(&loaded);
        let listed = recordings.list(self.connection.as_deref());
        let bar = bar(listed.len().min(self.last), screen);
        for Summary { connection, id, .. } in listed {
            if found.calls() >= self.last {
                break;
            }
            let recordings = recordings.clone();
            let read = seam::spawn_blocking(move || recordings.read(&connection, id)).await?;
            found.try_on(&loaded, read).await;
            bar.set_position(found.calls() as u64);
        }
        bar.finish_and_clear();
        Ok(found)
    }
}

fn bar(calls: usize, screen: &Screen) -> ProgressBar {
    if screen.json() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(calls as u64).with_message("trying recorded calls");
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos}/{human_len} {wide_bar} {eta}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn tell(answer: &Value, screen: &mut Screen) {
    let digest = text(answer, "digest").get(..12).unwrap_or_default();
    let (connector, version) = (text(answer, "connector"), text(answer, "version"));
    screen.line(&format!("{connector} {version} (sha256:{digest}) on {} recorded calls", number(answer, "calls")));
    if number(answer, "calls") == 0 {
        screen.line(&format!(
            "There are no recorded calls of `{connector}`; `apiconnect connection record NAME --for 1h` makes some."
        ));
        return;
    }
    let told = [
        ("same", "same", "the same requests and the same result"),
        ("loosely", "loosely", "the same result, requests that differ a little"),
        ("differs", "differs", "another result, or a write that is left out"),
        ("asked_new", "asked new", "a request that was not recorded, so its result says nothing"),
        ("crashed", "crashed", "a crash where the recorded version had none"),
        ("skipped", "skipped", "out of time when it was recorded, nothing to compare with"),
    ];
    for (field, name, meaning) in told {
        screen.line(&format!("  {name:<10} {:>6}   {meaning}", number(answer, field)));
    }
    for (operation, counts) in answer.get("operations").and_then(Value::as_object).into_iter().flatten() {
        let counts: Vec<String> = told
            .iter()
            .filter(|(field, ..)| number(counts, field) > 0)
            .map(|(field, name, _)| format!("{} {name}", number(counts, field)))
            .collect();
        screen.line(&format!("\n{operation}: {}", counts.join(", ")));
        for item in list(answer, "items").filter(|item| text(item, "operation") == operation) {
            one(item, screen);
        }
    }
    for problem in list(answer, "unreadable").filter_map(Value::as_str) {
        screen.line(&format!("! {problem}"));
    }
}

fn one(item: &Value, screen: &mut Screen) {
    let verdict = text(item, "verdict").replace('_', " ");
    let (recording, connection) = (text(item, "recording"), text(item, "connection"));
    screen.line(&format!("  {recording} {connection}: {verdict}"));
    for difference in list(item, "differences") {
        let [place, recorded, now] = ["place", "recorded", "now"].map(|field| text(difference, field).to_owned());
        differs(&Difference { place, recorded, now }, "    ", screen);
    }
    let lists =
        [("loosely", "answered from what was recorded"), ("asked_new", "asks"), ("not_asked", "no longer asks")];
    for (field, what) in lists {
        for line in list(item, field).filter_map(Value::as_str) {
            screen.line(&format!("    {what}: {line}"));
        }
    }
}

fn number(value: &Value, field: &str) -> u64 {
    value.get(field).and_then(Value::as_u64).unwrap_or_default()
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
