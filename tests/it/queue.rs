//! What the operator sees and does: parked documents, causes, batches, schedules, pauses.

use http::Method;
use serde_json::{Value, json};

use super::eventually;
use apiconnect_tests::world::{Answer, Client, Folder, Process};

/// A host with the connector that creates everything at once.
struct Desk {
    folder: Folder,
    client: Client,
    _host: Process,
}

const CONNECTION: &str = "connector = \"noop\"\nbase_url = \"http://127.0.0.1:9\"\n";

impl Desk {
    fn open(more: &str) -> Self {
        let folder = Folder::new().unwrap();
        folder.install("noop").unwrap();
        folder.connection("erp", &format!("{CONNECTION}{more}")).unwrap();
        let (host, client) = folder.serve().unwrap();
        Self { folder, client, _host: host }
    }

    async fn submit(&self, reference: &str, customer: &str, product: &str, query: &str) -> Answer {
        let headers = [("idempotency-key", reference), ("prefer", "wait=20")];
        let path = format!("/v1/connections/erp/orders{query}");
        let body = order(reference, customer, product).to_string();
        self.client.send(Method::POST, &path, &headers, body.into()).await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        self.client.get(path).await.unwrap().body
    }

    async fn act(&self, path: &str) -> Answer {
        self.client.send(Method::POST, path, &[], "".into()).await.unwrap()
    }

    async fn wait_done(&self, job: &Value) -> Value {
        let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
        eventually("the job being done", async || {
            let job = self.get(&path).await;
            (job["state"] == "done").then_some(job)
        })
        .await
    }
}

fn order(reference: &str, customer: &str, product: &str) -> Value {
    json!({ "kind": "order", "reference": reference, "customer": customer,
        "lines": [{ "line": "1", "product": product, "quantity": { "value": "1", "unit": "EA" } }] })
}

#[tokio::test]
async fn poisoned_documents_hold_nobody_up_and_are_grouped_by_cause() {
    let desk = Desk::open("");
    for number in 0..3 {
        let answer = desk.submit(&format!("BAD-{number}"), &format!("C{number}"), "invalid", "").await;
        assert_eq!((&answer.body["state"], &answer.body["outcome"]), (&json!("parked"), &json!("rejected")));
    }
    let trapped = desk.submit("TRAP-1", "C9", "trap", "").await.body;
    assert_eq!((&trapped["state"], &trapped["reason"]["kind"]), (&json!("parked"), &json!("connector")), "{trapped}");
    assert_eq!(trapped["crashes"], 3);
    let said = trapped["reason"]["text"].as_str().unwrap();
    assert!(said.contains("noop 0.1.0") && said.contains("crashed over TRAP-1 on request"), "{said}");
    // Behind them, on the same key and on others.
    for (reference, customer) in [("WEB-1", "C0"), ("WEB-2", "C9"), ("WEB-3", "C50")] {
        assert_eq!(desk.submit(reference, customer, "A1", "").await.body["outcome"], "ok");
    }
    let causes = desk.get("/v1/causes").await;
    let (first, second) = (&causes["items"][0], &causes["items"][1]);
    assert_eq!((&first["jobs"], &first["kind"]), (&json!(3), &json!("rejected")), "{causes}");
    assert_eq!((&second["jobs"], causes["items"].as_array().unwrap().len()), (&json!(1), 2));
    let cause = first["cause"].as_str().unwrap();
    let jobs = desk.get(&format!("/v1/jobs?cause={cause}&limit=2")).await;
    assert_eq!(jobs["items"].as_array().unwrap().len(), 2);
    let rest = desk.get(&format!("/v1/jobs?cause={cause}&cursor={}", jobs["next"].as_str().unwrap())).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    let swept = desk.act(&format!("/v1/causes/{cause}:cancel")).await.body;
    assert_eq!(swept, json!({ "changed": 3, "refused": 0 }));
    let gone = desk.act(&format!("/v1/causes/{cause}:retry")).await;
    assert_eq!((gone.status, &gone.body["code"]), (404, &json!("unknown_cause")));
}

#[tokio::test]
async fn a_stuck_document_is_found_changed_and_goes_through() {
    let desk = Desk::open("");
    let parked = desk.submit("WEB-77", "C77", "invalid", "").await.body;
    let id = parked["id"].as_str().unwrap();
    for text in ["WEB-77", "C77", &id[..20]] {
        let found = desk.get(&format!("/v1/jobs?text={text}")).await;
        assert_eq!(found["items"][0]["id"], parked["id"], "{text}");
    }
    let wrong = desk.client.send(Method::PUT, &format!("/v1/jobs/{id}/document"), &[], "{}".into()).await.unwrap();
    assert_eq!((wrong.status, &wrong.body["code"]), (422, &json!("invalid_document")));
    let body = order("WEB-77", "C78", "A1").to_string();
    let edited = desk.client.send(Method::PUT, &format!("/v1/jobs/{id}/document"), &[], body.into()).await.unwrap();
    assert_eq!((edited.status, &edited.body["edits"], &edited.body["customer"]), (200, &json!(1), &json!("C78")));
    let done = desk.wait_done(&parked).await;
    assert_eq!((&done["outcome"], &done["ids"]["id"]), (&json!("ok"), &json!("WEB-77")));
    assert_eq!(desk.get(&format!("/v1/jobs/{id}/document")).await["lines"][0]["product"], "A1");
    // The key still stands for what it was made for.
    let replay = desk.submit("WEB-77", "C77", "invalid", "").await;
    assert_eq!((&replay.body["id"], replay.headers.contains_key("idempotency-replayed")), (&parked["id"], true));
    let late = order("WEB-77", "C78", "A2").to_string();
    let late = desk.client.send(Method::PUT, &format!("/v1/jobs/{id}/document"), &[], late.into()).await.unwrap();
    assert_eq!((late.status, &late.body["code"]), (409, &json!("job_state")));
}

#[tokio::test]
async fn documents_without_a_mapping_go_on_by_themselves_once_there_is_one() {
    let desk = Desk::open("");
    let mut parked = Vec::new();
    for number in 0..5 {
        let job = desk.submit(&format!("WEB-{number}"), &format!("C{number}"), "unmapped", "").await.body;
        assert_eq!(job["reason"]["kind"], "needs_mapping", "{job}");
        parked.push(job);
    }
    desk.folder.connection("erp", &format!("{CONNECTION}settings = {{ mapped = true }}\n")).unwrap();
    for job in &parked {
        assert_eq!(desk.wait_done(job).await["outcome"], "ok");
    }
    assert_eq!(desk.get("/v1/causes").await["items"], json!([]));
}

#[tokio::test]
async fn many_documents_come_in_one_request_and_each_has_its_answer() {
    let desk = Desk::open("delivery = { batch = { documents = 50, wait_ms = 20 } }\n");
    let line = |number: usize, product: &str| {
        let order = order(&format!("BULK-{number}"), &format!("C{}", number % 100), product);
        json!({ "connection": "erp", "idempotency_key": format!("bulk-{number}"), "order": order }).to_string()
    };
    let mut lines: Vec<String> =
        (0..600).map(|number| line(number, if number == 7 { "invalid" } else { "A1" })).collect();
    lines.push(line(3, "A1"));
    lines.push("{\"connection\":\"erp\"}".to_owned());
    lines.push(line(3, "A2"));
    lines.push(line(700, "A1").replace("\"erp\"", "\"nope\""));
    let body = lines.join("\n\n") + "\n";
    let answer = desk.client.send(Method::POST, "/v1/bulk", &[], body.into()).await.unwrap();
    assert_eq!((answer.status, &answer.headers["content-type"]), (200, &"application/x-ndjson".parse().unwrap()));
    let told: Vec<Value> = answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 604);
    assert!(told.iter().enumerate().all(|(at, result)| result["line"] == at + 1));
    assert!(told[..600].iter().all(|result| result["status"] == 202 && result["replayed"] == false));
    assert_eq!((&told[600]["replayed"], &told[600]["job"]), (&json!(true), &told[3]["job"]));
    let codes: Vec<&str> = told[601..].iter().map(|result| result["error"]["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["invalid_document", "idempotency_key_reused", "unknown_connection"]);
    eventually("all of them arriving", async || {
        let view = desk.get("/v1/connections/erp").await;
        (view["waiting"] == 0).then_some(())
    })
    .await;
    let parked = desk.get("/v1/jobs?state=parked").await;
    assert_eq!((parked["items"].as_array().unwrap().len(), &parked["items"][0]["reference"]), (1, &json!("BULK-7")));
    let metrics = desk.client.with_key(None).get("/metrics").await.unwrap().text;
    let attempts: u64 = metrics
        .lines()
        .filter(|line| line.starts_with("apiconnect_attempts_total"))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(attempts, 600, "each document was sent once");
    assert!(metrics.contains("apiconnect_jobs{connection=\"erp\",lane=\"bulk\",state=\"done\"} 599"), "{metrics}");
}

#[tokio::test]
async fn a_document_for_later_waits_alone_and_priority_counts() {
    let desk = Desk::open("limits = { parallel = { orders = 1 } }\n");
    desk.act("/v1/connections/erp:pause").await;
    let submit = async |reference: &str, query: &str| {
        let path = format!("/v1/connections/erp/orders{query}");
        let body = order(reference, reference, "A1").to_string();
        desk.client.send(Method::POST, &path, &[("idempotency-key", reference)], body.into()).await.unwrap()
    };
    for (reference, query) in [("LATE", "?priority=9"), ("USUAL", ""), ("URGENT", "?priority=0")] {
        assert_eq!(submit(reference, query).await.status, 202);
    }
    let later = submit("TOMORROW", "?not_before=2199-01-01T00:00:00Z").await;
    assert_eq!(later.status, 202);
    let view = desk.get("/v1/connections/erp").await;
    assert_eq!((&view["paused"], &view["waiting"]), (&json!(true), &json!(4)));
    desk.act("/v1/connections/erp:resume").await;
    eventually("three of them arriving", async || {
        (desk.get("/v1/connections/erp").await["waiting"] == 1).then_some(())
    })
    .await;
    let done = desk.get("/v1/jobs?state=done").await;
    let mut sent: Vec<(u64, &str)> = done["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| (job["attempts"][0]["started"].as_u64().unwrap(), job["reference"].as_str().unwrap()))
        .collect();
    sent.sort_unstable();
    let order: Vec<&str> = sent.into_iter().map(|(_, reference)| reference).collect();
    assert_eq!(order, ["URGENT", "USUAL", "LATE"]);
    for (query, field) in [("?priority=10", "priority"), ("?not_before=tomorrow", "not_before"), ("?lane=sync", "lane")]
    {
        let refused = submit("X", query).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!(field)), "{}", refused.text);
    }
    let now = desk.act(&format!("/v1/jobs/{}:retry", later.body["id"].as_str().unwrap())).await;
    assert_eq!(now.status, 200);
    assert_eq!(desk.wait_done(&later.body).await["outcome"], "ok");
}

#[tokio::test]
async fn a_pause_and_a_schedule_outlive_the_host() {
    let folder = Folder::new().unwrap();
    folder.install("noop").unwrap();
    folder.connection("erp", CONNECTION).unwrap();
    let (host, client) = folder.serve().unwrap();
    let rule = json!({ "cron": "* * * * *", "connection": "erp", "operation": "connector.check" });
    let put = async |client: &Client, name: &str, rule: &Value| {
        client.send(Method::PUT, &format!("/v1/schedules/{name}"), &[], rule.to_string().into()).await.unwrap()
    };
    let made = put(&client, "heartbeat", &rule).await;
    assert_eq!((made.status, &made.body["enabled"]), (200, &json!(true)), "{}", made.text);
    for (change, code) in [
        (json!({ "cron": "every day" }), "invalid_schedule"),
        (json!({ "connection": "nope" }), "unknown_connection"),
        (json!({ "operation": "orders.submit" }), "invalid_schedule"),
        (json!({ "operation": "orders.submit", "document": order("FIXED", "C1", "A1") }), "invalid_schedule"),
    ] {
        let mut wrong = rule.clone();
        wrong.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(put(&client, "wrong", &wrong).await.body["code"], code, "{wrong}");
    }
    client.send(Method::POST, "/v1/connections/erp:pause", &[], "".into()).await.unwrap();
    host.kill().unwrap();
    let (_host, client) = folder.serve().unwrap();
    assert_eq!(client.get("/v1/connections/erp").await.unwrap().body["paused"], true);
    let kept = client.get("/v1/schedules").await.unwrap().body;
    assert_eq!((&kept["items"][0]["name"], &kept["items"][0]["cron"]), (&json!("heartbeat"), &json!("* * * * *")));
    assert!(kept["items"][0]["next_at"].as_u64() >= made.body["next_at"].as_u64());
    let gone = client.send(Method::DELETE, "/v1/schedules/heartbeat", &[], "".into()).await.unwrap();
    assert_eq!(gone.status, 204);
    let gone = client.send(Method::DELETE, "/v1/schedules/heartbeat", &[], "".into()).await.unwrap();
    assert_eq!((gone.status, &gone.body["code"]), (404, &json!("unknown_schedule")));
}
