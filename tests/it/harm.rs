//! A connector that does harm is contained: its call ends with a typed error, and others go on.

use serde_json::json;

use super::{Shop, eventually};

async fn shop() -> Shop {
    let shop = Shop::open();
    shop.folder.install("hostile").unwrap();
    let text = "connector = \"hostile\"\nbase_url = \"http://127.0.0.1:9\"\ngrants = { private_network = true }\n";
    shop.folder.connection("harm", text).unwrap();
    eventually("the connection opening", async || {
        (shop.client.get("/v1/connections/harm").await.unwrap().status == 200).then_some(())
    })
    .await;
    shop
}

fn ask(product: &str) -> serde_json::Value {
    json!({ "lines": [{ "product": product, "quantity": { "value": "1", "unit": "EA" } }] })
}

#[tokio::test]
async fn every_kind_of_harm_is_contained() {
    let shop = shop().await;
    let expected = [
        ("good", 200, ""),
        ("spin", 502, "connector_failed"),
        ("memory", 502, "connector_failed"),
        ("recurse", 502, "connector_failed"),
        ("trap", 502, "connector_failed"),
        ("short", 502, "connector_failed"),
        ("decimal", 502, "connector_failed"),
        ("requests", 502, "connector_failed"),
        ("log", 200, ""),
        ("good", 200, ""),
    ];
    for (product, status, code) in expected {
        let answer = shop.client.post("/v1/connections/harm/prices:query", &ask(product)).await.unwrap();
        assert_eq!(answer.status, status, "{product}: {}", answer.text);
        assert_eq!(answer.body["code"].as_str().unwrap_or_default(), code, "{product}: {}", answer.text);
        // A panic's text names files of the connector; that is for the log.
        assert!(!answer.text.contains("src/lib.rs"), "{product}: {}", answer.text);
    }
    let log = std::fs::read_to_string(shop.folder.path().join("host.log")).unwrap();
    assert!(log.contains("on request"), "the operator sees why it trapped");
    assert!(log.matches("again").count() <= 200, "log lines of one call are bounded");
}

#[tokio::test]
async fn a_host_that_was_not_granted_is_not_reached() {
    let shop = shop().await;
    let answer = shop.client.post("/v1/connections/harm/prices:query", &ask("elsewhere")).await.unwrap();
    assert!(answer.status >= 500 && answer.text.contains("169.254.169.254"), "{}", answer.text);
    assert!(answer.text.contains("grant"), "it says what to do: {}", answer.text);
}

#[tokio::test]
async fn a_spinning_connector_does_not_hold_the_others() {
    let shop = shop().await;
    let spinning: Vec<_> = (0..4)
        .map(|_| {
            let client = shop.client.clone();
            tokio::spawn(async move { client.post("/v1/connections/harm/prices:query", &ask("spin")).await })
        })
        .collect();
    let question = json!({ "lines": [{ "product": "A1000", "customer": "C20000",
        "quantity": { "value": "1", "unit": "EA" } }] });
    for _ in 0..5 {
        let answer = shop.client.post("/v1/connections/erp/prices:query", &question).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    for call in spinning {
        assert_eq!(call.await.unwrap().unwrap().status, 502);
    }
}
