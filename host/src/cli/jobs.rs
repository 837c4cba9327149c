//! `jobs`: documents on their way.

use std::path::PathBuf;

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
    /// Print the document of a job, to look at it or to change it.
    Document {
        /// The job's id.
        job: String,
    },
    /// Replace the document of a job that is stuck, and try it again.
    Edit {
        /// The job's id.
        job: String,
        /// The new document as JSON; `-` reads standard input.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// List what parked jobs have in common, the most frequent first.
    Causes,
    /// Try a job again now, or all that are parked for a cause. A document that may have arrived is looked up first.
    Retry(Which),
    /// Say what became of a document that may or may not be in the system.
    Resolve(Resolve),
    /// Withdraw a document that has not been sent, or all that are parked for a cause.
    Cancel(Which),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// The job's id.
    job: Option<String>,
    /// Every job that is parked for this cause, as `jobs causes` names it.
    #[arg(long)]
    cause: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only this connection.
    #[arg(long)]
    connection: Option<String>,
    /// Only this lane: orders, sync or bulk.
    #[arg(long)]
    lane: Option<String>,
    /// Only this state: ready, running, waiting, parked or done.
    #[arg(long)]
    state: Option<String>,
    /// Only jobs parked for this cause, as `jobs causes` names it.
    #[arg(long)]
    cause: Option<String>,
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
            Self::Causes => return causes(client, screen).await,
            Self::Show { job } => client.get(&path(job)).await?,
            Self::Document { job } => client.get(&format!("{}/document", path(job))).await?,
            Self::Edit { job, file } => {
                let path = format!("{}/document", path(job));
                client.send(http::Method::PUT, &path, Some(&super::read_json(file)?), &[]).await?
            }
            Self::Retry(which) => client.post(&which.path("retry")?, None).await?,
            Self::Cancel(which) => client.post(&which.path("cancel")?, None).await?,
            Self::Resolve(resolve) => resolve.run(client).await?,
        };
        screen.pretty(&job);
        Ok(true)
    }
}

impl Which {
    fn path(&self, action: &str) -> anyhow::Result<String> {
        match (&self.job, &self.cause) {
            (Some(job), _) => Ok(format!("{}:{action}", path(job))),
            (None, Some(cause)) => Ok(format!("/v1/causes/{}:{action}", segment(cause))),
            (None, None) => bail!("{action} a job: name the job, or a cause with --cause"),
        }
    }
}

async fn causes(client: &Client, screen: &mut Screen) -> anyhow::Result<bool> {
    let answer = client.get("/v1/causes").await?;
    screen.value(&answer);
    screen.line(&format!("{:<16}  {:>6}  {:<12}  {:<13}  WHY", "CAUSE", "JOBS", "CONNECTION", "KIND"));
    for cause in answer.get("items").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| cause.get(field).and_then(Value::as_str).unwrap_or_default();
        let jobs = cause.get("jobs").and_then(Value::as_u64).unwrap_or_default();
        screen.line(&format!(
            "{:<16}  {jobs:>6}  {:<12}  {:<13}  {}",
            text("cause"),
            text("connection"),
            text("kind"),
            text("text")
        ));
    }
    Ok(true)
}

impl List {
    async fn run(&self, client: &Client, screen: &mut Screen) -> anyhow::Result<bool> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &self.limit.to_string());
        let given = [
            ("connection", &self.connection),
            ("lane", &self.lane),
            ("state", &self.state),
            ("cause", &self.cause),
            ("text", &self.text),
            ("cursor", &self.after),
        ];
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
