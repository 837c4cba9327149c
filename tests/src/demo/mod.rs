//! The main job, shown once on a fresh folder: a live price, orders that outlive an ERP that is down and a host that is
//! killed, a connector replaced while prices are asked. Every figure is read from the ERP and the API.

mod swap;
mod timeline;

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::world::{Client, Folder, Process};
use timeline::Timeline;

const ORDERS: [(&str, &str); 3] = [("WEB-1", "C20000"), ("WEB-2", "C30000"), ("WEB-3", "C50000")];
/// How long the waiting orders may take once the ERP is back.
const ARRIVAL: Duration = Duration::from_secs(60);

/// Runs the demo; with `stay` it leaves host and ERP running until Ctrl-C.
///
/// # Errors
/// When a step does not do what it shows.
pub async fn run(stay: bool) -> anyhow::Result<()> {
    let mut timeline = Timeline::start("apiconnect: one store, one ERP, and what goes wrong between them");
    let folder = Folder::new()?;
    let state = folder.path().join("erp.jsonl");
    let erp = Process::business_one(&state, 0, &[])?;
    timeline.tell(&format!("an ERP runs at {} (a simulated SAP Business One)", erp.address()));
    folder.install("sap-business-one")?;
    folder.business_one("erp", erp.address())?;
    let key = folder.admin_key()?;
    let host = Process::host(folder.path(), 0)?;
    let client = Client::new(host.address(), Some(&key));
    timeline.tell(&format!("apiconnect runs at {}", host.address()));
    price(&client, &mut timeline).await?;

    let (erp_port, port) = (erp.port(), host.port());
    erp.kill()?;
    timeline.trouble("the ERP is stopped");
    submit(&client, &mut timeline).await?;
    host.kill()?;
    timeline.trouble("apiconnect is killed with SIGKILL");
    let host = Process::host(folder.path(), port)?;
    let waiting = client.get("/v1/connections/erp").await?.body["waiting"].clone();
    timeline.tell(&format!("apiconnect runs again and still has {waiting} orders to deliver"));
    let erp = Process::business_one(&state, erp_port, &["--drop-after-create", "1"])?;
    timeline.tell("the ERP is back");
    timeline.trouble("it will create one order and cut the connection before it answers");
    arrive(&client, &mut timeline).await?;
    let control = Client::new(erp.address(), None);
    verdict(&control, &mut timeline).await?;
    swap::run(&folder, &client, &mut timeline).await?;
    invite(host.address(), &key, stay, &mut timeline);
    if stay {
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}

async fn price(client: &Client, timeline: &mut Timeline) -> anyhow::Result<()> {
    let answer = client.post("/v1/connections/erp/prices:query", &question()).await?;
    ensure!(answer.status == 200, "no price: {}", answer.text);
    let line = &answer.body["lines"][0];
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).unwrap_or("?").to_owned();
    let (price, currency, source) = (text("/price/unit_price"), text("/price/currency"), text("/provenance/source"));
    let latency = &line["provenance"]["latency_ms"];
    timeline.tell(&format!("customer C30000 asks for 100 × A1001: {price} {currency} each ({source}, {latency} ms)"));
    Ok(())
}

fn question() -> Value {
    json!({ "lines": [{ "product": "A1001", "customer": "C30000", "quantity": { "value": "100", "unit": "EA" } }] })
}

async fn submit(client: &Client, timeline: &mut Timeline) -> anyhow::Result<()> {
    let mut statuses = Vec::new();
    for (reference, customer) in ORDERS {
        let order = json!({ "kind": "order", "reference": reference, "customer": customer,
            "lines": [{ "line": "1", "product": "A1000", "quantity": { "value": "2", "unit": "EA" } }] });
        let answer = client.order("erp", &format!("demo-{reference}"), &order).await?;
        ensure!(answer.status == 202, "{reference} was not accepted: {}", answer.text);
        statuses.push(answer.status.to_string());
    }
    timeline.tell(&format!("the store sends {} orders: {} (accepted, on disk)", statuses.len(), statuses.join(", ")));
    Ok(())
}

async fn arrive(client: &Client, timeline: &mut Timeline) -> anyhow::Result<()> {
    let deadline = tokio::time::Instant::now() + ARRIVAL;
    let mut told = Vec::new();
    while told.len() < ORDERS.len() {
        ensure!(tokio::time::Instant::now() < deadline, "the orders did not arrive in time");
        tokio::time::sleep(Duration::from_millis(50)).await;
        let jobs = client.get("/v1/jobs?state=done").await?.body;
        for job in jobs["items"].as_array().context("no jobs")? {
            if !told.contains(&job["id"]) {
                told.push(job["id"].clone());
                timeline.tell(&arrival(job));
            }
        }
    }
    Ok(())
}

/// One order's way, from its attempts.
fn arrival(job: &Value) -> String {
    let steps = job["attempts"].as_array().into_iter().flatten();
    let looked_up = steps.into_iter().filter(|step| step["step"] == "look_up").count();
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let how = match (looked_up, job["outcome"].as_str()) {
        (0, Some("ok")) => "is in the ERP",
        (_, Some("ok")) => "got no answer, was looked up, and is in the ERP",
        _ => "failed",
    };
    format!("{} {how} as number {}", text(&job["reference"]), text(&job["ids"]["number"]))
}

async fn verdict(control: &Client, timeline: &mut Timeline) -> anyhow::Result<()> {
    let state = control.get("/_sim/state").await?.body;
    let orders = state["orders"].as_array().context("no orders")?;
    let has = |reference: &str| orders.iter().filter(|order| order["num_at_card"] == reference).count();
    let lost = ORDERS.iter().filter(|(reference, _)| has(reference) == 0).count();
    let duplicated = ORDERS.iter().filter(|(reference, _)| has(reference) > 1).count();
    timeline.sum(&format!("{} orders in the ERP, {lost} lost, {duplicated} duplicated", orders.len()));
    ensure!(lost == 0 && duplicated == 0 && orders.len() == ORDERS.len(), "an order was lost or duplicated");
    Ok(())
}

fn invite(address: &str, key: &str, stay: bool, timeline: &mut Timeline) {
    timeline.blank();
    timeline.plain(&format!("API      {address}"));
    timeline.plain(&format!("Key      {key}"));
    timeline.plain(&format!(
        "Try      curl -s -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\\n           \
         {address}/v1/connections/erp/prices:query -d '{}'",
        question()
    ));
    let end = if stay {
        "Host and ERP keep running; Ctrl-C ends them."
    } else {
        "Host and ERP end now; `just demo --stay` leaves them running."
    };
    timeline.plain(&format!("\n{end}"));
}
