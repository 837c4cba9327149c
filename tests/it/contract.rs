//! The contract: it parses, everything in it is explained, and its names are as promised.

use std::path::Path;

use wit_parser::{Resolve, WorldItem};

fn contract() -> (Resolve, wit_parser::PackageId) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder).unwrap();
    (resolve, package)
}

#[test]
fn the_contract_has_every_interface() {
    let (resolve, package) = contract();
    let package = &resolve.packages[package];
    assert_eq!(package.name.to_string(), "apiconnect:connector@0.1.0");
    let wanted = [
        "connector",
        "pricing",
        "inventory",
        "customers",
        "catalog",
        "orders",
        "order-batches",
        "quotes",
        "invoices",
        "reference",
        "feed",
        "sink",
        "inbound",
        "payments",
        "mapper",
        "http",
        "secret",
        "state",
        "log",
        "clock",
        "sql",
        "files",
    ];
    for name in wanted {
        assert!(package.interfaces.contains_key(name), "{name} is missing");
    }
    for world in package.worlds.values() {
        let items = resolve.worlds[*world].exports.values().chain(resolve.worlds[*world].imports.values());
        assert!(
            items.into_iter().all(|item| matches!(item, WorldItem::Interface { .. })),
            "worlds name interfaces only"
        );
    }
}

#[test]
fn every_interface_and_function_is_explained_and_none_is_async() {
    let (resolve, package) = contract();
    for (name, id) in &resolve.packages[package].interfaces {
        let interface = &resolve.interfaces[*id];
        assert!(interface.docs.contents.is_some(), "interface {name} has no comment");
        for (function, about) in &interface.functions {
            assert!(about.docs.contents.is_some(), "{name}.{function} has no comment");
            assert!(!about.kind.is_async(), "{name}.{function} is async, which not every language can build");
        }
    }
}

#[test]
fn no_float_is_anywhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = std::fs::read_to_string(&path).unwrap();
            let text: String = text.lines().filter(|line| !line.trim_start().starts_with("///")).collect();
            for float in ["f32", "f64"] {
                assert!(!text.split(|c: char| !c.is_alphanumeric()).any(|word| word == float), "{}", path.display());
            }
        }
    }
}

#[test]
fn the_host_can_ask_everything_that_a_connector_may_offer() {
    let (resolve, package) = contract();
    let mut wanted: Vec<String> = Vec::new();
    for interface in apiconnect::plugin::Interface::ALL {
        let id = resolve.packages[package].interfaces[interface.name()];
        wanted.extend(resolve.interfaces[id].functions.keys().map(|name| format!("{}.{name}", interface.name())));
    }
    let mut asked: Vec<&str> = apiconnect::plugin::OPERATIONS.iter().map(|(name, _, _)| *name).collect();
    wanted.sort();
    asked.sort_unstable();
    assert_eq!(asked, wanted);
}
