//! Connectors written in WebAssembly text, for what no compiler would write.

use std::path::Path;

use anyhow::Context;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What a connector of this kind begins with: it says who it is, and gives out memory that it never takes back. The
/// instructions of `pricing.query` follow, and what else it needs. Its answer is written at 8192.
pub const CONNECTOR: &str = r#"
    (memory (export "memory") 2)
    (global $free (mut i32) (i32.const 16384))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
        (global.set $free (i32.add (local.get $at) (local.get 3)))
        (local.get $at))
    ;; The description: five texts, and nothing in all that may be empty.
    (data (i32.const 1024) "\00\08\00\00\08\00\00\00\10\08\00\00\01\00\00\00\10\08\00\00\01\00\00\00\10\08\00\00\01\00\00\00")
    (data (i32.const 1068) "\20\08\00\00\02\00\00\00")
    (data (i32.const 2048) "handmade")
    (data (i32.const 2064) "1")
    (data (i32.const 2080) "{}")
    (func (export "apiconnect:connector/connector@0.1.0#describe") (result i32) (i32.const 1024))
    (func (export "apiconnect:connector/connector@0.1.0#check")
        (param i32 i32 i32 i32 i64 i32 i32 i32) (result i32) unreachable)
    (func (export "apiconnect:connector/pricing@0.1.0#list-agreements")
        (param i32 i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)
"#;

/// A component of a core module: `core` is what stands in `(module …)`, `imports` are lines of its world, and `packages`
/// are further packages of WIT that these lines name.
///
/// # Errors
/// When the text is no module, or does not fit the world.
pub fn handmade(core: &str, imports: &str, packages: &[&str]) -> anyhow::Result<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests have a parent folder")?;
    let mut resolve = Resolve::default();
    resolve.push_dir(root.join("wit"))?;
    for (number, package) in packages.iter().enumerate() {
        resolve.push_str(format!("package-{number}.wit"), package)?;
    }
    let world = format!(
        "package apiconnect:handmade;\nworld handmade {{\n{imports}\n\
         export apiconnect:connector/connector@0.1.0;\nexport apiconnect:connector/pricing@0.1.0;\n}}\n"
    );
    let package = resolve.push_str("handmade.wit", &world)?;
    let world = resolve.select_world(&[package], Some("handmade"))?;
    let mut module = wat::parse_str(format!("(module {core})"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().module(&module)?.validate(true).encode()
}
