//! Calls are recorded, run again, and another version is tried on them.

use std::path::PathBuf;
use std::process::Command;

use apiconnect_tests::sim::echo::{ACCESS_TOKEN, Echo};
use apiconnect_tests::world::{Answer, Client, Folder, Process, Version, binary};
use serde_json::{Value, json};

use super::{Shop, eventually};

/// A host with the connector `versioned` 1.0.0 before a system that echoes, and one connection `v`.
struct Desk {
    folder: Folder,
    _host: Process,
    client: Client,
    key: String,
    echo: Echo,
}

const EVERY: &str = "[recording]\ncalls = \"all\"\n";

impl Desk {
    async fn open(more: &str) -> Self {
        let folder = Folder::new().unwrap();
        Self::open_in(folder, more).await
    }

    async fn open_in(folder: Folder, more: &str) -> Self {
        let echo = Echo::start().await.unwrap();
        folder.plugin("versioned.wasm", &named("1.0.0")).unwrap();
        folder.connection("v", &connection(&echo, more)).unwrap();
        let key = folder.admin_key().unwrap();
        let host = Process::host(folder.path(), 0).unwrap();
        let client = Client::new(host.address(), Some(&key));
        Self { folder, _host: host, client, key, echo }
    }

    async fn ask(&self, connection: &str, product: &str) -> Answer {
        let path = format!("/v1/connections/{connection}/prices:query");
        let line = json!({ "product": product, "quantity": { "value": "1", "unit": "EA" } });
        self.client.post(&path, &json!({ "lines": [line] })).await.unwrap()
    }

    async fn listed(&self, connection: &str) -> Value {
        self.client.get(&format!("/v1/connections/{connection}/recordings")).await.unwrap().body
    }

    /// Waits until there are so many recordings.
    async fn recorded(&self, connection: &str, count: usize) -> Vec<Value> {
        eventually("the calls being recorded", async || {
            let items = self.listed(connection).await["items"].as_array()?.clone();
            (items.len() == count).then_some(items)
        })
        .await
    }

    fn component(&self, name: &str, version: &Version) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, version.component().unwrap()).unwrap();
        path.display().to_string()
    }
}

fn named(version: &str) -> Vec<u8> {
    Version::named(version).component().unwrap()
}

fn connection(echo: &Echo, more: &str) -> String {
    format!(
        "connector = \"versioned\"\nbase_url = \"{}/\"\ngrants = {{ private_network = true }}\n{more}",
        echo.address()
    )
}

/// Runs the command line without a host: the exit code and what it said.
fn cli(folder: &Folder, words: &[&str]) -> (i32, String) {
    let mut command = Command::new(binary("apiconnect").unwrap());
    command.env_remove("APICONNECT_KEY").env_remove("APICONNECT_URL");
    let output = command.args(words).arg("--config").arg(folder.config()).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// Exports a recording and answers where.
pub(super) fn export(folder: &Folder, connection: &str, id: &str) -> PathBuf {
    let file = folder.path().join(format!("{id}.json"));
    let to = file.display().to_string();
    let (code, said) = cli(folder, &["recordings", "export", connection, id, "-o", &to]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("read it before you pass it on"), "{said}");
    file
}

pub(super) fn replayed(folder: &Folder, file: &std::path::Path, more: &[&str]) -> (i32, Value) {
    let file = file.display().to_string();
    let (code, said) = cli(folder, &[&["replay", &file, "--json"], more].concat());
    (code, serde_json::from_str(&said).unwrap_or(Value::String(said)))
}

fn id(item: &Value) -> &str {
    item["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_recorded_call_is_run_again_bit_for_bit_and_a_changed_recording_is_told_apart() {
    let desk = Desk::open(EVERY).await;
    let asked = ["A1", "get:fixed/a", "all:fixed/a,fixed/b,binary,fixed/c", "count:n", "count:n", "nothing:x", "trap"];
    for product in asked {
        let status = desk.ask("v", product).await.status;
        assert_eq!(status, if product == "trap" { 502 } else { 200 }, "{product}");
    }
    let items = desk.recorded("v", asked.len()).await;
    let ends: Vec<&str> = items.iter().rev().map(|item| item["end"].as_str().unwrap()).collect();
    assert_eq!(ends, ["ok", "ok", "ok", "ok", "ok", "ok", "trap"]);
    // Neither a host nor a network.
    let Desk { folder, _host: host, echo, .. } = desk;
    host.kill().unwrap();
    drop(echo);
    let files: Vec<PathBuf> = items.iter().rev().map(|item| export(&folder, "v", id(item))).collect();
    for (product, file) in asked.iter().zip(&files) {
        let (code, answer) = replayed(&folder, file, &[]);
        assert_eq!(
            (code, &answer["same"], &answer["differences"]),
            (0, &json!(true), &json!([])),
            "{product}: {answer}"
        );
    }
    let recording = |at: usize| -> String { std::fs::read_to_string(&files[at]).unwrap() };
    assert!(recording(4).contains(r#""key": "n""#) && recording(4).contains(r#""time""#), "{}", recording(4));
    let changed = |at: usize, from: &str, to: &str| {
        let text = recording(at);
        assert!(text.contains(from), "{from}: {text}");
        let file = folder.path().join("changed.json");
        std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let (code, answer) = replayed(&folder, &file, &[]);
        assert_eq!((code, &answer["same"]), (1, &json!(false)), "{answer}");
        let first = &answer["differences"][0];
        [&first["place"], &first["recorded"], &first["now"]].map(|text| text.as_str().unwrap().to_owned())
    };
    let target = changed(1, r#""target": "fixed/a""#, r#""target": "fixed/b""#);
    assert_eq!(target, ["question 1: send[0].target", r#""fixed/b""#, r#""fixed/a""#]);
    let answer = changed(1, r#""body": "fixed /fixed/a""#, r#""body": "other""#);
    assert_eq!(answer, ["result[0].Ok.contract", r#""fixed /fixed/a""#, r#""other""#]);
    let end = changed(6, r#""trap": "versioned 1.0.0"#, r#""trap": "versioned 2.0.0"#);
    assert_eq!(end[0], "crash");
    let less = changed(0, r#""steps": []"#, r#""steps": [{"asked":"now","told":{"time":1}}]"#);
    assert_eq!(less, ["question 1", "it asked the time", "it asks nothing more"]);
    let more = changed(3, r#""value": null"#, r#""value": "41""#);
    assert_eq!(more, ["question 2: set.value", r#""1""#, r#""42""#]);

    // The text for people says the same; another build is said to be one.
    let file = folder.path().join("changed.json").display().to_string();
    let (code, said) = cli(&folder, &["replay", &file]);
    assert!(code == 1 && said.contains("✗ question 2: set.value") && said.contains("it is not the same"), "{said}");
    let other = folder.path().join("other.wasm");
    std::fs::write(&other, named("1.1.0")).unwrap();
    let other = other.display().to_string();
    let (code, answer) = replayed(&folder, &files[0], &["--connector", &other]);
    assert_eq!((code, &answer["differences"][0]["now"]), (1, &json!("\"1.1.0\"")), "{answer}");
    assert!(answer["notes"][0].as_str().unwrap().contains("another component"), "{answer}");
    let (code, answer) = replayed(&folder, &files[1], &["--connector", &other]);
    assert_eq!((code, &answer["same"]), (0, &json!(true)), "{answer}");
}

#[tokio::test]
async fn prices_and_orders_of_a_real_connector_are_run_again_and_no_secret_is_in_them() {
    let shop = Shop::open();
    let file = shop.folder.path().join("connections/erp.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    // The host took the connection up as it was; it is recorded once it has been opened anew.
    shop.folder.connection("erp", &format!("{text}{EVERY}")).unwrap();
    eventually("the connection recording", async || {
        let list = shop.client.get("/v1/connections/erp/recordings").await.unwrap().body;
        (list["calls"] == "all").then_some(())
    })
    .await;
    let line = |product: String| json!({ "product": product, "customer": "C20000", "quantity": { "value": "3", "unit": "EA" } });
    let lines: Vec<Value> = (0..120).map(|n| line(format!("A10{:02}", n % 18))).collect();
    let answer = shop.client.post("/v1/connections/erp/prices:query", &json!({ "lines": lines })).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let faults = apiconnect_tests::sim::business_one::Faults { drop_after_create_next: 1, ..Default::default() };
    shop.erp.set_faults(faults);
    // Not a JSON value of this program, which would round the number.
    let order = r#"{ "kind": "order", "reference": "WEB-1", "customer": "C20000", "lines": [{ "line": "1",
        "product": "A1000", "quantity": { "value": "2", "unit": "EA" }, "custom": { "exact": 12.3400000000000000001 } }] }"#;
    let path = "/v1/connections/erp/orders";
    shop.client.send(http::Method::POST, path, &[("idempotency-key", "key-1")], order.into()).await.unwrap();
    eventually("the order arriving", async || {
        let jobs = shop.client.get("/v1/jobs?state=done").await.unwrap().body;
        (jobs["items"].as_array().unwrap().len() == 1).then_some(())
    })
    .await;
    shop.client.post("/v1/connections/erp:check", &json!({})).await.unwrap();
    let wanted = ["pricing.query", "orders.submit", "orders.find-by-reference", "connector.check"];
    let items = eventually("every call being recorded", async || {
        let list = shop.client.get("/v1/connections/erp/recordings").await.unwrap().body;
        let items = list["items"].as_array()?.clone();
        wanted.iter().all(|name| items.iter().any(|item| item["operation"] == **name)).then_some(items)
    })
    .await;
    let Shop { folder, erp, host, .. } = shop;
    host.kill().unwrap();
    erp.stop();
    for item in &items {
        let file = export(&folder, "erp", id(item));
        let (code, answer) = replayed(&folder, &file, &[]);
        assert_eq!((code, &answer["same"]), (0, &json!(true)), "{}: {answer}", item["operation"]);
        let text = std::fs::read_to_string(&file).unwrap();
        for secret in ["s3cret-b1", "B1SESSION", "ROUTEID"] {
            assert!(!text.contains(secret), "{secret} is in {}", item["operation"]);
        }
        if item["operation"] == "orders.submit" {
            assert!(text.contains("12.3400000000000000001"), "a long number keeps every digit");
            assert!(answer["requests"].as_u64().unwrap() >= 1, "{answer}");
        }
    }
    // What lies in the data folder is sealed, as the store is.
    for file in files(&folder) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"C20000"), "{}", file.display());
    }
}

/// Every file of recordings in the data folder.
fn files(folder: &Folder) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder.path().join("data/recordings")).unwrap() {
        for file in std::fs::read_dir(entry.unwrap().path()).unwrap() {
            found.push(file.unwrap().path());
        }
    }
    found
}

#[tokio::test]
async fn no_credential_of_any_kind_is_in_a_recording() {
    let folder = Folder::new().unwrap();
    // Nothing is sealed here, so that a look at the files says something.
    folder.configure("").unwrap();
    let canary = "canary-Gr8-s3cret";
    for name in ["token", "password"] {
        std::fs::write(folder.path().join(format!("connections/{name}")), format!("{canary}-{name}\n")).unwrap();
    }
    let desk = Desk::open_in(folder, "").await;
    let token_url = format!("{}/token", desk.echo.address());
    let kinds = [
        ("basic", "{ kind = \"basic\", username = \"api\", password = \"password\" }".to_owned()),
        ("bearer", "{ kind = \"bearer\", token = \"password\" }".to_owned()),
        ("api-key", "{ kind = \"api_key\", header = \"X-Api-Key\", value = \"password\" }".to_owned()),
        (
            "oauth2",
            format!(
                "{{ kind = \"oauth2_client_credentials\", token_url = \"{token_url}\", client_id = \"me\", \
                 client_secret = \"password\" }}"
            ),
        ),
    ];
    for (name, auth) in &kinds {
        let secrets = "secrets = { token = { file = \"token\" }, password = { file = \"password\" } }";
        desk.folder.connection(name, &connection(&desk.echo, &format!("auth = {auth}\n{secrets}\n{EVERY}"))).unwrap();
    }
    for (name, _) in &kinds {
        eventually("the connection opening", async || {
            (desk.client.get(&format!("/v1/connections/{name}")).await.unwrap().status == 200).then_some(())
        })
        .await;
        let answer = desk.ask(name, "secret:echo").await;
        let echoed = answer.body["lines"][0]["price"]["contract"].as_str().unwrap_or_default();
        assert!(echoed.contains("x-signature="), "{name}: {}", answer.text);
        desk.recorded(name, 1).await;
    }
    let basic = "YXBpOmNhbmFyeS1Hcjgtc";
    for file in files(&desk.folder) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        for secret in [canary, ACCESS_TOKEN, basic, "Y2FuYXJ5LUdyOC1zM2NyZX"] {
            assert!(!text.contains(secret), "{secret} is in {}", file.display());
        }
        // What went out was the secret, and what the connector wrote was not.
        assert!(text.contains("{{secret:token}}") && text.contains("***"), "{text}");
    }
    assert_eq!(files(&desk.folder).len(), kinds.len());
}

#[tokio::test]
async fn a_file_that_is_of_no_use_says_why() {
    let desk = Desk::open(EVERY).await;
    desk.ask("v", "A1").await;
    desk.recorded("v", 1).await;
    let [file] = &files(&desk.folder)[..] else { panic!("one recording") };
    let whole = std::fs::read(file).unwrap();
    let other = desk.folder.path().join("some.rec");
    let said = |bytes: &[u8], config: &str| {
        std::fs::write(&other, bytes).unwrap();
        desk.folder.configure(config).unwrap();
        let (code, answer) = replayed(&desk.folder, &other, &[]);
        (code, answer["error"].as_str().unwrap_or_default().to_owned() + &answer["same"].to_string())
    };
    let key = "[store]\nmaster_key = { file = \"master.key\" }\n";
    assert_eq!(said(&whole, key).0, 0, "a file of the data folder is replayed as it is");
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    std::fs::write(desk.folder.path().join("other.key"), "1".repeat(64)).unwrap();
    let cases: [(&[u8], &str, &str); 6] = [
        (&flipped, key, "altered or damaged"),
        (&whole[..whole.len() - 1], key, "its end is missing"),
        (&whole, "", "no master key; set [store] master_key"),
        (&whole, "[store]\nmaster_key = { file = \"other.key\" }\n", "another master key"),
        (b"\0asm", key, "it is no recording"),
        (br#"{"format":"apiconnect recording 9"}"#, key, "`apiconnect recording 9`"),
    ];
    for (bytes, config, says) in cases {
        let (code, text) = said(bytes, config);
        assert!(code == 1 && text.contains(says), "{says}: {text}");
    }
    let (code, text) = cli(&desk.folder, &["replay", "nowhere.json"]);
    assert!(code == 1 && text.contains("read the recording nowhere.json"), "{text}");
}

#[tokio::test]
async fn what_is_recorded_follows_the_file_and_the_operator_and_stays_in_bounds() {
    let desk = Desk::open("[recording]\ncalls = \"errors\"\nkeep = 3\n").await;
    desk.ask("v", "A1").await;
    desk.ask("v", "fail").await;
    let items = desk.recorded("v", 1).await;
    assert_eq!(items[0]["end"], "refused", "a call that went well is not kept");

    let record = async |body: Value| desk.client.post("/v1/connections/v:record", &body).await.unwrap();
    let until = record(json!({ "for_seconds": 600 })).await;
    assert_eq!((until.status, &until.body["calls"]), (200, &json!("all")), "{}", until.text);
    assert!(until.body["until"].is_string(), "{}", until.text);
    for _ in 0..6 {
        assert_eq!(desk.ask("v", "A1").await.status, 200);
    }
    eventually("the oldest going", async || {
        let items = desk.listed("v").await["items"].as_array()?.clone();
        (items.len() == 3 && items.iter().all(|item| item["end"] == "ok")).then_some(())
    })
    .await;
    // Two answers that are larger together than a recording may be.
    assert_eq!(desk.ask("v", "all:large,large").await.status, 200, "the call goes on");
    assert_eq!(desk.listed("v").await["missed"], json!({ "too_large": 1, "busy": 0, "failed": 0 }));
    let over = record(json!({ "for_seconds": 0 })).await;
    assert_eq!((&over.body["calls"], &over.body["until"]), (&json!("errors"), &Value::Null), "{}", over.text);

    // The command line asks the host.
    let run = |words: &[&str]| {
        let mut command = Command::new(binary("apiconnect").unwrap());
        command.env("APICONNECT_URL", desk._host.address()).env("APICONNECT_KEY", &desk.key);
        let output = command.args(words).arg("--config").arg(desk.folder.config()).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert!(run(&["connection", "record", "v", "--for", "90s"]).contains("are recorded (all) until 20"));
    assert!(run(&["connection", "record", "v", "--stop"]).contains("are recorded (errors), as its file says"));
    let list = run(&["recordings", "list"]);
    assert!(list.contains("pricing.query") && list.contains("rec_"), "{list}");
    let latest: Value = serde_json::from_str(&run(&["recordings", "export", "v", "latest"])).unwrap();
    assert_eq!((&latest["operation"], &latest["version"]), (&json!("pricing.query"), &json!("1.0.0")));
    let till = desk.client.post("/v1/keys", &json!({ "name": "till", "scopes": ["read"] })).await.unwrap();
    let till = desk.client.with_key(till.body["key"].as_str());
    assert_eq!(till.get("/v1/connections/v/recordings").await.unwrap().status, 403);
    let missing = desk.client.get("/v1/connections/v/recordings/rec_01ARZ3NDEKTSV4RRFFQ69G5FAV").await.unwrap();
    assert_eq!((missing.status, &missing.body["code"]), (404, &json!("unknown_recording")));
    let outside = desk.client.get("/v1/connections/..%2F..%2Fconnections/recordings").await.unwrap();
    assert_eq!(outside.status, 404, "{}", outside.text);
}

#[tokio::test]
async fn a_recorder_that_fails_fails_no_call() {
    let folder = Folder::new().unwrap();
    std::fs::write(folder.path().join("data/recordings"), "a file where the folder should be").unwrap();
    let desk = Desk::open_in(folder, EVERY).await;
    for _ in 0..3 {
        assert_eq!(desk.ask("v", "A1").await.status, 200);
    }
    eventually("the failures being counted", async || (desk.listed("v").await["missed"]["failed"] == 3).then_some(()))
        .await;
}

#[tokio::test]
async fn a_call_that_ran_out_of_time_is_run_again_up_to_there() {
    let desk = Desk::open(&format!("limits = {{ timeout_ms = 400 }}\n{EVERY}")).await;
    assert!(desk.ask("v", "get:slow").await.status >= 500);
    let items = desk.recorded("v", 1).await;
    // Egress has an end of its own for a request, which may come first; both are the end of the time.
    let file = export(&desk.folder, "v", id(&items[0]));
    let (code, answer) = replayed(&desk.folder, &file, &[]);
    assert_eq!((code, &answer["same"]), (0, &json!(true)), "{}: {answer}", items[0]["end"]);
}

#[tokio::test]
async fn another_version_is_tried_on_recorded_calls() {
    let desk = Desk::open(EVERY).await;
    let asked = ["get:fixed/a", "A1", "own:fixed", "mark:fixed/b", "put:fixed/c", "count:n", "trap", "fail"];
    for product in asked {
        desk.ask("v", product).await;
    }
    desk.recorded("v", asked.len()).await;
    let shadow = |file: &str, more: &[&str]| {
        let (code, said) = cli(&desk.folder, &[&["plugin", "shadow", file, "--json"], more].concat());
        (code, serde_json::from_str::<Value>(&said).unwrap_or(Value::String(said)))
    };
    let counts = |answer: &Value| {
        let fields = ["calls", "same", "loosely", "differs", "asked_new", "crashed", "skipped"];
        fields.map(|field| answer[field].as_u64().unwrap_or(u64::MAX))
    };
    let same = desk.component("same.wasm", &Version::named("1.0.0"));
    assert_eq!((0, [8, 8, 0, 0, 0, 0, 0]), {
        let (code, answer) = shadow(&same, &[]);
        (code, counts(&answer))
    });
    // Another build that does the same.
    let built = desk.component("built.wasm", &Version { describe_ms: 1, ..Version::named("1.0.0") });
    assert_eq!((0, [8, 8, 0, 0, 0, 0, 0]), {
        let (code, answer) = shadow(&built, &[]);
        (code, counts(&answer))
    });
    let next = desk.component("next.wasm", &Version::named("1.1.0"));
    let (code, answer) = shadow(&next, &[]);
    assert_eq!((code, counts(&answer)), (1, [8, 4, 2, 1, 1, 0, 0]), "{answer:#}");
    assert_eq!(answer["operations"]["pricing.query"]["differs"], 1);
    let item = |verdict: &str| {
        let items = answer["items"].as_array().unwrap();
        items.iter().filter(|item| item["verdict"] == verdict).cloned().collect::<Vec<_>>()
    };
    assert_eq!(
        item("differs")[0]["differences"],
        json!([{ "place": "result[0].Ok.contract", "recorded": "\"1.0.0\"", "now": "\"1.1.0\"" }])
    );
    assert_eq!(item("asked_new")[0]["asked_new"], json!(["GET fixed/1.1.0"]));
    assert_eq!(item("asked_new")[0]["not_asked"], json!(["GET fixed/1.0.0"]));
    let loosely = item("loosely");
    assert_eq!(loosely[0]["loosely"], json!(["POST fixed/c with another body"]));
    assert_eq!(loosely[0]["differences"][0]["place"], "POST fixed/c: body");
    assert_eq!(loosely[1]["loosely"], json!(["GET fixed/b with other headers"]));
    let (_, few) = shadow(&next, &["--last", "2", "--connection", "v"]);
    assert_eq!(few["calls"], 2);
    let (code, said) = cli(&desk.folder, &["plugin", "shadow", &next]);
    assert!(code == 1 && said.contains("versioned 1.1.0") && said.contains("differs         1"), "{said}");
    assert!(said.contains("asks: GET fixed/1.1.0"), "{said}");

    // The same of a running host, with a version that waits for a person.
    let waits = Version { host: "https://files.example.com", ..Version::named("2.0.0") };
    let sent =
        desk.client.send(http::Method::POST, "/v1/plugins", &[], waits.component().unwrap().into()).await.unwrap();
    assert_eq!(sent.status, 202, "{}", sent.text);
    let tried = desk.client.post("/v1/plugins/versioned:shadow", &json!({ "last": 50 })).await.unwrap();
    assert_eq!((tried.status, &tried.body["version"]), (200, &json!("2.0.0")), "{}", tried.text);
    assert_eq!(counts(&tried.body), [8, 4, 2, 1, 1, 0, 0]);
    assert_eq!(desk.ask("v", "A1").await.body["lines"][0]["price"]["contract"], "1.0.0", "nothing has changed");
    let unknown = desk.client.post("/v1/plugins/versioned:shadow", &json!({ "digest": "00" })).await.unwrap();
    assert_eq!(unknown.status, 404, "{}", unknown.text);
}
