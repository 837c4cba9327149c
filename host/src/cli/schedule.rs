//! `schedule`: work by the clock.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::Value;

use super::client::{Client, segment};
use super::screen::Screen;

#[derive(Debug, Subcommand)]
pub(super) enum ScheduleCommand {
    /// List all schedules.
    List,
    /// Make or replace a schedule.
    Put {
        /// Its name.
        name: String,
        /// What it does, as JSON: cron, connection, operation, document; `-` reads standard input.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Remove a schedule. Jobs it has made go on.
    Remove {
        /// Its name.
        name: String,
    },
}

impl ScheduleCommand {
    pub(super) async fn run(&self, client: &Client, screen: &mut Screen) -> anyhow::Result<bool> {
        match self {
            Self::List => {
                let answer = client.get("/v1/schedules").await?;
                screen.value(&answer);
                screen.line(&format!("{:<20}  {:<16}  {:<14}  OPERATION", "NAME", "CRON (UTC)", "CONNECTION"));
                for item in answer.get("items").and_then(Value::as_array).into_iter().flatten() {
                    let text = |field: &str| item.get(field).and_then(Value::as_str).unwrap_or_default();
                    let (name, cron, connection) = (text("name"), text("cron"), text("connection"));
                    screen.line(&format!("{name:<20}  {cron:<16}  {connection:<14}  {}", text("operation")));
                }
            }
            Self::Put { name, file } => {
                let rule = super::read_json(file)?;
                let path = format!("/v1/schedules/{}", segment(name));
                screen.pretty(&client.send(http::Method::PUT, &path, Some(&rule), &[]).await?);
            }
            Self::Remove { name } => {
                client.send(http::Method::DELETE, &format!("/v1/schedules/{}", segment(name)), None, &[]).await?;
                screen.line(&format!("{name} is gone."));
            }
        }
        Ok(true)
    }
}
