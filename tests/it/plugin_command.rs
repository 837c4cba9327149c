//! `apiconnect plugin`, as a person types it: before a host that stands still and before one that runs.

use std::path::Path;
use std::process::Command;

use apiconnect_tests::world::{Client, Folder, Process, Version, binary};
use serde_json::Value;

/// Runs the command; answers whether it succeeded, and what it said on either side.
fn run(folder: &Folder, url: Option<(&str, &str)>, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(binary("apiconnect").unwrap());
    command.env_remove("APICONNECT_KEY").env_remove("APICONNECT_URL");
    if let Some((url, key)) = url {
        command.env("APICONNECT_URL", url).env("APICONNECT_KEY", key);
    }
    let output = command.arg("plugin").args(arguments).arg("--config").arg(folder.config()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn write(folder: &Folder, name: &str, version: &Version) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, version.component().unwrap()).unwrap();
    path.display().to_string()
}

fn installed(folder: &Path) -> bool {
    folder.join("plugins/versioned.wasm").exists()
}

#[tokio::test]
async fn a_connector_is_installed_updated_and_put_back_with_and_without_a_host() {
    let folder = Folder::new().unwrap();
    let first = write(&folder, "first.wasm", &Version::named("1.0.0"));
    let second = write(&folder, "second.wasm", &Version::named("2.0.0"));
    let greedy = Version { host: "https://files.example.com", ..Version::named("3.0.0") };
    let third = write(&folder, "third.wasm", &greedy);

    // The host stands still.
    let (ok, said) = run(&folder, None, &["inspect", &third]);
    assert!(
        ok && said.contains("asks for   the host https://files.example.com") && said.contains("not signed"),
        "{said}"
    );
    let (ok, said) = run(&folder, None, &["install", &first]);
    assert!(ok && said.contains("versioned 1.0.0 serves") && installed(folder.path()), "{said}");
    let (ok, said) = run(&folder, None, &["install", &second]);
    assert!(ok && said.contains("versioned 2.0.0 serves"), "{said}");
    let (ok, said) = run(&folder, None, &["rollback", "versioned"]);
    assert!(ok && said.contains("versioned 1.0.0 serves"), "{said}");
    let (ok, said) = run(&folder, None, &["rollback", "versionde"]);
    assert!(!ok && said.contains("`versionde`: it is not installed; there are: versioned"), "{said}");
    let (ok, said) = run(&folder, None, &["install", &folder.config().display().to_string()]);
    assert!(!ok && said.contains("apiconnect: failed to load the connector: it is no Wasm component"), "{said}");

    // It runs, and goes on from there.
    let key = folder.admin_key().unwrap();
    let host = Process::host(folder.path(), 0).unwrap();
    let at = Some((host.address(), key.as_str()));
    let (ok, said) = run(&folder, at, &["list"]);
    assert!(ok && said.contains("versioned 1.0.0: pricing"), "{said}");
    assert!(said.contains("serves  1.0.0") && said.contains("kept    2.0.0") && said.contains("unsigned"), "{said}");
    let (ok, said) = run(&folder, at, &["install", &third]);
    assert!(ok && said.contains("versioned 1.0.0 serves") && said.contains("But version 3.0.0"), "{said}");
    let (ok, said) = run(&folder, at, &["activate", "versioned"]);
    assert!(!ok && said.contains("the host https://files.example.com") && said.contains("--accept"), "{said}");
    let (ok, said) = run(&folder, at, &["activate", "versioned", "--accept"]);
    assert!(ok && said.contains("versioned 3.0.0 serves"), "{said}");
    let (ok, said) = run(&folder, None, &["rollback", "versioned"]);
    assert!(!ok && said.contains("set APICONNECT_KEY"), "a running host holds its store: {said}");
    let client = Client::new(host.address(), Some(&key));
    let plugins: Value = client.get("/v1/plugins").await.unwrap().body;
    assert_eq!(plugins["items"][0]["version"], "3.0.0");
}
