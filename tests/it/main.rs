//! The host as its users meet it: over HTTP, with files in folders, before a simulated ERP.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test that meets something unexpected has to stop"
)]

mod commerce;
mod conformance;
mod contract;
mod crash;
mod documents;
mod errors;
mod frozen;
mod golden;
mod guide;
mod harm;
mod house;
mod live;
mod plugin_command;
mod queue;
mod recordings;
mod signed;
mod store;
mod swap;
mod vendor_kit;
mod vendor_signing;
mod versions;

use apiconnect_tests::sim::business_one::{BusinessOne, Seed, Simulator};
use apiconnect_tests::world::{Client, Folder, Process};

/// A host before the simulator of SAP Business One, with one connection `erp`.
struct Shop {
    folder: Folder,
    erp: Simulator,
    host: Process,
    client: Client,
    key: String,
}

impl Shop {
    fn open() -> Self {
        let folder = Folder::new().unwrap();
        let erp = BusinessOne::start(Seed::demo()).unwrap();
        folder.install("sap-business-one").unwrap();
        folder.business_one("erp", &erp.address()).unwrap();
        let key = folder.admin_key().unwrap();
        let host = Process::host(folder.path(), 0).unwrap();
        let client = Client::new(host.address(), Some(&key));
        Self { folder, erp, host, client, key }
    }
}

/// Asks again until `found` says yes.
async fn eventually<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..400 {
        if let Some(value) = found().await {
            return value;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{what} did not happen in time");
}
