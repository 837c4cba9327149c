//! Orders through the queue.

use http::Method;
use serde_json::{Value, json};

use super::{Shop, eventually};
use apiconnect_tests::sim::business_one::Faults;
use apiconnect_tests::world::{Answer, Client, Process};

fn order(reference: &str, customer: &str) -> Value {
    json!({ "kind": "order", "reference": reference, "customer": customer,
        "lines": [{ "line": "1", "product": "A1000", "quantity": { "value": "2", "unit": "EA" } }] })
}

impl Shop {
    async fn submit_and_wait(&self, key: &str, order: &Value) -> Answer {
        let headers = [("idempotency-key", key), ("prefer", "wait=20")];
        let body = order.to_string().into();
        self.client.send(Method::POST, "/v1/connections/erp/orders", &headers, body).await.unwrap()
    }
}

#[tokio::test]
async fn the_same_key_and_document_never_make_a_second_order() {
    let shop = Shop::open();
    let first = shop.submit_and_wait("key-1", &order("WEB-1", "C20000")).await;
    assert_eq!((first.status, &first.body["outcome"]), (200, &json!("ok")), "{}", first.text);
    assert_eq!(first.body["ids"]["number"], "5001");
    // The same document written another way is the same document.
    let again = r#"{ "lines":[{"product":"A1000","line":"1","quantity":{"unit":"EA","value":"2"}}],
        "customer":"C20000", "reference":"WEB-1", "kind":"order" }"#;
    let headers = [("idempotency-key", "key-1")];
    let replay = shop.client.send(Method::POST, "/v1/connections/erp/orders", &headers, again.into()).await.unwrap();
    assert_eq!((replay.status, &replay.body["id"]), (200, &first.body["id"]));
    assert_eq!(replay.headers["idempotency-replayed"], "true");
    let other = shop.client.order("erp", "key-1", &order("WEB-2", "C20000")).await.unwrap();
    assert_eq!((other.status, &other.body["code"]), (422, &json!("idempotency_key_reused")));
    assert_eq!(shop.erp.orders().len(), 1);
    assert_eq!(shop.erp.orders()[0].lines, [("A1000".to_owned(), "2.0".to_owned())]);
}

#[tokio::test]
async fn an_order_whose_answer_was_cut_is_looked_up_and_not_sent_again() {
    let shop = Shop::open();
    shop.erp.set_faults(Faults { drop_after_create_next: 1, ..Faults::default() });
    let answer = shop.submit_and_wait("key-1", &order("WEB-1", "C20000")).await;
    assert_eq!(answer.body["outcome"], "ok", "{}", answer.text);
    let steps: Vec<&str> =
        answer.body["attempts"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["send", "look_up"]);
    assert_eq!(shop.erp.orders().len(), 1);
}

#[tokio::test]
async fn an_order_that_was_cut_before_it_was_created_is_sent_again_after_empty_look_ups() {
    let shop = Shop::open();
    shop.erp.set_faults(Faults { drop_before_create_next: 1, ..Faults::default() });
    let answer = shop.submit_and_wait("key-1", &order("WEB-1", "C20000")).await;
    assert_eq!(answer.body["outcome"], "ok", "{}", answer.text);
    let steps: Vec<&str> =
        answer.body["attempts"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["send", "look_up", "look_up", "send"]);
    assert_eq!(shop.erp.orders().len(), 1);
}

#[tokio::test]
async fn a_business_no_is_parked_with_its_reason_and_does_not_hold_others() {
    let shop = Shop::open();
    let refused = shop.submit_and_wait("key-1", &order("WEB-1", "C99000")).await;
    let (state, outcome) = (&refused.body["state"], &refused.body["outcome"]);
    assert_eq!((refused.status, state, outcome), (202, &json!("parked"), &json!("rejected")), "{}", refused.text);
    assert!(refused.body["reason"]["text"].as_str().unwrap().len() > 10);
    assert_eq!(shop.submit_and_wait("key-2", &order("WEB-2", "C20000")).await.body["outcome"], "ok");
    let id = refused.body["id"].as_str().unwrap();
    let cancelled = shop.client.post(&format!("/v1/jobs/{id}:cancel"), &json!({})).await.unwrap();
    assert_eq!((&cancelled.body["state"], &cancelled.body["outcome"]), (&json!("done"), &json!("cancelled")));
    let again = shop.client.post(&format!("/v1/jobs/{id}:retry"), &json!({})).await.unwrap();
    assert_eq!((again.status, &again.body["code"]), (409, &json!("job_state")));
    let document = shop.client.get(&format!("/v1/jobs/{id}/document")).await.unwrap();
    assert_eq!(document.body["reference"], "WEB-1");
}

#[tokio::test]
async fn orders_wait_for_an_erp_that_is_down_and_outlive_the_host() {
    let shop = Shop::open();
    shop.erp.set_faults(Faults { down: true, ..Faults::default() });
    for number in 1..=3 {
        let answer =
            shop.client.order("erp", &format!("key-{number}"), &order(&format!("WEB-{number}"), "C20000")).await;
        assert_eq!(answer.unwrap().status, 202);
    }
    let (folder, erp, key) = (shop.folder, shop.erp, shop.key);
    shop.host.kill().unwrap();
    let host = Process::host(folder.path(), 0).unwrap();
    let client = Client::new(host.address(), Some(&key));
    eventually("the system being found away", async || {
        let view = client.get("/v1/connections/erp").await.unwrap().body;
        (view["waiting"] == 3 && view["away_until"].is_number()).then_some(())
    })
    .await;
    erp.set_faults(Faults::default());
    eventually("all orders arriving", async || {
        let jobs = client.get("/v1/jobs?state=done").await.unwrap().body;
        (jobs["items"].as_array().unwrap().len() == 3).then_some(())
    })
    .await;
    // One customer's orders go one after the other.
    let references: Vec<_> = erp.orders().into_iter().map(|order| order.num_at_card.unwrap()).collect();
    assert_eq!(references, ["WEB-1", "WEB-2", "WEB-3"]);
    drop(host);
}
