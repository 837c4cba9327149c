//! `call`: one operation of a running host from the shell.

use std::io::Read;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;

use super::client::{Client, segment};
use super::screen::Screen;

/// How an operation is called over HTTP.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// It is read; the input is the id of the path and a query.
    Get,
    /// It is asked with JSON; the input is the id of the path, if there is one, and the JSON.
    Ask,
    /// It changes something, so it needs an idempotency key; otherwise as `Ask`.
    Post,
    /// The same for a record that is there.
    Put,
}

/// Every operation that can be called, how, and where below the connection.
const OPERATIONS: &[(&str, How, &str)] = &[
    ("pricing.query", How::Ask, "prices:query"),
    ("pricing.list-agreements", How::Get, "price-agreements"),
    ("inventory.query", How::Ask, "inventory:query"),
    ("inventory.list", How::Get, "inventory"),
    ("customers.list", How::Get, "customers"),
    ("customers.get", How::Get, "customers/{id}"),
    ("customers.ship-tos", How::Get, "customers/{id}/ship-tos"),
    ("customers.contacts", How::Get, "customers/{id}/contacts"),
    ("customers.groups", How::Get, "customer-groups"),
    ("customers.account-summary", How::Get, "customers/{id}/account-summary"),
    ("customers.past-items", How::Get, "customers/{id}/past-items"),
    ("customers.create", How::Post, "customers"),
    ("customers.change", How::Put, "customers/{id}"),
    ("customers.create-ship-to", How::Post, "customers/{id}/ship-tos"),
    ("catalog.products", How::Get, "products"),
    ("catalog.categories", How::Get, "categories"),
    ("catalog.relations", How::Get, "relations"),
    ("catalog.kits", How::Get, "kits"),
    ("catalog.customer-products", How::Get, "customer-products"),
    ("catalog.restrictions", How::Get, "restrictions"),
    ("reference.warehouses", How::Get, "warehouses"),
    ("reference.carriers", How::Get, "carriers"),
    ("reference.terms", How::Get, "terms"),
    ("reference.units", How::Get, "units"),
    ("orders.list", How::Get, "orders"),
    ("orders.get", How::Get, "orders/{id}"),
    ("orders.shipments", How::Get, "orders/{id}/shipments"),
    ("orders.simulate", How::Ask, "orders:simulate"),
    ("orders.submit", How::Post, "orders"),
    ("orders.cancel", How::Post, "orders/{id}:cancel"),
    ("orders.add-note", How::Post, "orders/{id}/notes"),
    ("quotes.list", How::Get, "quotes"),
    ("quotes.get", How::Get, "quotes/{id}"),
    ("quotes.convert", How::Post, "quotes/{id}:convert"),
    ("invoices.list", How::Get, "invoices"),
    ("invoices.get", How::Get, "invoices/{id}"),
    ("invoices.record-payment", How::Post, "payments"),
    ("payments.begin-vault", How::Ask, "customers/{id}/vault-sessions"),
    ("payments.list-methods", How::Get, "customers/{id}/payment-methods"),
    ("payments.detach", How::Post, "payment-methods:detach"),
    ("payments.charge", How::Post, "charges"),
];

#[derive(Debug, Args)]
pub(super) struct CallCommand {
    /// The connection.
    connection: String,
    /// The operation, such as pricing.query, customers.get or orders.submit; a name that is wrong lists them all.
    operation: String,
    /// For one that is about a record, its id, and behind it, if need be: for lists a query such as `limit=10&text=pump`,
    /// for the others the JSON or `-` to read it from standard input.
    input: Vec<String>,
    /// The Idempotency-Key of an operation that changes something. The same key and document are never done twice.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Wait up to so many seconds until the change is in the system.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    wait: u32,
}

impl CallCommand {
    pub(super) async fn run(&self, client: &Client, screen: &mut Screen) -> anyhow::Result<bool> {
        let Some((_, how, path)) = OPERATIONS.iter().copied().find(|(name, _, _)| *name == self.operation) else {
            let names: Vec<&str> = OPERATIONS.iter().map(|(name, _, _)| *name).collect();
            bail!("call `{}`: there is no such operation; there are {}", self.operation, names.join(", "));
        };
        let mut input = self.input.iter();
        let mut path = format!("/v1/connections/{}/{path}", segment(&self.connection));
        if path.contains("{id}") {
            let id = input.next().with_context(|| format!("call {}: give the id behind it", self.operation))?;
            path = path.replace("{id}", &segment(id));
        }
        let rest = input.next();
        if let Some(surplus) = input.next() {
            bail!("call {}: there is one thing too many: `{surplus}`", self.operation);
        }
        let answer = match how {
            How::Get => {
                let query = rest.map(|query| format!("?{query}")).unwrap_or_default();
                client.get(&format!("{path}{query}")).await?
            }
            How::Ask => client.post(&path, self.body(rest)?.as_ref()).await?,
            How::Post => self.change(client, http::Method::POST, &path, rest).await?,
            How::Put => self.change(client, http::Method::PUT, &path, rest).await?,
        };
        screen.pretty(&answer);
        Ok(true)
    }

    fn body(&self, text: Option<&String>) -> anyhow::Result<Option<Value>> {
        let text = match text.map(String::as_str) {
            None if self.operation == "payments.begin-vault" || self.operation == "orders.cancel" => return Ok(None),
            None => bail!("call {}: give its JSON behind it, or `-` to read it from standard input", self.operation),
            Some("-") => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).context("read standard input")?;
                text
            }
            Some(text) => text.to_owned(),
        };
        Ok(Some(serde_json::from_str(&text).context("read the JSON")?))
    }

    async fn change(
        &self,
        client: &Client,
        method: http::Method,
        path: &str,
        text: Option<&String>,
    ) -> anyhow::Result<Value> {
        let body = self.body(text)?;
        let Some(key) = &self.idempotency_key else {
            bail!(
                "call {}: give --idempotency-key, made once for this document, so that a repeat cannot be done twice",
                self.operation
            )
        };
        let wait = format!("wait={}", self.wait);
        let headers = [("idempotency-key", key.as_str()), ("prefer", wait.as_str())];
        client.send(method, path, body.as_ref(), &headers).await
    }
}
