//! Connectors in other languages, and what WASI gives: the same prices, the same bounds, and nothing of the machine.

use std::time::{Duration, Instant};

use apiconnect_tests::sim::business_one::{BusinessOne, Seed, Simulator};
use apiconnect_tests::world::{Answer, Client, Folder, Process, component};
use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::eventually;
use super::recordings::{export, replayed};
use super::versions::ask;

/// A host with one connector and one connection `x` to the simulator.
struct Desk {
    folder: Folder,
    erp: Simulator,
    host: Process,
    client: Client,
}

impl Desk {
    /// `file` is the component, `connector` the name it gives itself.
    fn open(file: &str, connector: &str) -> Self {
        let erp = BusinessOne::start(Seed::demo()).unwrap();
        let folder = Folder::new().unwrap();
        folder.share_compiled().unwrap();
        folder.install(file).unwrap();
        folder.business_one_through(connector, "x", &erp.address(), "").unwrap();
        Self::start(folder, erp)
    }

    /// With the prober, whose calls may take so long and are recorded.
    fn prober(timeout_ms: u32) -> Self {
        let folder = Folder::new().unwrap();
        folder.share_compiled().unwrap();
        folder.install("prober").unwrap();
        let text = format!(
            "connector = \"prober\"\nbase_url = \"http://127.0.0.1:9\"\nlimits.timeout_ms = {timeout_ms}\n[recording]\ncalls = \"all\"\n"
        );
        folder.connection("x", &text).unwrap();
        Self::start(folder, BusinessOne::start(Seed::demo()).unwrap())
    }

    fn start(folder: Folder, erp: Simulator) -> Self {
        let key = folder.admin_key().unwrap();
        let host = Process::host(folder.path(), 0).unwrap();
        let client = Client::new(host.address(), Some(&key));
        Self { folder, erp, host, client }
    }

    async fn ask(&self, product: &str) -> Answer {
        self.client.post("/v1/connections/x/prices:query", &ask(product)).await.unwrap()
    }

    /// What the prober found; it stands in the contract of the price.
    async fn found(&self, product: &str) -> String {
        let answer = self.ask(product).await;
        assert_eq!(answer.status, 200, "{product}: {}\n{}", answer.text, self.log());
        answer.body["lines"][0]["price"]["contract"].as_str().unwrap().to_owned()
    }

    /// Asks for trouble: the call ends with this code, and the one after it is answered.
    async fn fails(&self, product: &str, code: &str) {
        let answer = self.ask(product).await;
        assert!(answer.status >= 500 && answer.body["code"] == code, "{product}: {}\n{}", answer.text, self.log());
        assert!(!answer.text.contains("on request"), "that is the operator's, not the caller's: {}", answer.text);
        assert_eq!(self.ask("A1001").await.status, 200, "the call after {product}");
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("host.log")).unwrap()
    }

    fn log_has(&self, parts: &[&str]) {
        let log = self.log();
        parts.iter().for_each(|part| assert!(log.contains(part), "{part} is missing:\n{log}"));
    }
}

async fn prices(file: &str, connector: &str) -> Desk {
    let desk = Desk::open(file, connector);
    let line = |product: &str, customer: &str, quantity: &str| json!({ "product": product, "customer": customer, "quantity": { "value": quantity, "unit": "EA" } });
    let lines = [
        line("A1001", "C30000", "1"),
        line("A1001", "C30000", "100"),
        line("A1007", "C20000", "1"),
        line("NOPE", "C20000", "1"),
        line("A1000", "C40000", "2.5"),
    ];
    let answer = desk.client.post("/v1/connections/x/prices:query", &json!({ "lines": lines })).await.unwrap();
    assert_eq!(answer.status, 200, "{file}: {}\n{}", answer.text, desk.log());
    let price = |at: usize| answer.body["lines"][at]["price"]["unit_price"].as_str();
    let seen = [price(0), price(1), price(2), price(3), price(4)];
    assert_eq!(seen, [Some("8.5"), Some("7.25"), Some("0.0125"), None, Some("9.0")], "{file}: {}", answer.text);
    assert_eq!(answer.body["lines"][3]["error"]["code"], "not_found", "{file}");
    assert_eq!(answer.body["lines"][4]["price"]["currency"], "EUR", "{file}");
    assert_eq!(answer.body["lines"][0]["provenance"]["connector"], connector, "{file}");
    // The host signs in for it, once.
    assert_eq!(desk.erp.requests()["login"], 1, "{file}");
    desk
}

#[tokio::test]
async fn rust_answers_with_the_prices_of_the_system() {
    prices("prices-rust", "prices-rust").await;
}

/// Built by `.ci/languages wasip2` where that target is at hand, and run by the same recipe.
#[tokio::test]
#[ignore = "needs the Rust target wasm32-wasip2"]
async fn rust_for_wasip2_answers_with_the_prices_of_the_system() {
    prices("prices-rust-wasip2", "prices-rust").await;
}

#[tokio::test]
async fn javascript_answers_with_the_prices_of_the_system_and_is_contained() {
    let desk = prices("prices-js", "prices-js").await;
    desk.fails("trouble-throw", "connector_failed").await;
    desk.log_has(&[
        "prices-js 0.1.0: ",
        "last words: Exception { message: Some(\"crashed on request\")",
        "trouble.js:5",
    ]);
    desk.fails("trouble-loop", "connector_failed").await;
    desk.log_has(&["it computed for too long without an answer"]);
    desk.fails("trouble-memory", "connector_failed").await;
    desk.fails("trouble-recurse", "connector_failed").await;
}

#[tokio::test]
async fn javascript_without_wasi_answers_with_the_prices_of_the_system() {
    let desk = prices("prices-js-stubbed", "prices-js").await;
    desk.fails("trouble-throw", "connector_failed").await;
    desk.fails("trouble-loop", "connector_failed").await;
    desk.fails("trouble-memory", "connector_failed").await;
}

#[tokio::test]
async fn python_answers_with_the_prices_of_the_system_and_is_contained() {
    let desk = prices("prices-python", "prices-python").await;
    desk.fails("trouble-throw", "connector_failed").await;
    desk.log_has(&["prices-python 0.1.0: ", "log: Traceback", "in trouble", "log: TypeError: crashed on request"]);
    desk.fails("trouble-loop", "connector_failed").await;
    desk.log_has(&["it computed for too long without an answer"]);
    desk.fails("trouble-memory", "connector_failed").await;
    desk.fails("trouble-recurse", "connector_failed").await;
    desk.fails("trouble-exit", "connector_failed").await;
}

#[tokio::test]
async fn python_finds_nothing_of_the_machine() {
    let desk = Desk::open("prices-python", "prices-python");
    let answer = desk.ask("trouble-look").await;
    assert_eq!(answer.status, 200, "{}\n{}", answer.text, desk.log());
    let log = desk.log();
    let seen = log.lines().find(|line| line.contains("seen:")).unwrap_or_else(|| panic!("{log}"));
    assert!(!seen.contains("GOT"), "{seen}");
    for part in ["env=[] | args=[] | stdin=0 | root=FileNotFoundError", "random=True", "clock=True"] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    for part in ["connect=", "datagram=", "listen="] {
        assert!(seen.contains(&format!("{part}PermissionError")), "{part}: {seen}");
    }
    assert_eq!(desk.ask("trouble-print").await.status, 200, "{}", desk.log());
    let printed = desk.log().matches("again").count();
    assert!((1..=200).contains(&printed), "{printed} lines of one call");
}

#[tokio::test]
async fn python_without_wasi_answers_with_the_prices_of_the_system() {
    let desk = prices("prices-python-stubbed", "prices-python").await;
    desk.fails("trouble-throw", "connector_failed").await;
    desk.fails("trouble-loop", "connector_failed").await;
    desk.fails("trouble-memory", "connector_failed").await;
}

#[tokio::test]
async fn wasi_gives_nothing_but_time_chance_and_a_log() {
    let desk = Desk::prober(10_000);
    let found = desk.found("look").await;
    let nothing = "variables []; arguments []; folder None; folders 0; input true; tcp Err(access-denied); udp \
                   Err(access-denied); name Err(permanent-resolver-failure); time ";
    assert!(found.starts_with(nothing), "{found}");
    let told: u64 = found.rsplit("time ").next().unwrap().parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(told) < 60, "{told} is not {now}");
    assert_ne!(desk.found("chance").await, desk.found("chance").await);
    assert_eq!(desk.found("nap").await, "slept true");
}

#[tokio::test]
async fn what_is_done_through_wasi_is_bounded() {
    let desk = Desk::prober(10_000);
    desk.fails("timers", "connector_failed").await;
    desk.fails("handles", "connector_failed").await;
    desk.log_has(&["handle limit exceeded"]);
    desk.fails("chances", "connector_failed").await;
    desk.fails("shout", "connector_failed").await;
    desk.log_has(&["more at once than it was allowed to"]);
    desk.fails("exit", "connector_failed").await;
    desk.log_has(&["last words: its last words"]);
    assert_eq!(desk.found("print").await, "printed");
    let told = desk.log().matches("told").count();
    assert!((1..=200).contains(&told), "{told} lines of one call");
}

#[tokio::test]
async fn a_wait_through_wasi_ends_with_the_deadline_of_the_call() {
    let desk = Desk::prober(700);
    for product in ["sleep", "spin"] {
        let started = Instant::now();
        desk.fails(product, "deadline").await;
        assert!(started.elapsed() < Duration::from_secs(30), "{product} took {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_large_component_is_compiled_beside_the_calls_and_found_compiled_at_the_next_start() {
    let erp = BusinessOne::start(Seed::demo()).unwrap();
    let folder = Folder::new().unwrap();
    folder.install("prices-rust").unwrap();
    folder.business_one_through("prices-rust", "x", &erp.address(), "").unwrap();
    folder.business_one_through("prices-python", "python", &erp.address(), "").unwrap();
    let desk = Desk::start(folder, erp);
    assert_eq!(desk.ask("A1001").await.status, 200);

    let large = std::fs::read(component("prices-python").unwrap()).unwrap();
    assert!(large.len() > 10 << 20);
    let client = desk.client.clone();
    let upload =
        tokio::spawn(async move { client.send(Method::POST, "/v1/plugins", &[], Bytes::from(large)).await.unwrap() });
    let mut meanwhile = 0;
    while !upload.is_finished() {
        let answer = desk.ask("A1001").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        meanwhile += 1;
    }
    let uploaded = upload.await.unwrap();
    assert_eq!(uploaded.status, 201, "{}\n{}", uploaded.text, desk.log());
    assert!(meanwhile > 20, "only {meanwhile} calls were answered while it was compiled");
    let cold = load_ms(&desk.client).await;

    let Desk { folder, erp, host, .. } = desk;
    host.kill().unwrap();
    let desk = Desk::start(folder, erp);
    let cached = load_ms(&desk.client).await;
    assert!(cached * 4 < cold, "{cached} ms from the cache, {cold} ms compiled");
    let answer = desk.client.post("/v1/connections/python/prices:query", &ask("A1001")).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
}

async fn load_ms(client: &Client) -> u64 {
    let plugins = client.get("/v1/plugins").await.unwrap().body;
    let found = plugins["items"].as_array().unwrap().iter().find(|one| one["name"] == "prices-python");
    found.unwrap()["load_ms"].as_u64().unwrap()
}

#[tokio::test]
async fn a_replay_is_told_the_same_time_and_the_same_random_numbers() {
    let desk = Desk::prober(10_000);
    for product in ["chance", "look", "nap"] {
        desk.found(product).await;
    }
    let items = eventually("the calls being recorded", async || {
        let listed = desk.client.get("/v1/connections/x/recordings").await.unwrap().body;
        let items = listed["items"].as_array()?.clone();
        (items.len() == 3).then_some(items)
    })
    .await;
    let Desk { folder, host, .. } = desk;
    host.kill().unwrap();
    let mut seeds = 0;
    for item in &items {
        let file = export(&folder, "x", item["id"].as_str().unwrap());
        let text = std::fs::read_to_string(&file).unwrap();
        let (code, said) = replayed(&folder, &file, &[]);
        assert_eq!(code, 0, "{said}\n{text}");
        if let Some(at) = text.find("\"asked\": \"seed\"") {
            seeds += 1;
            // With another seed it is told other numbers: it is the recording that decides.
            let (before, seed) = text.split_at(at + text[at..].find("\"base64\": \"").unwrap() + 11);
            let other = if seed.starts_with('A') { "B" } else { "A" };
            std::fs::write(&file, format!("{before}{other}{}", &seed[1..])).unwrap();
            let (code, said) = replayed(&folder, &file, &[]);
            assert!(code == 1 && said["differences"][0]["place"] == "result[0].Ok.contract", "{said}");
        }
    }
    assert_eq!(seeds, 1, "one call asked for random numbers, and asked once");
}

/// The prober with every `from` in its bytes turned into `to`, which is as long.
fn altered(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(component("prober").unwrap()).unwrap();
    let found: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from.as_bytes())
        .map(|(at, _)| at)
        .collect();
    assert!(!found.is_empty(), "{from}");
    found.iter().for_each(|at| bytes[*at..*at + to.len()].copy_from_slice(to.as_bytes()));
    bytes
}

#[tokio::test]
async fn a_component_that_needs_more_of_wasi_is_refused_with_what_to_do() {
    let desk = Desk::prober(10_000);
    for (from, to, says) in [
        ("wasi:cli/stdin@0.2.0", "wasi:http/type@0.2.0", "use apiconnect:connector/http instead"),
        ("wasi:cli/stdin@0.2.0", "wasi:cli/stdin@0.3.0", "has WASI 0.2; build it for that"),
        ("wasi:cli/stdin@0.2.0", "wasi:cli/stdun@0.2.0", "which this host does not give; of WASI it has cli, clocks"),
    ] {
        let bytes = Bytes::from(altered(from, to));
        let answer = desk.client.send(Method::POST, "/v1/plugins", &[], bytes).await.unwrap();
        assert_eq!((answer.status, &answer.body["code"]), (422, &json!("unusable_plugin")), "{}", answer.text);
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(to) && detail.contains(says), "{detail}");
    }
    assert_eq!(desk.found("nap").await, "slept true", "what served goes on");
}
