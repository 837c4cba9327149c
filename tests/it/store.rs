//! The records of a host as its operator meets them: verified, backed up, restored, sealed, and old ones read.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use apiconnect_tests::powercut::{answers, read, strace};
use apiconnect_tests::scribe::{Ledger, Outcome, ask};
use apiconnect_tests::world::{Client, Folder, MASTER_KEY, Process, binary};
use serde_json::{Value, json};

fn run(config: &Path, key: Option<(&str, &str)>, words: &[&str]) -> Output {
    let mut command = Command::new(binary("apiconnect").unwrap());
    command.env_remove("APICONNECT_KEY").env_remove("APICONNECT_URL").arg("--config").arg(config).args(words);
    if let Some((url, key)) = key {
        command.env("APICONNECT_URL", url).env("APICONNECT_KEY", key);
    }
    command.output().unwrap()
}

/// What a command answers as JSON.
fn value(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// How a command that fails says why.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    let last = text.trim_end().lines().last().unwrap_or_default();
    assert!(last.starts_with("apiconnect: failed to ") && !text.contains("panicked"), "{text}");
    text
}

/// Fills the store of `folder` and notes what was acknowledged.
fn fill(folder: &Folder, documents: &str) -> PathBuf {
    let output = Command::new(binary("scribe").unwrap())
        .arg("write")
        .arg(folder.config())
        .args(["0", documents, "4", "7"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    note(folder, &String::from_utf8(output.stdout).unwrap())
}

fn note(folder: &Folder, heard: &str) -> PathBuf {
    let mut ledger = Ledger::default();
    heard.lines().for_each(|line| ledger.hear(line));
    assert!(ledger.acknowledged() > 20);
    let path = folder.path().join("ledger.json");
    std::fs::write(&path, serde_json::to_vec(&ledger).unwrap()).unwrap();
    path
}

#[test]
fn a_host_that_stands_still_is_verified_backed_up_and_restored() {
    let folder = Folder::new().unwrap();
    let ledger = fill(&folder, "40");
    let (config, backup) = (folder.config(), folder.path().join("backup"));
    let file = backup.to_str().unwrap();
    let sound = value(&run(&config, None, &["store", "verify", "--json"]));
    assert_eq!(sound["sealed"], true);
    let written = value(&run(&config, None, &["store", "backup", file, "--json"]));
    assert_eq!(written["sequence"], sound["sequence"]);
    assert_eq!(value(&run(&config, None, &["store", "verify", "--backup", file, "--json"])), written);
    let stats = value(&run(&config, None, &["store", "stats", "--json"]));
    let kinds: Vec<_> = stats["kinds"].as_array().unwrap().iter().map(|kind| kind["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["document", "idempotency", "job", "seal"]);
    assert_eq!(stats["sequence"], sound["sequence"]);
    assert!(stats["last_write"].as_u64() > Some(1_600_000_000_000));

    let text = refusal(&run(&config, None, &["store", "restore", file]));
    assert!(text.contains("move that folder aside (mv "), "{text}");
    std::fs::rename(folder.path().join("data/store"), folder.path().join("aside")).unwrap();
    let text = refusal(&run(&config, None, &["store", "verify"]));
    assert!(text.contains("there are no records in"), "{text}");
    run(&config, None, &["store", "restore", file]);
    assert_eq!(value(&run(&config, None, &["store", "verify", "--json"]))["sequence"], sound["sequence"]);
    assert_eq!(ask(&config, &ledger).unwrap(), Outcome::Whole);
}

#[test]
fn damage_and_broken_backups_are_refused_by_name() {
    let folder = Folder::new().unwrap();
    fill(&folder, "12");
    let (config, backup) = (folder.config(), folder.path().join("backup"));
    value(&run(&config, None, &["store", "backup", backup.to_str().unwrap(), "--json"]));
    let bytes = std::fs::read(&backup).unwrap();
    std::fs::write(&backup, &bytes[..bytes.len() - 40]).unwrap();
    let text = refusal(&run(&config, None, &["store", "verify", "--backup", backup.to_str().unwrap()]));
    assert!(text.contains("it ends before its trailer, so it is not whole"), "{text}");
    let db = folder.path().join("data/store/records/db");
    let bytes = std::fs::read(&db).unwrap();
    std::fs::write(&db, &bytes[..4_000]).unwrap();
    let text = refusal(&run(&config, None, &["store", "verify"]));
    assert!(text.contains("data/store") && text.contains("move the folder aside and restore a backup"), "{text}");
}

#[tokio::test]
async fn a_running_host_is_backed_up_at_one_commit() {
    let folder = Folder::new().unwrap();
    let key = folder.admin_key().unwrap();
    let host = Process::host(folder.path(), 0).unwrap();
    let client = Client::new(host.address(), Some(&key));
    let load = {
        let client = client.clone();
        tokio::spawn(async move {
            for number in 0..60 {
                let new = json!({ "name": format!("key {number}"), "scopes": ["read"] });
                assert_eq!(client.post("/v1/keys", &new).await.unwrap().status, 200);
            }
        })
    };
    let (config, file) = (folder.config(), folder.path().join("backup"));
    let to = (host.address().to_owned(), key.clone());
    let path = file.clone();
    let written = tokio::task::spawn_blocking(move || {
        let words = ["store", "backup", path.to_str().unwrap(), "--json"];
        value(&run(&config, Some((&to.0, &to.1)), &words))
    });
    let written = written.await.unwrap();
    load.await.unwrap();
    let text = refusal(&run(&folder.config(), None, &["store", "verify"]));
    assert!(text.contains("in use by another apiconnect") && text.contains("--backup FILE"), "{text}");
    let stats = value(&run(&folder.config(), Some((host.address(), &key)), &["store", "stats", "--json"]));
    assert_eq!(stats["kinds"].as_array().unwrap()[0]["records"], 61);
    let reader = client.post("/v1/keys", &json!({ "name": "reader", "scopes": ["operate"] })).await.unwrap();
    let reader = client.with_key(reader.body["key"].as_str());
    assert_eq!(reader.post("/v1/store:backup", &json!({})).await.unwrap().body["code"], "missing_scope");
    drop(host);

    // Every key is one commit, after the one of the seal: so the backup holds exactly that many.
    let fresh = Folder::new().unwrap();
    value(&run(&fresh.config(), None, &["store", "restore", file.to_str().unwrap(), "--json"]));
    let list = value(&run(&fresh.config(), None, &["key", "list", "--json"]));
    assert_eq!(list["items"].as_array().unwrap().len() as u64 + 1, written["sequence"].as_u64().unwrap());
    assert_eq!(
        std::fs::read_dir(folder.path())
            .unwrap()
            .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().contains("backup.") })
            .count(),
        0,
        "nothing is left beside the backup"
    );
}

#[test]
fn the_master_key_is_needed_can_be_changed_and_is_made_by_init() {
    let folder = Folder::new().unwrap();
    let ledger = fill(&folder, "12");
    let config = folder.config();
    std::fs::write(folder.path().join("new.key"), "ab".repeat(32)).unwrap();
    folder.configure("").unwrap();
    assert!(refusal(&run(&config, None, &["serve"])).contains("they are sealed and there is no master key"));
    folder.configure("[store]\nmaster_key = { file = \"new.key\" }\n").unwrap();
    assert!(refusal(&run(&config, None, &["serve"])).contains("sealed with another master key"));
    folder.configure("[store]\nmaster_key = { file = \"gone.key\" }\n").unwrap();
    assert!(refusal(&run(&config, None, &["serve"])).contains("gone.key"));
    let both = "[store]\nmaster_key = { file = \"new.key\" }\nprevious_key = { file = \"master.key\" }\n";
    folder.configure(both).unwrap();
    assert_eq!(ask(&config, &ledger).unwrap(), Outcome::Whole, "both keys work meanwhile");
    let done = value(&run(&config, None, &["store", "rekey", "--json"]));
    assert!(done["changed"].as_u64() > Some(10) && done["changed"] == done["sealed"], "{done}");
    folder.configure("[store]\nmaster_key = { file = \"new.key\" }\n").unwrap();
    assert_eq!(ask(&config, &ledger).unwrap(), Outcome::Whole);
    folder.configure("[store]\nmaster_key = { env = \"APICONNECT_TEST_NO_SUCH_KEY\" }\n").unwrap();
    assert!(refusal(&run(&config, None, &["store", "verify"])).contains("APICONNECT_TEST_NO_SUCH_KEY is not set"));

    let place = folder.path().join("made");
    let made = value(&run(&config, None, &["init", place.to_str().unwrap(), "--json"]));
    assert_eq!(made["master_key"], place.join("master.key").to_str().unwrap());
    let key = std::fs::read_to_string(place.join("master.key")).unwrap();
    assert!(key.trim().len() == 64 && key != MASTER_KEY);
    let sound = value(&run(&place.join("apiconnect.toml"), None, &["store", "verify", "--json"]));
    assert_eq!(sound["sealed"], true);
}

/// Every release freezes a store; all of them open for ever.
#[test]
fn frozen_stores_open_and_restore_with_every_record() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("frozen/store");
    let mut versions = 0;
    for version in std::fs::read_dir(frozen).unwrap() {
        let version = version.unwrap().path();
        versions += 1;
        let (opened, restored) = (Folder::new().unwrap(), Folder::new().unwrap());
        let mut unpack = Command::new("tar");
        unpack.arg("-xzf").arg(version.join("folder.tar.gz")).arg("-C").arg(opened.path().join("data"));
        assert!(unpack.status().unwrap().success());
        let (ledger, backup) = (version.join("ledger.json"), version.join("backup"));
        assert_eq!(ask(&opened.config(), &ledger).unwrap(), Outcome::Whole, "{}", version.display());
        let header = value(&run(&restored.config(), None, &["store", "restore", backup.to_str().unwrap(), "--json"]));
        assert_eq!(ask(&restored.config(), &ledger).unwrap(), Outcome::Whole, "{}", version.display());
        let sound = value(&run(&opened.config(), None, &["store", "verify", "--json"]));
        assert_eq!(sound["sequence"], header["sequence"]);
    }
    assert!(versions > 0);
}

#[test]
fn no_answer_leaves_before_its_fdatasync() {
    let folder = Folder::new().unwrap();
    let key = folder.admin_key().unwrap();
    let trace = folder.path().join("trace");
    let mut command = strace(&trace);
    // As a grandchild: the process that is killed is the host.
    command.arg("-D").arg(binary("apiconnect").unwrap()).args([
        "serve",
        "--json",
        "--listen",
        "127.0.0.1:0",
        "--config",
    ]);
    let host = Process::start(command.arg(folder.config())).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let writers = (0..6).map(|at| {
            let client = Client::new(host.address(), Some(&key));
            async move {
                for number in 0..10 {
                    let new = json!({ "name": format!("{at}-{number}"), "scopes": ["read"] });
                    assert_eq!(client.post("/v1/keys", &new).await.unwrap().status, 200);
                }
            }
        });
        futures::future::join_all(writers).await;
    });
    host.kill().unwrap();
    let whole = || std::fs::read_to_string(&trace).unwrap().trim_end().ends_with("+++");
    let waited = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        whole()
    });
    assert!(waited, "strace does not end");
    let (seen, early) = answers(&read(&trace, &folder.path().join("data")).unwrap()).unwrap();
    assert_eq!(seen, 60);
    assert!(early.is_empty(), "acknowledged before it was durable: {early:?}");
}
