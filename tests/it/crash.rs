//! A connector that crashes tells its vendor where: the panic's text and the functions it was in.

use apiconnect_tests::world::{Client, Folder, Process};
use serde_json::json;

use super::eventually;
use super::versions::{Shelf, ask};

#[tokio::test]
async fn the_log_says_which_version_crashed_where_and_its_last_words() {
    let shelf = Shelf::open();
    let answer = shelf.client.post("/v1/connections/v/prices:query", &ask("trap")).await.unwrap();
    assert_eq!(answer.status, 502, "{}", answer.text);
    assert!(!answer.text.contains("deep_trouble"), "it is the operator's, not the caller's: {}", answer.text);
    let log = std::fs::read_to_string(shelf.folder.path().join("host.log")).unwrap();
    for part in ["versioned 1.0.0: ", "at versioned::deep_trouble", "version 1.0.0 crashed on request"] {
        assert!(log.contains(part), "{part} is missing: {log}");
    }
    assert!(!log.contains("at core::panicking"), "the panic's own way is left out: {log}");
}

#[tokio::test]
async fn a_job_keeps_the_whole_story_within_bounds() {
    let folder = Folder::new().unwrap();
    folder.install("noop").unwrap();
    let text = "connector = \"noop\"\nbase_url = \"http://127.0.0.1:9\"\n[delivery]\ncrashes = 1\n";
    folder.connection("n", text).unwrap();
    let key = folder.admin_key().unwrap();
    let host = Process::host(folder.path(), 0).unwrap();
    let client = Client::new(host.address(), Some(&key));
    let order = json!({ "kind": "order", "reference": "CRASH-1", "customer": "C1",
        "lines": [{ "line": "1", "product": "trap", "quantity": { "value": "2", "unit": "EA" } }] });
    let accepted = client.order("n", "k1", &order).await.unwrap();
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    let path = format!("/v1/jobs/{}", accepted.body["id"].as_str().unwrap());
    let job = eventually("the job being parked", async || {
        let job = client.get(&path).await.unwrap();
        (job.body["state"] == "parked").then_some(job)
    })
    .await;
    for part in ["noop 0.1.0: ", "at noop::trap", "crashed over CRASH-1 on request"] {
        assert!(job.text.contains(part), "{part} is missing: {}", job.text);
    }
    assert!(job.text.len() < 64 << 10, "{} bytes", job.text.len());
}
