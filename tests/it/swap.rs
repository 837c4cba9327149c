//! Connectors and connections change while the shop is open.

use serde_json::json;

use super::{Shop, eventually};

#[tokio::test]
async fn a_connection_is_taken_up_changed_and_taken_away_while_the_host_runs() {
    let shop = Shop::open();
    let status = async |name: &str| shop.client.get(&format!("/v1/connections/{name}")).await.unwrap().status;
    assert_eq!(status("second").await, 404);
    shop.folder.business_one("second", &shop.erp.address()).unwrap();
    eventually("the new file being taken up", async || (status("second").await == 200).then_some(())).await;
    // A mistake in a changed file leaves the connection as it was, and is told.
    shop.folder.connection("second", "connector = \"sap-business-one\"\nbase_ulr = \"x\"\n").unwrap();
    let problem = eventually("the mistake being told", async || {
        let list = shop.client.get("/v1/connections").await.unwrap().body;
        list["items"][1]["problem"].as_str().map(str::to_owned)
    })
    .await;
    assert!(problem.contains("did you mean `base_url`?"), "{problem}");
    assert_eq!(status("second").await, 200);
    std::fs::remove_file(shop.folder.path().join("connections/second.toml")).unwrap();
    eventually("the connection going", async || (status("second").await == 404).then_some(())).await;
}

#[tokio::test]
async fn settings_that_the_connector_does_not_know_are_told_with_their_place() {
    let shop = Shop::open();
    let text =
        "connector = \"sap-business-one\"\nbase_url = \"http://127.0.0.1:9/\"\nsettings = { company_bd = \"x\" }\n";
    shop.folder.connection("wrong", text).unwrap();
    let problem = eventually("the file being read", async || {
        let list = shop.client.get("/v1/connections").await.unwrap().body;
        let wrong = list["items"].as_array().unwrap().iter().find(|item| item["name"] == "wrong").cloned();
        wrong.and_then(|item| item["problem"].as_str().map(str::to_owned))
    })
    .await;
    assert!(problem.contains("[settings]") && problem.contains("company_bd"), "{problem}");
    assert_eq!(json!(shop.client.get("/v1/connections/wrong").await.unwrap().status), 503);
}
