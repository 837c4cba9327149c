//! The host before real third-party systems, through the connectors as they are shipped.
//!
//! Ignored unless asked for: the first run installs the systems, which takes minutes. `just test-peers` does it all.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test that meets something unexpected has to stop"
)]

mod cutter;
mod erp;
mod orders;
mod questions;
mod trouble;

use std::time::Duration;

use apiconnect_tests::world::{Answer, Client, Folder, Process};
use serde_json::{Value, json};

use erp::Tryton;

/// A host before a Tryton of its own, with one connection `erp`.
struct Shop {
    client: Client,
    tryton: Tryton,
    folder: Folder,
    _host: Process,
}

impl Shop {
    fn open() -> Self {
        Self::before(Tryton::start(&[]).unwrap())
    }

    fn before(tryton: Tryton) -> Self {
        let address = tryton.address().to_owned();
        Self::at(tryton, &address, "")
    }

    /// The same with Tryton seen at another address, and with more settings.
    fn at(tryton: Tryton, address: &str, settings: &str) -> Self {
        let folder = Folder::new().unwrap();
        folder.install("tryton").unwrap();
        for (file, secret) in [("user", tryton.user()), ("password", tryton.password())] {
            std::fs::write(folder.path().join("connections").join(format!("tryton-{file}")), secret).unwrap();
        }
        let text = format!(
            r#"connector = "tryton"
base_url = "{address}{database}/"
auth = {{ kind = "session" }}
grants = {{ private_network = true }}
secrets = {{ user = {{ file = "tryton-user" }}, password = {{ file = "tryton-password" }} }}

[settings]
default_warehouse = "WH"
units = {{ EA = "u" }}
{settings}
"#,
            database = tryton.database()
        );
        folder.connection("erp", &text).unwrap();
        let (host, client) = folder.serve().unwrap();
        Self { client, tryton, folder, _host: host }
    }

    async fn ask(&self, what: &str, lines: &[Value]) -> Vec<Value> {
        let path = format!("/v1/connections/erp/{what}:query");
        let answer = self.client.post(&path, &json!({ "lines": lines })).await.unwrap();
        assert_eq!(answer.status, 200, "{} {}", answer.text, self.log());
        answer.body["lines"].as_array().unwrap().clone()
    }

    async fn order(&self, key: &str, order: &Value) -> Answer {
        let answer = self.client.order("erp", key, order).await.unwrap();
        assert!(matches!(answer.status, 200 | 202), "{}", answer.text);
        answer
    }

    /// The job of an answer, once it has come to an end.
    async fn settled(&self, accepted: &Answer) -> Value {
        let path = format!("/v1/jobs/{}", accepted.body["id"].as_str().unwrap());
        eventually("the end of the job", async || {
            let job = self.client.get(&path).await.unwrap().body;
            matches!(job["state"].as_str(), Some("done" | "parked")).then_some(job)
        })
        .await
    }

    /// Sends an order and waits until Tryton has it.
    async fn deliver(&self, key: &str, order: &Value) -> Value {
        let job = self.settled(&self.order(key, order).await).await;
        assert_eq!((&job["state"], &job["outcome"]), (&json!("done"), &json!("ok")), "{job} {}", self.log());
        job
    }

    /// The end of the host's log, for a test that fails.
    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("host.log")).unwrap_or_default();
        log.lines().rev().take(8).collect::<Vec<_>>().join("\n")
    }
}

/// Asks again until `found` says yes.
async fn eventually<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(value) = found().await {
            return value;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what} did not come in time");
}

fn line(product: &str, quantity: &str, unit: &str) -> Value {
    json!({ "line": "1", "product": product, "quantity": { "value": quantity, "unit": unit } })
}

fn order(reference: &str, customer: &str, lines: &[Value]) -> Value {
    json!({ "kind": "order", "reference": reference, "customer": customer, "lines": lines })
}
