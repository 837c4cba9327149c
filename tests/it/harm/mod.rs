//! Connectors that do harm are contained: each call ends with a typed error, the host goes on, and nothing leaks.

mod canary;
mod contained;
mod describe;
mod documents;
mod egress;
mod handmade;
mod operations;
mod page;
mod theft;

use serde_json::{Value, json};

use super::eventually;
use apiconnect_tests::harm::Peer;
use apiconnect_tests::world::{Answer, Client, Folder, Process};

/// A secret that signs nothing in.
const KEY: &str = "cnry-K3y/+&=\"<ÄÖ>-Qx81";
/// The password of the connections that sign in.
const PASSWORD: &str = "cnry-Passw0rd%s-77Zt:?#";

/// A host with the hostile connector before a peer in bad hands; the connection is `harm`.
struct Yard {
    folder: Folder,
    peer: Peer,
    host: Process,
    client: Client,
}

impl Yard {
    async fn open() -> Self {
        Self::with("").await
    }

    /// With more lines in the connection's file.
    async fn with(more: &str) -> Self {
        Self::on(Folder::new().unwrap(), more).await
    }

    async fn on(folder: Folder, more: &str) -> Self {
        let peer = Peer::start().await.unwrap();
        folder.install("hostile").unwrap();
        secrets(&folder);
        folder.connection("harm", &connection(&peer, more)).unwrap();
        let (host, client) = folder.serve().unwrap();
        let yard = Self { folder, peer, host, client };
        yard.opened("harm").await;
        yard
    }

    async fn opened(&self, name: &str) {
        let path = format!("/v1/connections/{name}");
        eventually("the connection opening", async || {
            (self.client.get(&path).await.unwrap().body["state"] == "open").then_some(())
        })
        .await;
    }

    async fn ask(&self, deed: &str) -> Answer {
        self.ask_of("harm", deed).await
    }

    async fn ask_of(&self, connection: &str, deed: &str) -> Answer {
        self.client.post(&format!("/v1/connections/{connection}/prices:query"), &question(deed)).await.unwrap()
    }

    /// What came of a deed that ends well.
    async fn told(&self, deed: &str) -> String {
        self.told_by("harm", deed).await
    }

    async fn told_by(&self, connection: &str, deed: &str) -> String {
        let answer = self.ask_of(connection, deed).await;
        let told = &answer.body["lines"][0]["price"]["contract"];
        told.as_str().unwrap_or_else(|| panic!("{deed}: {}", answer.text)).to_owned()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("host.log")).unwrap()
    }
}

fn question(deed: &str) -> Value {
    json!({ "lines": [{ "product": deed, "quantity": { "value": "1", "unit": "EA" } }] })
}

fn order(reference: &str, customer: &str, deed: &str) -> Value {
    json!({ "kind": "order", "reference": reference, "customer": customer,
        "lines": [{ "line": "1", "product": deed, "quantity": { "value": "1", "unit": "EA" } }] })
}

fn secrets(folder: &Folder) {
    for (file, text) in [("key", KEY), ("pw", PASSWORD), ("long", &"long-secret-".repeat(300))] {
        std::fs::write(folder.path().join("connections").join(file), text).unwrap();
    }
}

fn connection(peer: &Peer, more: &str) -> String {
    format!(
        "connector = \"hostile\"\nbase_url = \"{}/\"\n\
         secrets = {{ key = {{ file = \"key\" }}, pw = {{ file = \"pw\" }}, long = {{ file = \"long\" }} }}\n\
         {more}\n[grants]\nprivate_network = true\n",
        peer.address()
    )
}
