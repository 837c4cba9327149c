//! Keys and signatures as a vendor makes them, and a host that takes nothing else.

use std::path::Path;
use std::process::Command;

use apiconnect_tests::world::{Folder, Version, binary};
use serde_json::Value;

/// Runs `apiconnect plugin …`; whether it succeeded, and what it said on either side.
fn run(folder: &Path, password: Option<&str>, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(binary("apiconnect").unwrap());
    command.current_dir(folder).env_remove("APICONNECT_KEY").env_remove("APICONNECT_SIGN_PASSWORD");
    if let Some(password) = password {
        command.env("APICONNECT_SIGN_PASSWORD", password);
    }
    let output = command.arg("plugin").args(arguments).stdin(std::process::Stdio::null()).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn what_a_vendor_signs_is_taken_where_only_signed_files_are() {
    let folder = Folder::new().unwrap();
    let here = folder.path();
    std::fs::write(here.join("erp.wasm"), Version::named("1.0.0").component().unwrap()).unwrap();

    let (ok, said) = run(here, None, &["keygen", "-o", "vendor.key"]);
    assert!(!ok && said.contains("set APICONNECT_SIGN_PASSWORD, or make a key without one"), "{said}");
    let (ok, said) = run(here, Some("right"), &["keygen", "-o", "vendor.key", "--json"]);
    assert!(ok, "{said}");
    let made: Value = serde_json::from_str(&said).unwrap();
    let public = made["public_key"].as_str().unwrap().to_owned();
    let (ok, said) = run(here, Some("right"), &["keygen", "-o", "vendor.key"]);
    assert!(!ok && said.contains("vendor.key: it is there already; --force writes over it"), "{said}");
    assert!(public.starts_with("RW") && std::fs::read_to_string(here.join("vendor.pub")).unwrap().contains(&public));

    folder.configure(&format!("[trust]\nrequire_signed = true\nkeys = [\"{public}\"]\n")).unwrap();
    let (ok, said) = run(here, None, &["install", "erp.wasm"]);
    assert!(!ok && said.contains("it is not signed"), "{said}");
    let (ok, said) = run(here, Some("wrong"), &["sign", "erp.wasm", "--secret-key", "vendor.key"]);
    assert!(!ok && said.contains("is the password right?"), "{said}");
    let (ok, said) = run(here, Some("right"), &["sign", "vendor.pub", "--secret-key", "vendor.key"]);
    assert!(!ok && said.contains("it is no Wasm component"), "only connectors are signed: {said}");
    let (ok, said) = run(here, Some("right"), &["sign", "erp.wasm", "--secret-key", "vendor.key"]);
    assert!(
        ok && said.contains("Wrote erp.wasm.minisig: versioned 1.0.0, signed at") && said.contains(&public),
        "{said}"
    );
    let (ok, said) = run(here, Some("right"), &["sign", "erp.wasm", "--secret-key", "vendor.key"]);
    assert!(!ok && said.contains("--force"), "{said}");
    let (ok, said) = run(here, None, &["install", "erp.wasm"]);
    assert!(ok && said.contains("versioned 1.0.0 serves"), "{said}");
    let (ok, said) = run(here, None, &["inspect", "erp.wasm"]);
    assert!(ok && said.contains(&format!("signed with the trusted key {public}")), "{said}");
    for part in ["operation  pricing.query", "50 a call, 4 calls side by side", "exports    apiconnect:connector@0.1.0"]
    {
        assert!(said.contains(part), "{part} is not in: {said}");
    }

    // Another build needs another signature.
    std::fs::write(here.join("erp.wasm"), Version::named("1.0.1").component().unwrap()).unwrap();
    let (ok, said) = run(here, None, &["install", "erp.wasm"]);
    assert!(!ok && said.contains("its signature is for other bytes"), "{said}");
    let (ok, said) = run(here, Some("right"), &["sign", "erp.wasm", "--secret-key", "vendor.key", "--force"]);
    assert!(ok, "{said}");
    let (ok, said) = run(here, None, &["install", "erp.wasm"]);
    assert!(ok && said.contains("versioned 1.0.1 serves"), "{said}");
}
