//! `call`: one operation of a running host from the shell.

use std::io::Read;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;

use super::client::{Client, segment};
use super::screen::Screen;

/// Every operation that can be called, with its method and path below the connection, and what its input is.
const OPERATIONS: [(&str, &str, &str); 8] = [
    ("pricing.query", "POST", "prices:query"),
    ("inventory.query", "POST", "inventory:query"),
    ("customers.list", "GET", "customers"),
    ("customers.get", "GET", "customers/{id}"),
    ("customers.ship-tos", "GET", "customers/{id}/ship-tos"),
    ("orders.list", "GET", "orders"),
    ("orders.get", "GET", "orders/{id}"),
    ("orders.submit", "POST", "orders"),
];

#[derive(Debug, Args)]
pub(super) struct CallCommand {
    /// The connection.
    connection: String,
    /// pricing.query, inventory.query, customers.list, customers.get, customers.ship-tos, orders.list, orders.get or
    /// orders.submit.
    operation: String,
    /// The JSON body or `-` to read it from standard input; for `get` and `ship-tos` the id; for `list` a query such
    /// as `limit=10&text=pump`.
    input: Option<String>,
    /// The Idempotency-Key of orders.submit. The same key and document never make a second order.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Wait up to so many seconds until the order is in the system.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    wait: u32,
}

impl CallCommand {
    pub(super) async fn run(&self, client: &Client, screen: &mut Screen) -> anyhow::Result<bool> {
        let Some((_, method, path)) = OPERATIONS.into_iter().find(|(name, _, _)| *name == self.operation) else {
            let names: Vec<&str> = OPERATIONS.iter().map(|(name, _, _)| *name).collect();
            bail!("call `{}`: there is no such operation; there are {}", self.operation, names.join(", "));
        };
        let base = format!("/v1/connections/{}/{path}", segment(&self.connection));
        let answer =
            if method == "GET" { client.get(&self.get_path(&base)?).await? } else { self.post(client, &base).await? };
        screen.pretty(&answer);
        Ok(true)
    }

    fn get_path(&self, base: &str) -> anyhow::Result<String> {
        if base.contains("{id}") {
            let id =
                self.input.as_deref().with_context(|| format!("call {}: give the id behind it", self.operation))?;
            return Ok(base.replace("{id}", &segment(id)));
        }
        Ok(self.input.as_ref().map_or_else(|| base.to_owned(), |query| format!("{base}?{query}")))
    }

    async fn post(&self, client: &Client, path: &str) -> anyhow::Result<Value> {
        let text = match self.input.as_deref() {
            None => bail!("call {}: give its JSON behind it, or `-` to read it from standard input", self.operation),
            Some("-") => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).context("read standard input")?;
                text
            }
            Some(text) => text.to_owned(),
        };
        let body: Value = serde_json::from_str(&text).context("read the JSON")?;
        if self.operation != "orders.submit" {
            return client.post(path, Some(&body)).await;
        }
        let Some(key) = &self.idempotency_key else {
            bail!(
                "submit the order: give --idempotency-key, made once for this document, so that a repeat cannot create it twice"
            )
        };
        let wait = format!("wait={}", self.wait);
        let headers = [("idempotency-key", key.as_str()), ("prefer", wait.as_str())];
        client.send(http::Method::POST, path, Some(&body), &headers).await
    }
}
