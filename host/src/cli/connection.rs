//! `connection`: how connections are, and holding their documents.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Client, segment};
use super::screen::Screen;

#[derive(Debug, Subcommand)]
pub(super) enum ConnectionCommand {
    /// List all connections: whether each can be used, how its system is, what waits for it.
    List,
    /// Hold a connection's documents: they are accepted and wait. Live questions go on.
    Pause {
        /// The connection's name.
        name: String,
    },
    /// Record a connection's calls for a while, to find out why one fails or to try a new version on them.
    ///
    /// What its file says under [recording] holds again afterwards. `apiconnect recordings list` shows what came of it.
    Record(Record),
    /// Let a paused connection's documents go on.
    Resume {
        /// The connection's name.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Record {
    /// The connection's name.
    name: String,
    /// How long, such as 10m or 2h; a day at most.
    #[arg(long = "for", value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    time: Duration,
    /// Only calls that fail.
    #[arg(long)]
    errors: bool,
    /// Stop recording that was started so.
    #[arg(long, conflicts_with_all = ["errors", "time"])]
    stop: bool,
}

impl Record {
    async fn run(&self, client: &Client, screen: &mut Screen) -> anyhow::Result<()> {
        let seconds = if self.stop { 0 } else { self.time.as_secs() };
        let body = json!({ "calls": if self.errors { "errors" } else { "all" }, "for_seconds": seconds });
        let answer = client.post(&format!("/v1/connections/{}:record", segment(&self.name)), Some(&body)).await?;
        screen.value(&answer);
        let text = |field: &str| answer.get(field).and_then(Value::as_str).unwrap_or_default();
        screen.line(&match (text("calls"), text("until")) {
            ("off", _) => format!("Calls of {} are not recorded.", self.name),
            (calls, "") => format!("Calls of {} are recorded ({calls}), as its file says.", self.name),
            (calls, until) => format!("Calls of {} are recorded ({calls}) until {until}.", self.name),
        });
        Ok(())
    }
}

impl ConnectionCommand {
    pub(super) async fn run(&self, client: &Client, screen: &mut Screen) -> anyhow::Result<bool> {
        match self {
            Self::List => return list(client, screen).await,
            Self::Pause { name } => {
                screen.value(&client.post(&format!("/v1/connections/{}:pause", segment(name)), None).await?);
                screen.line(&format!("{name} is paused: its documents wait."));
            }
            Self::Record(record) => record.run(client, screen).await?,
            Self::Resume { name } => {
                screen.value(&client.post(&format!("/v1/connections/{}:resume", segment(name)), None).await?);
                screen.line(&format!("{name} goes on."));
            }
        }
        Ok(true)
    }
}

async fn list(client: &Client, screen: &mut Screen) -> anyhow::Result<bool> {
    let answer = client.get("/v1/connections").await?;
    screen.value(&answer);
    screen.line(&format!(
        "{:<16}  {:<8}  {:<9}  {:>8}  {:<22}  PROBLEM",
        "NAME", "STATE", "SYSTEM", "WAITING", "CONNECTOR"
    ));
    for item in answer.get("items").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| item.get(field).and_then(Value::as_str).unwrap_or_default();
        let paused = item.get("paused").and_then(Value::as_bool).unwrap_or_default();
        let away = item.get("away_until").is_some_and(Value::is_number) || text("circuit") == "open";
        let state = if paused { "paused" } else { text("state") };
        let system = if away { "away" } else { "-" };
        let waiting = item.get("waiting").and_then(Value::as_u64).unwrap_or_default();
        let connector = format!("{} {}", text("connector"), text("version"));
        screen.line(&format!(
            "{:<16}  {state:<8}  {system:<9}  {waiting:>8}  {connector:<22}  {}",
            text("name"),
            text("problem")
        ));
    }
    Ok(true)
}
