//! The rules of the house, as a test: who may use whom, how long a file is, which calls stand where.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each module of the host may use. `commerce`, `limits` and `seam` are for all.
const EDGES: [(&str, &[&str]); 16] = [
    ("access", &["secret", "store"]),
    ("api", &["access", "connection", "egress", "plugin", "queue", "store", "telemetry"]),
    (
        "cli",
        &[
            "access",
            "config",
            "conformance",
            "connection",
            "egress",
            "host",
            "plugin",
            "secret",
            "store",
            "telemetry",
            "api",
        ],
    ),
    ("commerce", &[]),
    ("config", &["egress", "secret"]),
    ("conformance", &["config", "connection", "egress", "plugin", "secret"]),
    ("connection", &["config", "egress", "plugin", "secret"]),
    ("egress", &["secret"]),
    ("host", &["access", "api", "config", "connection", "egress", "plugin", "queue", "secret", "store", "telemetry"]),
    ("limits", &[]),
    ("plugin", &["egress", "secret", "store"]),
    ("queue", &["connection", "plugin", "store", "telemetry"]),
    ("seam", &[]),
    ("secret", &[]),
    ("store", &["secret", "telemetry"]),
    ("telemetry", &["config"]),
];
const FOR_ALL: [&str; 3] = ["commerce", "limits", "seam"];
const LINES_MAX: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["host", "sdk", "plugins", "tests"] {
        sources(&root().join(folder), &mut found);
    }
    found
}

/// A file without its tests and comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy();
    name.ends_with("_tests") || name == "tests" || name == "test_server" || name == "conformance"
}

#[test]
fn modules_use_only_what_they_may() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        EDGES.into_iter().map(|(module, uses)| (module, uses.iter().chain(&FOR_ALL).copied().collect())).collect();
    let host = root().join("host/src");
    let mut found = Vec::new();
    sources(&host, &mut found);
    for path in found.iter().filter(|path| !is_test(path)) {
        let relative = path.strip_prefix(&host).unwrap();
        let module = relative.iter().next().unwrap().to_string_lossy();
        let module = module.trim_end_matches(".rs");
        if module == "lib" || module == "main" {
            continue;
        }
        for rest in code(path).split("crate::").skip(1) {
            let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let used = used.as_str();
            // A macro's own path, or several modules at once, which are told apart line by line elsewhere.
            assert!(!used.is_empty(), "{} uses several modules in one line; write one `use` a module", path.display());
            assert!(
                used == module || allowed[module].contains(used),
                "{} uses {used}, which {module} may not",
                path.display()
            );
        }
    }
}

#[test]
fn modules_make_no_cycle() {
    let mut done: BTreeSet<&str> = FOR_ALL.into();
    let mut left: Vec<(&str, &[&str])> = EDGES.into_iter().filter(|(module, _)| !FOR_ALL.contains(module)).collect();
    while !left.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|(_, uses)| uses.iter().all(|used| done.contains(used)));
        let names: Vec<&str> = rest.iter().map(|(module, _)| *module).collect();
        assert!(!ready.is_empty(), "a cycle among {names:?}");
        done.extend(ready.iter().map(|(module, _)| *module));
        left = rest;
    }
}

#[test]
fn files_are_short_and_named_by_nouns() {
    let mut sizes = Vec::new();
    for path in all() {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines; split it", path.display());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let vague = ["utils", "util", "helpers", "helper", "common", "manager", "misc"];
        assert!(!vague.contains(&name.as_str()), "{} says nothing about what is in it", path.display());
        sizes.push(lines);
    }
    sizes.sort_unstable();
    assert!(sizes[sizes.len() / 2] <= 180, "the median file has {} lines", sizes[sizes.len() / 2]);
}

#[test]
fn sockets_clock_and_secrets_have_one_door_each() {
    let only = [
        ("TcpStream::connect", "egress/"),
        ("SystemTime::now", "seam.rs"),
        ("Instant::now", "seam.rs"),
        ("tokio::spawn", "seam.rs"),
        ("apply_batch", "store/"),
        ("sled::", "store/"),
        ("getrandom::", "seam.rs"),
    ];
    let host = root().join("host/src");
    let mut found = Vec::new();
    sources(&host, &mut found);
    for path in found.iter().filter(|path| !is_test(path)) {
        let relative = path.strip_prefix(&host).unwrap().to_string_lossy().into_owned();
        let code = code(path);
        for (call, place) in only {
            assert!(
                relative.starts_with(place) || !code.contains(call),
                "{relative} uses {call}, which belongs in {place}"
            );
        }
    }
}
