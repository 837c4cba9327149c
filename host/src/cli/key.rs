//! `key`: API keys, of a running host or in the data folder of one that stands still.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Remote, segment};
use super::screen::Screen;
use crate::access::{KeyRecord, Keys, NewKey, Scope};
use crate::config::HostConfig;
use crate::host::Records;
use crate::seam::Clock;
use crate::store::OpenOptions;

/// Without APICONNECT_KEY the keys are changed in the data folder itself, which works while the host stands still.
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key; its text is printed once and kept nowhere.
    Create(Create),
    /// List all keys.
    List,
    /// Make a key useless, at once.
    Revoke {
        /// The key's id: `key_…`
        id: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// What it is for.
    #[arg(long)]
    name: String,
    /// What it may do: read, write, operate or admin; repeat it for more.
    #[arg(long = "scope", required = true, value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// Only for this connection; repeat it for more.
    #[arg(long = "connection", value_name = "NAME")]
    connections: Vec<String>,
}

impl KeyCommand {
    pub(super) async fn run(&self, config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<bool> {
        let answer =
            if remote.has_key() { self.over_api(config, remote).await? } else { self.in_folder(config).await? };
        match self {
            Self::Create(_) => {
                screen.value(&answer);
                screen.line(&format!("The key, shown this once:\n\n  {}\n", text(&answer, "key")));
            }
            Self::List => show(&answer, screen),
            Self::Revoke { id } => {
                screen.value(&answer);
                screen.line(&format!("{id} is revoked."));
            }
        }
        Ok(true)
    }

    async fn over_api(&self, config: &Path, remote: &Remote) -> anyhow::Result<Value> {
        let client = remote.client(config)?;
        match self {
            Self::Create(create) => client.post("/v1/keys", Some(&serde_json::to_value(create.new_key())?)).await,
            Self::List => client.get("/v1/keys").await,
            Self::Revoke { id } => client.post(&format!("/v1/keys/{}:revoke", segment(id)), None).await,
        }
    }

    async fn in_folder(&self, config: &Path) -> anyhow::Result<Value> {
        let opened = Records::open(&HostConfig::read(config)?, OpenOptions::default()).await;
        let records = opened.context("change keys; while the host runs, set APICONNECT_KEY to an admin key")?;
        let keys = Keys::open(Arc::clone(&records.store), Clock::system())?;
        let answer = match self {
            Self::Create(create) => {
                let (text, record) = keys.create(create.new_key()).await?;
                let mut answer = told(&record);
                if let Some(fields) = answer.as_object_mut() {
                    fields.insert("key".to_owned(), text.expose().into());
                }
                answer
            }
            Self::List => json!({ "items": keys.list().iter().map(told).collect::<Vec<_>>() }),
            Self::Revoke { id } => told(&keys.revoke(id).await?),
        };
        records.close().await;
        Ok(answer)
    }
}

impl Create {
    fn new_key(&self) -> NewKey {
        let connections = (!self.connections.is_empty()).then(|| self.connections.clone());
        NewKey { name: self.name.clone(), scopes: self.scopes.clone(), connections }
    }
}

fn told(record: &KeyRecord) -> Value {
    json!({ "id": record.id, "name": record.name, "scopes": record.scopes, "connections": record.connections,
        "created": record.created, "revoked": record.revoked })
}

fn show(answer: &Value, screen: &mut Screen) {
    screen.value(answer);
    screen.line(&format!("{:<30}  {:<20}  {:<8}  NAME", "ID", "SCOPES", "STATE"));
    for key in answer.get("items").and_then(Value::as_array).into_iter().flatten() {
        let scopes = key.get("scopes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let state = if key.get("revoked").is_none_or(Value::is_null) { "valid" } else { "revoked" };
        let scopes = scopes.collect::<Vec<_>>().join(",");
        screen.line(&format!("{:<30}  {scopes:<20}  {state:<8}  {}", text(key, "id"), text(key, "name")));
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
