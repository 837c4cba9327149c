//! Documents whose connector fails in the worst way: their records stay small and right, and the host goes on.

use http::Method;
use serde_json::Value;

use super::{Yard, eventually, order};

impl Yard {
    async fn submit(&self, reference: &str, customer: &str, deed: &str) -> Value {
        let headers = [("idempotency-key", reference)];
        let body = order(reference, customer, deed).to_string();
        let path = "/v1/connections/harm/orders";
        let answer = self.client.send(Method::POST, path, &headers, body.into()).await.unwrap();
        assert_eq!(answer.status, 202, "{}", answer.text);
        answer.body
    }

    async fn ended(&self, job: &Value) -> Value {
        let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
        eventually("the job ending", async || {
            let job = self.client.get(&path).await.unwrap();
            assert!(job.text.len() < 256 << 10, "the record has {} bytes", job.text.len());
            matches!(job.body["state"].as_str(), Some("done" | "parked")).then_some(job.body)
        })
        .await
    }
}

const PATIENCE: &str = "delivery = { attempts = 2, crashes = 2, settle_ms = 1, lookups = 1 }";

#[tokio::test]
async fn a_document_over_which_a_connector_fails_is_parked_with_a_short_reason() {
    let yard = Yard::with(PATIENCE).await;
    let deeds = [
        // The deed of the send, and of the look-up.
        ("panic", "c"),
        ("memory", "c"),
        ("error-long", "c"),
        ("error-many", "c"),
        ("ids-huge", "c"),
        ("pending-huge", "c"),
        ("duplicate-huge", "c"),
        ("sent-panic", "panic"),
        ("sent-panic", "ids-huge"),
        ("sent-panic", "ids-many"),
        ("sent-panic", "error-long"),
    ];
    let mut jobs = Vec::new();
    for (number, (deed, look_up)) in deeds.into_iter().enumerate() {
        jobs.push(yard.submit(&format!("H-{number}"), look_up, deed).await);
    }
    for (job, (deed, look_up)) in jobs.iter().zip(deeds) {
        let ended = yard.ended(job).await;
        assert_eq!(ended["state"], "parked", "{deed} {look_up}: {ended}");
        let text = ended["reason"]["text"].as_str().unwrap_or_default();
        assert!(text.len() <= 16 << 10, "{deed} {look_up}: {} bytes", text.len());
    }
    let good = yard.submit("H-good", "c", "good").await;
    assert_eq!(yard.ended(&good).await["outcome"], "ok", "the queue goes on");
    let found = yard.submit("H-found", "found", "sent-panic").await;
    let found = yard.ended(&found).await;
    assert_eq!((&found["outcome"], &found["ids"]["id"]), (&"ok".into(), &"H-found".into()), "{found}");
}

#[tokio::test]
async fn a_batch_is_no_way_around_it() {
    let yard = Yard::with(&format!("{PATIENCE}\nlimits = {{ parallel = {{ orders = 1 }} }}")).await;
    let mut jobs = Vec::new();
    for (number, deed) in ["ids-huge", "error-long", "good", "duplicate-huge"].into_iter().enumerate() {
        jobs.push((deed, yard.submit(&format!("B-{number}"), "c", deed).await));
    }
    for (deed, job) in jobs {
        let ended = yard.ended(&job).await;
        assert_eq!(ended["state"] == "done", deed == "good", "{deed}: {ended}");
    }
}
