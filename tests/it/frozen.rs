//! What was released stays: a connector of every released contract is loaded and called for ever, and the contract
//! only grows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use apiconnect_tests::world::{Client, Folder, Process};
use serde_json::json;
use wit_component::WitPrinter;
use wit_parser::Resolve;

use super::eventually;
use super::versions::ask;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Folders named after versions, the oldest first.
fn versions(folder: &Path) -> Vec<PathBuf> {
    let number = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.split('.').map(|part| part.parse::<u64>().unwrap()).collect::<Vec<_>>()
    };
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort_by_key(number);
    found
}

/// Every item of a contract without comments: its place and its text.
fn items(folder: &Path) -> BTreeMap<String, String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder).unwrap();
    let mut printer = WitPrinter::default();
    printer.emit_docs(false);
    printer.print(&resolve, package, &[]).unwrap();
    split(&printer.output.to_string())
}

/// Takes `interface a { record b { … } f: func(); }` apart: one entry for the interface, one for each item in it.
fn split(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let (mut place, mut item, mut depth) = (String::new(), String::new(), 0_usize);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let opens = line.ends_with('{');
        if depth == 0 && opens {
            place = line.trim_end_matches('{').trim().to_owned();
            found.insert(place.clone(), place.clone());
        } else if depth == 1 && line == "}" {
            place.clear();
        } else if depth > 0 {
            item.push_str(line);
            item.push(' ');
        }
        if depth == 1 && !opens && !item.is_empty() {
            insert(&mut found, &place, &item);
            item.clear();
        }
        depth = depth + usize::from(opens) - usize::from(line == "}");
        if depth == 1 && line == "}" && !item.is_empty() {
            insert(&mut found, &place, &item);
            item.clear();
        }
    }
    found
}

fn insert(found: &mut BTreeMap<String, String>, place: &str, item: &str) {
    // Names taken from another interface come one by one, so that one more is an addition.
    if let Some((from, names)) = item.strip_prefix("use ").and_then(|rest| rest.split_once(".{")) {
        for name in names.trim_end_matches(|c| "}; ".contains(c)).split(',') {
            let name = format!("use {from}.{}", name.trim());
            found.insert(format!("{place} / {name}"), name);
        }
        return;
    }
    let name: String = item.chars().take_while(|c| !"{:(=;".contains(*c)).collect();
    found.insert(format!("{place} / {}", name.trim()), item.trim().to_owned());
}

/// What is in `now` that breaks what was built against `before`.
fn breaks(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in before {
        match now.get(name) {
            None => found.push(format!("{name} is gone")),
            Some(other) if other != text => found.push(format!("{name} was `{text}` and is `{other}`")),
            Some(_) => {}
        }
    }
    for (name, text) in now {
        let place = name.split(" / ").next().unwrap();
        let added = !before.contains_key(name) && before.contains_key(place) && place.starts_with("interface");
        if added && text.contains(": func") {
            found.push(format!("{name} is a new function in an interface that connectors export already"));
        }
    }
    found
}

#[test]
fn the_contract_only_grows() {
    let newest = versions(&root().join("wit/frozen")).pop().unwrap();
    let breaks = breaks(&items(&newest), &items(&root().join("wit")));
    assert!(
        breaks.is_empty(),
        "wit/ breaks connectors that were built against {}:\n  {}\nUndo that and put what is new into an interface or a \
         type of its own. If it has to be, raise the package's version in wit/*.wit, copy wit/*.wit to \
         wit/frozen/<version>/, keep an adapter for the version before in host/src/plugin, and check in a connector \
         built against the new one below tests/frozen/connectors/<version>/.",
        newest.file_name().unwrap().to_string_lossy(),
        breaks.join("\n  ")
    );
}

#[test]
fn what_breaks_a_connector_is_told_from_an_addition() {
    let before = split(
        "package a:b@0.1.0;\ninterface types {\n record x {\n a: string,\n }\n}\ninterface p {\n use types.{x};\n \
         get: func(a: x) -> string;\n}\nworld host {\n export p;\n}\n",
    );
    assert_eq!(before.len(), 7, "{before:?}");
    let changed = |from: &str, to: &str| {
        let text = "package a:b@0.1.0;\ninterface types {\n record x {\n a: string,\n }\n}\ninterface p {\n use \
                    types.{x};\n get: func(a: x) -> string;\n}\nworld host {\n export p;\n}\n";
        assert!(text.contains(from), "{from}");
        breaks(&before, &split(&text.replace(from, to)))
    };
    assert!(changed("use types.{x};", "use types.{x, y};").is_empty(), "a name more is taken from another interface");
    assert!(changed("record x {\n", "record z {\n b: u8,\n }\n record x {\n").is_empty(), "a type is added");
    assert!(changed("world host", "interface q {\n put: func();\n}\nworld host").is_empty(), "an interface is added");
    assert!(changed("export p;", "export p;\n export q;").is_empty(), "the world has more");
    assert_eq!(changed("a: string,", "a: string,\n b: u8,").len(), 1, "a record has a field more");
    assert_eq!(changed("get: func(a: x)", "get: func(a: string)").len(), 1, "a signature is another");
    assert_eq!(changed("get: func(a: x) -> string;", "").len(), 1, "a function is gone");
    assert_eq!(changed("get:", "put: func();\n get:").len(), 1, "an old interface has a function more");
    assert!(!changed("export p;", "").is_empty(), "the world has less");
}

#[test]
fn the_newest_frozen_contract_has_the_version_of_the_package() {
    let newest = versions(&root().join("wit/frozen")).pop().unwrap();
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root().join("wit")).unwrap();
    let version = resolve.packages[package].name.version.as_ref().unwrap().to_string();
    assert_eq!(newest.file_name().unwrap().to_string_lossy(), version, "copy wit/*.wit to wit/frozen/{version}/");
}

#[tokio::test]
async fn connectors_of_every_released_contract_are_loaded_and_called() {
    for contract in versions(&root().join("tests/frozen/connectors")) {
        let bytes = |name: &str| std::fs::read(contract.join(name)).unwrap();
        let folder = Folder::new().unwrap();
        for name in ["noop", "versioned"] {
            folder.plugin(&format!("{name}.wasm"), &bytes(&format!("{name}.wasm"))).unwrap();
            let text = format!("connector = \"{name}\"\nbase_url = \"http://127.0.0.1:9\"\n");
            folder.connection(name, &text).unwrap();
        }
        let key = folder.admin_key().unwrap();
        let host = Process::host(folder.path(), 0).unwrap();
        let client = Client::new(host.address(), Some(&key));
        let plugins = client.get("/v1/plugins").await.unwrap().body;
        assert_eq!(plugins["items"].as_array().unwrap().len(), 2, "{}: {plugins}", contract.display());
        let price = client.post("/v1/connections/versioned/prices:query", &ask("A1")).await.unwrap();
        assert_eq!(price.body["lines"][0]["price"]["unit_price"], "1.50", "{}", price.text);
        let order = json!({ "kind": "order", "reference": "OLD-1", "customer": "C1",
            "lines": [{ "line": "1", "product": "A1", "quantity": { "value": "2", "unit": "EA" } }] });
        let accepted = client.order("noop", "k1", &order).await.unwrap();
        assert_eq!(accepted.status, 202, "{}", accepted.text);
        let path = format!("/v1/jobs/{}", accepted.body["id"].as_str().unwrap());
        eventually("the order being created", async || {
            let job = client.get(&path).await.unwrap().body;
            (job["state"] == "done" && job["outcome"] == "ok").then_some(())
        })
        .await;
    }
}
