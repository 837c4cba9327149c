//! The way of a vendor: from an empty folder to a price that a running host answers. And what is said where it ends early.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use apiconnect_tests::world::{Client, Folder, Process, binary};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::eventually;

/// From an empty folder to an answered call, with a registry cache that has the packages.
const BOUND: Duration = Duration::from_secs(120);

/// What a command came to.
struct Ran {
    ok: bool,
    said: String,
}

fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for name in
        ["APICONNECT_KEY", "APICONNECT_URL", "APICONNECT_CONFIG", "CARGO_TARGET_DIR", "APICONNECT_SIGN_PASSWORD"]
    {
        command.env_remove(name);
    }
    command
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    Ran { ok: output.status.success(), said }
}

/// Runs `apiconnect plugin …` in a folder.
fn plugin(folder: &Path, arguments: &[&str]) -> Ran {
    ran(command(&binary("apiconnect").unwrap(), folder).arg("plugin").args(arguments))
}

/// The system of the template: two products and the orders it was sent.
#[derive(Clone, Default)]
struct Erp(Arc<Mutex<Vec<Value>>>);

impl Erp {
    /// Listens on a free port; its address.
    async fn start(&self) -> String {
        let router = Router::new()
            .route("/api/status", get(async || Json(json!({ "name": "Demo ERP", "version": "1.2" }))))
            .route("/api/prices", get(price))
            .route("/api/orders", post(take).get(find))
            .with_state(self.clone());
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", socket.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(socket, router).await });
        address
    }
}

type Asked = Query<std::collections::BTreeMap<String, String>>;

async fn price(Query(asked): Asked) -> (StatusCode, String) {
    match asked["product"].as_str() {
        "A1001" => (StatusCode::OK, r#"{"unit_price": 12.50, "list_price": 15.00, "currency": "USD"}"#.into()),
        other => (StatusCode::NOT_FOUND, json!({ "message": format!("there is no item {other}") }).to_string()),
    }
}

async fn take(State(erp): State<Erp>, Json(order): Json<Value>) -> (StatusCode, Json<Value>) {
    erp.0.lock().push(order);
    (StatusCode::CREATED, Json(json!({ "id": "4711", "number": "SO-4711" })))
}

async fn find(State(erp): State<Erp>, Query(asked): Asked) -> Json<Value> {
    let found = erp.0.lock().iter().any(|order| order["reference"] == asked["reference"].as_str());
    let items = if found { vec![json!({ "id": "4711", "number": "SO-4711" })] } else { Vec::new() };
    Json(json!({ "items": items }))
}

/// A host's folder with a connection `erp` to the template's system.
fn shop(connector: &str, erp: &str) -> Folder {
    let folder = Folder::new().unwrap();
    std::fs::write(folder.path().join("connections/key"), "s3cret\n").unwrap();
    let text = format!(
        "connector = \"{connector}\"\nbase_url = \"{erp}/api/\"\n\
         auth = {{ kind = \"api_key\", header = \"X-Api-Key\", value = \"api_key\" }}\n\
         grants = {{ private_network = true }}\nsecrets = {{ api_key = {{ file = \"key\" }} }}\n"
    );
    folder.connection("erp", &text).unwrap();
    folder
}

fn question(product: &str) -> Value {
    json!({ "lines": [{ "product": product, "customer": "C100", "quantity": { "value": "10", "unit": "EA" } }] })
}

/// A new connector in an empty folder.
fn new(empty: &Path) -> PathBuf {
    let made = plugin(empty, &["new", "my-erp"]);
    assert!(made.ok && made.said.contains("cargo test"), "{}", made.said);
    empty.join("my-erp")
}

#[tokio::test]
async fn from_an_empty_folder_to_an_answered_call() {
    let erp = Erp::default();
    let address = erp.start().await;
    let folder = shop("my-erp", &address);
    let key = folder.admin_key().unwrap();
    let host = Process::host(folder.path(), 0).unwrap();
    let client = Client::new(host.address(), Some(&key));
    let empty = tempfile::tempdir().unwrap();
    let start = Instant::now();

    let project = new(empty.path());
    let built = plugin(&project, &["build", "--", "--locked"]);
    let mut times = vec![("build", start.elapsed())];
    assert!(built.ok, "{}", built.said);
    for part in [
        "my-erp 0.1.0 by Your company",
        "can do     pricing, inventory, orders",
        "looked up by its reference",
        "the secret `api_key`",
        "default_warehouse",
        "apiconnect:connector@0.1.0",
        "Wrote target/my-erp.wasm.",
    ] {
        assert!(built.said.contains(part), "{part} is not in: {}", built.said);
    }
    let guide = crate::guide::guide();
    // Two spaces stand before what the command says, more before what cargo does.
    let told = |line: &&str| line.starts_with("  ") && !line.starts_with("   ") && !line.starts_with("  size");
    for line in built.said.lines().filter(told) {
        assert!(guide.contains(line.trim_end()), "the guide shows another output; it is now:\n{}", built.said);
    }

    let conforming = plugin(&project, &["test", "target/my-erp.wasm"]);
    times.push(("plugin test", start.elapsed()));
    assert!(conforming.ok, "{}", conforming.said);

    let mut install = command(&binary("apiconnect").unwrap(), &project);
    install.env("APICONNECT_URL", host.address()).env("APICONNECT_KEY", &key);
    let installed = ran(install.args(["plugin", "install", "target/my-erp.wasm"]));
    assert!(installed.ok && installed.said.contains("my-erp 0.1.0 serves"), "{}", installed.said);
    times.push(("install", start.elapsed()));

    let answer = eventually("an answered price", async || {
        let answer = client.post("/v1/connections/erp/prices:query", &question("A1001")).await.unwrap();
        (answer.status == 200).then_some(answer)
    })
    .await;
    times.push(("answer", start.elapsed()));
    assert_eq!(answer.body["lines"][0]["price"]["unit_price"], "12.50", "{}", answer.text);
    assert_eq!(answer.body["lines"][0]["provenance"]["connector"], "my-erp");
    println!("from an empty folder to an answered call: {times:.1?}");
    assert!(start.elapsed() < BOUND, "it took {times:.1?}");

    let unknown = client.post("/v1/connections/erp/prices:query", &question("NOPE")).await.unwrap();
    assert_eq!(unknown.body["lines"][0]["error"]["code"], "not_found", "{}", unknown.text);
    let order = json!({ "kind": "order", "reference": "WEB-1", "customer": "C100",
        "lines": [{ "line": "1", "product": "A1001", "quantity": { "value": "10", "unit": "EA" } }] });
    client.order("erp", "key-1", &order).await.unwrap();
    eventually("the order in the system", async || erp.0.lock().first().cloned().map(drop)).await;
    assert_eq!(erp.0.lock()[0]["reference"], "WEB-1");

    // The other half of the template's tests, natively: a second build of everything, so it stands behind the bound.
    let tested = ran(command(Path::new("cargo"), &project).args(["test", "-q", "--locked", "--lib"]));
    assert!(tested.ok && tested.said.contains("test result: ok"), "{}", tested.said);

    broken_source(&project);
    let mut watch = command(&binary("apiconnect").unwrap(), &project);
    watch.env("APICONNECT_URL", host.address()).env("APICONNECT_KEY", &key);
    let watch = Watched::start(&mut watch, &folder.path().join("watch.log"));
    watched(&project, &watch, &client).await;
}

/// A `plugin watch` that is ended with the test.
struct Watched(std::process::Child, PathBuf);

impl Watched {
    fn start(command: &mut Command, log: &Path) -> Self {
        let file = std::fs::File::create(log).unwrap();
        let both = file.try_clone().unwrap();
        Self(command.args(["plugin", "watch"]).stdout(file).stderr(both).spawn().unwrap(), log.to_owned())
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.1).unwrap()
    }

    /// Waits until it has said something so often; a build on a busy machine takes its time.
    async fn says(&self, text: &str, times: usize) {
        for _ in 0..2_400 {
            if self.said().matches(text).count() >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("`{text}` was not said {times} times: {}", self.said());
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop((self.0.kill(), self.0.wait()));
    }
}

/// It begins with a source that does not compile, is mended, and logs.
async fn watched(project: &Path, watch: &Watched, client: &Client) {
    watch.says("failed to build my-erp", 1).await;
    watch.says("Waiting for a change", 1).await;
    let source = project.join("src/prices.rs");
    let text = std::fs::read_to_string(&source).unwrap().replace("fn prize(", "fn price(");
    let text = text.replace("    Ok(Price {", "    log::warn(\"a price was made\");\n    Ok(Price {");
    std::fs::write(&source, text).unwrap();
    watch.says("my-erp 0.1.0 serves", 1).await;
    watch.says("Waiting for a change", 2).await;
    let answer = client.post("/v1/connections/erp/prices:query", &question("A1001")).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    watch.says("erp      warn  a price was made  (call_", 1).await;
    let lines = client.get("/v1/connections/erp/log").await.unwrap();
    assert_eq!(lines.body["items"][0]["text"], "a price was made", "{}", lines.text);
    let number = lines.body["items"][0]["number"].as_u64().unwrap();
    let rest = client.get(&format!("/v1/connections/erp/log?after={number}")).await.unwrap();
    assert_eq!(rest.body["items"], json!([]), "{}", rest.text);
}

/// The compiler's words and one of ours, and what was built before stays.
fn broken_source(project: &Path) {
    let before = std::fs::read(project.join("target/my-erp.wasm")).unwrap();
    let source = project.join("src/prices.rs");
    let text = std::fs::read_to_string(&source).unwrap();
    std::fs::write(&source, text.replace("fn price(", "fn prize(")).unwrap();
    let broken = plugin(project, &["build"]);
    assert!(!broken.ok && broken.said.contains("error[E0425]"), "{}", broken.said);
    assert!(broken.said.contains("apiconnect: failed to build my-erp: the compiler refused it"), "{}", broken.said);
    assert_eq!(std::fs::read(project.join("target/my-erp.wasm")).unwrap(), before);
}

#[test]
fn what_cannot_be_made_or_built_is_told_with_the_way_out() {
    let empty = tempfile::tempdir().unwrap();
    for (arguments, said) in [
        (
            vec!["new", "My ERP"],
            "failed to name a connector `My ERP`: use lower-case letters, digits and `-`; `my-erp` would do",
        ),
        (vec!["new", "test"], "keeps this name for itself"),
        (vec!["new", "erp", "--language", "python"], "componentize-py"),
        (vec!["new", "erp", "--sdk", "../nowhere"], "leave --sdk out"),
        (vec!["build"], "there is no Cargo.toml; name its folder, or make one with `apiconnect plugin new NAME`"),
        (vec!["sdk"], "there is no Cargo.toml"),
        (vec!["sign", "none.wasm"], "none.wasm"),
    ] {
        let ran = plugin(empty.path(), &arguments);
        assert!(!ran.ok && ran.said.contains(said), "{arguments:?}: {}", ran.said);
    }
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0, "nothing was made");

    let project = new(empty.path());
    let again = plugin(empty.path(), &["new", "my-erp"]);
    assert!(!again.ok && again.said.contains("it is there and not empty"), "{}", again.said);
    // No Rust: neither cargo nor rustc is found.
    let mut build = command(&binary("apiconnect").unwrap(), &project);
    let none = ran(build.args(["plugin", "build"]).env("PATH", empty.path()));
    assert!(!none.ok && none.said.contains("install Rust from https://rustup.rs"), "{}", none.said);
}

#[test]
fn the_sdk_of_this_program_takes_the_place_of_another() {
    let empty = tempfile::tempdir().unwrap();
    let project = new(empty.path());
    let source = project.join("vendor/apiconnect/sdk/rust/src");
    std::fs::write(source.join("stray.rs"), "").unwrap();
    std::fs::write(source.join("lib.rs"), "").unwrap();
    let put = plugin(&project, &["sdk"]);
    assert!(put.ok && put.said.contains(env!("CARGO_PKG_VERSION")), "{}", put.said);
    assert!(!source.join("stray.rs").exists() && std::fs::read(source.join("lib.rs")).unwrap().len() > 100);
    let lock = std::fs::read_to_string(project.join("Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"wit-bindgen\"") && !lock.contains("name = \"wasmtime\""), "{lock}");
}
