//! A connector's versions: they come, serve, wait, go back and are held on to while prices are asked.

use apiconnect_tests::world::{Answer, Client, Folder, Process, Version, of_contract};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::eventually;

/// A host with the connector `versioned` 1.0.0 and one connection `v`.
pub(super) struct Shelf {
    pub(super) folder: Folder,
    pub(super) host: Process,
    pub(super) client: Client,
    key: String,
}

pub(super) const CONNECTION: &str =
    "connector = \"versioned\"\nbase_url = \"http://127.0.0.1:9\"\ngrants = { private_network = true }\n";

impl Shelf {
    pub(super) fn open() -> Self {
        let folder = Folder::new().unwrap();
        folder.plugin("versioned.wasm", &Version::named("1.0.0").component().unwrap()).unwrap();
        folder.connection("v", CONNECTION).unwrap();
        let key = folder.admin_key().unwrap();
        let host = Process::host(folder.path(), 0).unwrap();
        let client = Client::new(host.address(), Some(&key));
        Self { folder, host, client, key }
    }

    /// Kills the host and starts it anew on the same folder.
    pub(super) fn restart(self) -> Self {
        let Self { folder, host, key, .. } = self;
        host.kill().unwrap();
        let host = Process::host(folder.path(), 0).unwrap();
        let client = Client::new(host.address(), Some(&key));
        Self { folder, host, client, key }
    }

    pub(super) async fn upload(&self, bytes: Vec<u8>) -> Answer {
        self.client.send(Method::POST, "/v1/plugins", &[], Bytes::from(bytes)).await.unwrap()
    }

    /// The version that answers, by its own word and by the host's.
    pub(super) async fn answers(&self, connection: &str) -> String {
        let path = format!("/v1/connections/{connection}/prices:query");
        let answer = self.client.post(&path, &ask("A1")).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        let line = &answer.body["lines"][0];
        assert_eq!(line["price"]["contract"], line["provenance"]["version"]);
        line["provenance"]["version"].as_str().unwrap().to_owned()
    }

    async fn plugin(&self) -> Value {
        self.client.get("/v1/plugins").await.unwrap().body["items"][0].clone()
    }

    async fn act(&self, action: &str, body: &Value) -> Answer {
        self.client.post(&format!("/v1/plugins/versioned:{action}"), body).await.unwrap()
    }

    /// Two looks at the folder.
    async fn settle(&self) {
        tokio::time::sleep(std::time::Duration::from_millis(1_300)).await;
    }
}

pub(super) fn ask(product: &str) -> Value {
    json!({ "lines": [{ "product": product, "quantity": { "value": "1", "unit": "EA" } }] })
}

fn named(version: &str) -> Vec<u8> {
    Version::named(version).component().unwrap()
}

#[tokio::test]
async fn a_version_that_is_uploaded_serves_at_once_and_the_way_back_outlives_a_restart() {
    let shelf = Shelf::open();
    assert_eq!(shelf.answers("v").await, "1.0.0");
    let uploaded = shelf.upload(named("1.1.0")).await;
    assert_eq!((uploaded.status, &uploaded.body["version"]), (201, &json!("1.1.0")), "{}", uploaded.text);
    assert_eq!(shelf.answers("v").await, "1.1.0");
    assert_eq!(std::fs::read(shelf.folder.path().join("plugins/versioned.wasm")).unwrap(), named("1.1.0"));

    let back = shelf.act("rollback", &json!({})).await;
    assert_eq!((back.status, &back.body["version"]), (200, &json!("1.0.0")), "{}", back.text);
    assert_eq!(shelf.answers("v").await, "1.0.0");
    shelf.settle().await;
    assert_eq!(shelf.answers("v").await, "1.0.0", "the newer file in the folder is not taken up again");
    let shelf = shelf.restart();
    assert_eq!(shelf.answers("v").await, "1.0.0", "the choice outlives the host");
    let again = shelf.act("rollback", &json!({})).await;
    assert_eq!((again.status, &again.body["code"]), (409, &json!("nothing_before")), "{}", again.text);

    // A new file ends the way back.
    shelf.folder.plugin("versioned.wasm", &named("1.2.0")).unwrap();
    eventually("the new file serving", async || (shelf.answers("v").await == "1.2.0").then_some(())).await;
    let digest = uploaded.body["digest"].as_str().unwrap();
    let chosen = shelf.act("activate", &json!({ "digest": &digest[..10] })).await;
    assert_eq!((chosen.status, &chosen.body["version"]), (200, &json!("1.1.0")), "{}", chosen.text);
    assert_eq!(shelf.answers("v").await, "1.1.0");
    let unknown = shelf.act("activate", &json!({ "digest": "sha256:00" })).await;
    assert_eq!((unknown.status, &unknown.body["code"]), (404, &json!("unknown_version")), "{}", unknown.text);
    assert!(unknown.body["detail"].as_str().unwrap().contains("kept are"), "{}", unknown.text);
}

#[tokio::test]
async fn an_update_that_asks_for_more_waits_until_a_person_accepts_it() {
    let shelf = Shelf::open();
    let greedy = Version { host: "https://files.example.com", secret: "token", ..Version::named("2.0.0") };
    shelf.folder.plugin("versioned.wasm", &greedy.component().unwrap()).unwrap();
    let waiting =
        eventually("the update waiting", async || shelf.plugin().await["waiting"].as_str().map(str::to_owned)).await;
    for part in ["https://files.example.com", "`token`", "apiconnect plugin activate versioned", "--accept"] {
        assert!(waiting.contains(part), "{waiting}");
    }
    assert_eq!(shelf.answers("v").await, "1.0.0");
    let log = std::fs::read_to_string(shelf.folder.path().join("host.log")).unwrap();
    assert!(log.contains("asks for more than the version that serves"), "the operator's log says it");

    let shelf = shelf.restart();
    assert_eq!(shelf.answers("v").await, "1.0.0", "a restart accepts nothing");
    assert_eq!(shelf.plugin().await["waiting"], waiting);
    let refused = shelf.act("activate", &json!({})).await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("asks_for_more")), "{}", refused.text);
    assert_eq!(shelf.answers("v").await, "1.0.0");
    let accepted = shelf.act("activate", &json!({ "accept": true })).await;
    assert_eq!(accepted.status, 200, "{}", accepted.text);
    assert_eq!(shelf.answers("v").await, "2.0.0");

    // What was accepted once is no question for the next version; one thing more is.
    let same = Version { version: "2.1.0".into(), ..greedy.clone() };
    assert_eq!(shelf.upload(same.component().unwrap()).await.status, 201);
    let other = Version { version: "2.2.0".into(), host: "https://elsewhere.example.com", ..greedy };
    let answer = shelf.upload(other.component().unwrap()).await;
    assert_eq!((answer.status, &answer.body["version"]), (202, &json!("2.1.0")), "{}", answer.text);
    assert!(answer.body["waiting"].as_str().unwrap().contains("https://elsewhere.example.com"), "{}", answer.text);
    assert!(!answer.body["waiting"].as_str().unwrap().contains("token"), "{}", answer.text);
}

#[tokio::test]
async fn a_bad_upload_is_refused_with_what_to_do_and_changes_nothing() {
    let shelf = Shelf::open();
    let good = named("1.0.0");
    let cases: [(Vec<u8>, &[&str]); 6] = [
        (b"PK\x03\x04 not wasm".to_vec(), &["no Wasm component"]),
        (Vec::new(), &["empty"]),
        (b"\0asm\x01\0\0\0".to_vec(), &["plugin componentize"]),
        (good[..good.len() / 2].to_vec(), &["compile the connector"]),
        (
            of_contract(&good, "0.2.0").unwrap(),
            &["exports apiconnect:connector/", "@0.2.0, this host speaks 0.1; rebuild it with an SDK for 0.1"],
        ),
        (b"\x7fELF".to_vec(), &["precompiled"]),
    ];
    for (bytes, says) in cases {
        let answer = shelf.upload(bytes).await;
        assert_eq!((answer.status, &answer.body["code"]), (422, &json!("unusable_plugin")), "{}", answer.text);
        for part in says {
            assert!(answer.body["detail"].as_str().unwrap().contains(part), "{part}: {}", answer.text);
        }
    }
    assert_eq!(std::fs::read(shelf.folder.path().join("plugins/versioned.wasm")).unwrap(), good);
    assert_eq!(std::fs::read_dir(shelf.folder.path().join("plugins")).unwrap().count(), 1, "nothing is left behind");
    assert_eq!(shelf.answers("v").await, "1.0.0");
    let key = shelf.client.post("/v1/keys", &json!({ "name": "till", "scopes": ["operate"] })).await.unwrap();
    let other = shelf.client.with_key(key.body["key"].as_str());
    let answer = other.send(Method::POST, "/v1/plugins", &[], Bytes::from(named("9.9.9"))).await.unwrap();
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert_eq!(shelf.act("explode", &json!({})).await.status, 404);
}

#[tokio::test]
async fn a_connection_holds_on_to_its_version() {
    let shelf = Shelf::open();
    let first = shelf.plugin().await["digest"].as_str().unwrap().to_owned();
    shelf.folder.connection("old", &format!("version = \"sha256:{}\"\n{CONNECTION}", &first[..12])).unwrap();
    eventually("the connection opening", async || {
        (shelf.client.get("/v1/connections/old").await.unwrap().status == 200).then_some(())
    })
    .await;
    // More versions than are kept: the one that is held on to is not let go of.
    for number in 1..=10 {
        assert_eq!(shelf.upload(named(&format!("1.{number}.0"))).await.status, 201);
    }
    assert_eq!((shelf.answers("old").await, shelf.answers("v").await), ("1.0.0".into(), "1.10.0".into()));
    let versions = shelf.plugin().await["versions"].as_array().unwrap().len();
    assert!(versions <= 8, "{versions} versions are kept");
    let files = std::fs::read_dir(shelf.folder.path().join("data/plugins")).unwrap().count();
    assert_eq!(files, versions, "each kept version has its file, and no other is left");
    let shelf = shelf.restart();
    assert_eq!((shelf.answers("old").await, shelf.answers("v").await), ("1.0.0".into(), "1.10.0".into()));

    shelf.folder.connection("lost", &format!("version = \"abc\"\n{CONNECTION}")).unwrap();
    let problem = eventually("the wrong version being told", async || {
        let answer = shelf.client.get("/v1/connections/lost").await.unwrap();
        (answer.body["code"] == "broken_connection").then(|| answer.body["detail"].as_str().unwrap().to_owned())
    })
    .await;
    assert!(problem.contains("version = \"abc\"") && problem.contains("kept are sha256:"), "{problem}");
}

#[tokio::test]
async fn a_component_may_export_more_than_the_contract_knows() {
    let shelf = Shelf::open();
    // Components made of JavaScript export a function `init` besides. Here an import is exported under that name.
    let mut bytes = named("1.3.0");
    let export = [1, 0, 4, b'i', b'n', b'i', b't', 5, 0, 0];
    bytes.extend([11, export.len() as u8]);
    bytes.extend(export);
    let answer = shelf.upload(bytes).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(shelf.answers("v").await, "1.3.0");
}

#[tokio::test]
async fn a_kept_version_that_was_altered_on_disk_does_not_serve() {
    let shelf = Shelf::open();
    let first = shelf.plugin().await["digest"].as_str().unwrap().to_owned();
    assert_eq!(shelf.upload(named("1.1.0")).await.status, 201);
    let kept = shelf.folder.path().join(format!("data/plugins/{first}.wasm"));
    std::fs::write(&kept, named("6.6.6")).unwrap();
    let back = shelf.act("rollback", &json!({})).await;
    assert_eq!(back.status, 422, "{}", back.text);
    assert!(back.body["detail"].as_str().unwrap().contains("not what was kept"), "{}", back.text);
    assert_eq!(shelf.answers("v").await, "1.1.0", "what serves goes on");
    let shelf = shelf.restart();
    assert_eq!(shelf.answers("v").await, "1.1.0", "nothing was written down");
    // The one that serves is altered: the file in the folder is as good, and is loaded instead.
    let digest = shelf.plugin().await["digest"].as_str().unwrap().to_owned();
    std::fs::write(shelf.folder.path().join(format!("data/plugins/{digest}.wasm")), named("6.6.6")).unwrap();
    let shelf = shelf.restart();
    assert_eq!(shelf.answers("v").await, "1.1.0");
}

#[tokio::test]
async fn files_that_come_and_go_under_load_fail_no_call() {
    let report = apiconnect_tests::swaps::run(12, 6, 42).await.unwrap();
    assert!(report.calls > 200, "{report:?}");
    assert_eq!((report.failed, report.wrong_version, report.swaps), (0, 0, 12), "{report:?}");
    assert!(report.refused > 0 && report.waited > 0, "{report:?}");
}
