//! Every misdeed of a live question, and that nobody else notices.

use super::{Yard, eventually, question};
use apiconnect_tests::world::{Version, component};

/// What is asked, the status of the answer, its code, and a part of what is told.
const DEEDS: [(&str, u16, &str, &str); 41] = [
    ("good", 200, "", ""),
    ("spin", 502, "connector_failed", ""),
    ("spin-calls", 502, "connector_failed", ""),
    ("spin-sign", 504, "deadline", ""),
    ("recurse", 502, "connector_failed", ""),
    ("memory", 502, "connector_failed", ""),
    ("crumbs", 502, "connector_failed", ""),
    ("panic", 502, "connector_failed", ""),
    ("short", 502, "connector_failed", ""),
    ("decimal", 502, "connector_failed", ""),
    ("error-long", 502, "connector_failed", "eeee"),
    ("error-many", 422, "invalid_document", "pppp"),
    ("line-error-long", 200, "", "eeee"),
    ("huge-text", 502, "connector_failed", ""),
    ("huge-list", 502, "connector_failed", ""),
    ("control", 502, "connector_failed", "over 33554432 bytes"),
    ("deep", 502, "connector_failed", "nested deeper"),
    ("huge-native", 200, "", ""),
    ("log", 200, "", "done"),
    ("log-long", 200, "", "done"),
    ("log-fields", 200, "", "done"),
    ("headers", 200, "", "over 128 headers"),
    ("header-huge", 200, "", "over 65536 bytes"),
    ("requests", 200, "", "10000 of 10000 refused"),
    ("requests-loop", 200, "", "9488 of 10000 refused"),
    ("target-long", 200, "", "40 refused"),
    ("method-long", 200, "", "over 32 bytes"),
    ("body-huge", 200, "", "over 4194304 bytes"),
    ("fetch:large/8 6", 200, "", "50331648 bytes, none failed"),
    ("fetch:large/8 60", 502, "connector_failed", ""),
    ("fetch:large/9 1", 200, "", "Limit"),
    ("get:drip-head", 504, "deadline", ""),
    ("get:drip-body", 504, "deadline", ""),
    ("get:drip-informational", 504, "deadline", ""),
    ("get:silent", 504, "deadline", ""),
    ("get:endless", 503, "system_unavailable", "over 8388608 bytes"),
    ("get:headers-many", 503, "system_unavailable", "header section"),
    ("get:header-huge", 503, "system_unavailable", "header section"),
    ("state", 200, "", "20 of 200 kept"),
    ("claims", 200, "", "0 of 2000 held"),
    ("good", 200, "", ""),
];

#[tokio::test]
async fn every_kind_of_harm_is_contained() {
    let yard = Yard::open().await;
    yard.folder.connection("quick", &super::connection(&yard.peer, "limits = { timeout_ms = 700 }")).unwrap();
    yard.opened("quick").await;
    for (deed, status, code, part) in DEEDS {
        // Peers that fail open the circuit, which is the connection's own affair.
        let answer = eventually("the circuit letting a request go", async || {
            // What never ends has to end with the time of its connection.
            let answer = yard.ask_of(if status == 504 { "quick" } else { "harm" }, deed).await;
            (answer.status == status || !answer.text.contains("a moment ago")).then_some(answer)
        })
        .await;
        let text: String = answer.text.chars().take(400).collect();
        assert_eq!(answer.status, status, "{deed}: {text}");
        assert_eq!(answer.body["code"].as_str().unwrap_or_default(), code, "{deed}: {text}");
        assert!(answer.text.contains(part), "{deed}: {text}");
        assert!(deed == "huge-native" || answer.text.len() < 32 << 10, "{deed}: {} bytes", answer.text.len());
        // A panic's text names files of the connector; that is for the log.
        assert!(!answer.text.contains("src/"), "{deed}: {text}");
    }
    let log = yard.log();
    assert!(log.contains("on request"), "the operator sees why it trapped");
    assert!(log.matches("again").count() <= 200, "log lines of one call are bounded");
    assert!(log.contains("further lines of this call are left out"), "and that is told");
    assert!(log.lines().all(|line| line.len() < 80 << 10), "no line is long");
    let exchanges = yard.client.get("/v1/connections/harm/exchanges").await.unwrap();
    assert!(exchanges.text.len() < 512 << 10, "the log of exchanges has {} bytes", exchanges.text.len());
}

#[tokio::test]
async fn log_lines_of_a_connection_have_a_rate() {
    let yard = Yard::open().await;
    for _ in 0..12 {
        assert_eq!(yard.ask("log").await.status, 200);
    }
    let written = yard.log().matches("again").count();
    // Twelve calls may write 200 each; together they may write what the rate allows.
    assert!((1_000..2_000).contains(&written), "{written} lines");
    eventually("the missing lines being told", async || {
        assert_eq!(yard.ask("log").await.status, 200);
        yard.log().contains("left_out").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_spinning_connector_does_not_hold_the_others() {
    let yard = Yard::open().await;
    yard.folder.plugin("versioned.wasm", &Version::named("1.0.0").component().unwrap()).unwrap();
    yard.folder.connection("other", "connector = \"versioned\"\nbase_url = \"http://127.0.0.1:9\"\n").unwrap();
    yard.opened("other").await;
    let spinning: Vec<_> = (0..4)
        .map(|_| {
            let client = yard.client.clone();
            tokio::spawn(async move { client.post("/v1/connections/harm/prices:query", &question("spin")).await })
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(yard.ask_of("other", "A1").await.status, 200);
    }
    for call in spinning {
        let status = call.await.unwrap().unwrap().status;
        assert!(matches!(status, 502 | 504), "{status}");
    }
}

#[tokio::test]
async fn calls_that_hang_leave_sandboxes_to_other_connectors() {
    let yard = Yard::open().await;
    yard.folder.plugin("versioned.wasm", &Version::named("1.0.0").component().unwrap()).unwrap();
    yard.folder.connection("other", "connector = \"versioned\"\nbase_url = \"http://127.0.0.1:9\"\n").unwrap();
    let more = "limits = { timeout_ms = 6000, parallel = { live = 200 }, sockets = 64 }";
    for name in ["h1", "h2"] {
        yard.folder.connection(name, &super::connection(&yard.peer, more)).unwrap();
    }
    for name in ["other", "h1", "h2"] {
        yard.opened(name).await;
    }
    let hanging: Vec<_> = (0..400)
        .map(|n| {
            let (client, name) = (yard.client.clone(), if n % 2 == 0 { "h1" } else { "h2" });
            let path = format!("/v1/connections/{name}/prices:query");
            tokio::spawn(async move { client.post(&path, &question("get:silent")).await })
        })
        .collect();
    eventually("the peer being asked", async || (yard.peer.seen().len() >= 100).then_some(())).await;
    for _ in 0..20 {
        assert_eq!(yard.ask_of("other", "A1").await.status, 200);
    }
    for call in hanging {
        let answer = call.await.unwrap().unwrap();
        assert!(matches!(answer.status, 503 | 504), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_call_finds_nothing_of_another_one() {
    let yard = Yard::open().await;
    yard.folder.connection("twin", &super::connection(&yard.peer, "")).unwrap();
    yard.opened("twin").await;
    for _ in 0..30 {
        // Several at once, so that the same sandboxes are used again and again.
        let left = futures::future::join_all((0..4).map(|_| yard.told("leave"))).await;
        assert!(left.iter().all(|told| told == "0 calls before"), "{left:?}");
        let found = futures::future::join_all((0..4).map(|_| yard.told_by("twin", "traces"))).await;
        assert!(found.iter().all(|told| told == "0 calls before, 0 traces"), "{found:?}");
    }
    assert_eq!(yard.told("remember:the cursor").await, "done");
    assert_eq!(yard.told("recall").await, "the cursor");
    assert_eq!(yard.told_by("twin", "recall").await, "nothing", "each connection has a state of its own");
}

#[tokio::test]
async fn a_panic_in_any_function_is_told_and_nothing_else() {
    let yard = Yard::open().await;
    let check = super::connection(&yard.peer, "settings = { greeting = \"panic\" }");
    yard.folder.connection("check", &check).unwrap();
    yard.opened("check").await;
    let stock = serde_json::json!({ "lines": [{ "product": "panic" }] });
    let answers = [
        yard.ask("panic").await,
        yard.client.post("/v1/connections/harm/inventory:query", &stock).await.unwrap(),
        yard.client.get("/v1/connections/harm/customers?cursor=panic").await.unwrap(),
        yard.client.get("/v1/connections/harm/customers/panic").await.unwrap(),
        yard.client.get("/v1/connections/harm/customers/panic/ship-tos").await.unwrap(),
        yard.client.get("/v1/connections/harm/orders?cursor=panic").await.unwrap(),
        yard.client.get("/v1/connections/harm/orders/panic").await.unwrap(),
    ];
    for answer in answers {
        assert_eq!((answer.status, &answer.body["code"]), (502, &"connector_failed".into()), "{}", answer.text);
    }
    let checked = yard.client.post("/v1/connections/check:check", &serde_json::json!({})).await.unwrap();
    assert!(checked.text.contains("\"ok\":false"), "{}", checked.text);
    assert!(yard.log().matches("the connector panicked").count() >= 8);
    assert_eq!(yard.ask("good").await.status, 200);
    assert!(component("hostile").is_ok());
}
