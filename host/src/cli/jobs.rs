//! `jobs`: documents on their way.

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Client, segment};
use super::screen::Screen;

#[derive(Debug, Subcommand)]
pub(super) enum Jobs {
    /// List jobs, the oldest first.
    List(List),
    /// Show one job with every attempt.
    Show {
        /// The job's id.
        job: String,
    },
    /// Try a job again now. A document that may have arrived is looked up first.
    Retry {
        /// The job's id.
        job: String,
    },
    /// Say what became of a document that may or may not be in the system.
    Resolve(Resolve),
    /// Withdraw a document that has not been sent.
    Cancel {
        /// The job's id.
        job: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only this connection.
    #[arg(long)]
    connection: Option<String>,
    /// Only this state: ready, running, waiting, parked or done.
    #[arg(long)]
    state: Option<String>,
    /// A part of the reference, the customer, the system's number or the job's id.
    #[arg(long)]
    text: Option<String>,
    /// Jobs at most.
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Go on behind this job.
    #[arg(long, value_name = "JOB")]
    after: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Resolve {
    /// The job's id.
    job: String,
    /// It exists in the system with this id.
    #[arg(long, value_name = "ID", conflicts_with = "send_again")]
    exists: Option<String>,
    /// The number people read, if it differs from the id.
    #[arg(long, requires = "exists")]
    number: Option<String>,
    /// It does not exist: send it again.
    #[arg(long)]
    send_again: bool,
}

impl Jobs {
    pub(super) async fn run(&self, client: &Client, screen: &mut Screen) -> anyhow::Result<bool> {
        let job = match self {
            Self::List(list) => return list.run(client, screen).await,
            Self::Show { job } => client.get(&path(job)).await?,
            Self::Retry { job } => client.post(&format!("{}:retry", path(job)), None).await?,
            Self::Cancel { job } => client.post(&format!("{}:cancel", path(job)), None).await?,
            Self::Resolve(resolve) => resolve.run(client).await?,
        };
        screen.pretty(&job);
        Ok(true)
    }
}

impl List {
    async fn run(&self, client: &Client, screen: &mut Screen) -> anyhow::Result<bool> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &self.limit.to_string());
        let given =
            [("connection", &self.connection), ("state", &self.state), ("text", &self.text), ("cursor", &self.after)];
        for (name, value) in given {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let answer = client.get(&format!("/v1/jobs?{}", query.finish())).await?;
        screen.value(&answer);
        screen.line(&format!(
            "{:<30}  {:<12}  {:<8}  {:<9}  {:<16}  WHY",
            "JOB", "CONNECTION", "STATE", "OUTCOME", "REFERENCE"
        ));
        for job in answer.get("items").and_then(Value::as_array).into_iter().flatten() {
            let text = |field: &str| job.get(field).and_then(Value::as_str).unwrap_or_default();
            let why = job.pointer("/reason/text").and_then(Value::as_str).unwrap_or_default();
            screen.line(&format!(
                "{:<30}  {:<12}  {:<8}  {:<9}  {:<16}  {why}",
                text("id"),
                text("connection"),
                text("state"),
                text("outcome"),
                text("reference")
            ));
        }
        if let Some(next) = answer.get("next").and_then(Value::as_str) {
            screen.line(&format!("\nThere are more: --after {next}"));
        }
        Ok(true)
    }
}

impl Resolve {
    async fn run(&self, client: &Client) -> anyhow::Result<Value> {
        let body = match (&self.exists, self.send_again) {
            (Some(id), _) => json!({ "exists": { "id": id, "number": self.number } }),
            (None, true) => json!({ "send_again": {} }),
            (None, false) => {
                bail!("resolve the job: say --exists ID when it is in the system, or --send-again when it is not")
            }
        };
        client.post(&format!("{}:resolve", path(&self.job)), Some(&body)).await
    }
}

fn path(job: &str) -> String {
    format!("/v1/jobs/{}", segment(job))
}
