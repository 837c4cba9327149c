//! `connection`: how connections are, and holding their documents.

use clap::Subcommand;
use serde_json::Value;

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
    /// Let a paused connection's documents go on.
    Resume {
        /// The connection's name.
        name: String,
    },
}

impl ConnectionCommand {
    pub(super) async fn run(&self, client: &Client, screen: &mut Screen) -> anyhow::Result<bool> {
        match self {
            Self::List => return list(client, screen).await,
            Self::Pause { name } => {
                screen.value(&client.post(&format!("/v1/connections/{}:pause", segment(name)), None).await?);
                screen.line(&format!("{name} is paused: its documents wait."));
            }
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
