//! extism as the thing beside: a program of its own, since the wasmtime that it brings is none of the host's business. It
//! is built once, from its own lock file, and its plug-in with the compiler that builds the connectors.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::asked::{BODY, HEADERS};
use super::{Progress, live};

/// The running program.
pub(super) struct Extism {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Extism {
    /// Builds program and plug-in and starts them.
    pub(super) fn start(progress: &Progress) -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests have a parent folder")?;
        progress.say("building extism into target/peers/extism (some minutes the first time)".to_owned());
        let program = program(root)?;
        let plugin = plugin(root)?;
        let headers: Vec<Value> = HEADERS.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        let answer = json!({ "status": 200, "headers": headers, "body": BODY });
        let mut command = Command::new(program);
        command.arg(plugin).arg(live::question().to_string()).arg(answer.to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("start extism-peer")?;
        let input = child.stdin.take().context("its input")?;
        let output = BufReader::new(child.stdout.take().context("its output")?);
        Ok(Self { child, input, output })
    }

    /// The prices it answers.
    pub(super) fn prices(&mut self) -> anyhow::Result<Value> {
        self.say("prices")
    }

    /// What a call takes with an instance for each, in microseconds.
    pub(super) fn fresh(&mut self, calls: u32) -> anyhow::Result<f64> {
        self.say(&format!("fresh {calls}"))?.as_f64().context("a number")
    }

    /// What a call takes with one instance for all, in microseconds.
    pub(super) fn warm(&mut self, calls: u32) -> anyhow::Result<f64> {
        self.say(&format!("warm {calls}"))?.as_f64().context("a number")
    }

    fn say(&mut self, line: &str) -> anyhow::Result<Value> {
        writeln!(self.input, "{line}").context("ask extism-peer")?;
        let mut told = String::new();
        self.output.read_line(&mut told)?;
        serde_json::from_str(&told).context("read what extism-peer tells")
    }
}

impl Drop for Extism {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(root: &Path) -> anyhow::Result<PathBuf> {
    let target = root.join("target/peers/extism");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root.join("tests/peers/extism"));
    // The wasmtime that extism asks for names a newer compiler than it needs.
    command.args(["build", "--quiet", "--locked", "--ignore-rust-version"]);
    // A bench that is built for speed measures what is built for speed.
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    command.args((profile == "release").then_some("--release"));
    let built = command.env("CARGO_TARGET_DIR", &target).status().context("start cargo")?;
    ensure!(built.success(), "extism does not build; `cargo build` in tests/peers/extism says why");
    Ok(target.join(profile).join("extism-peer"))
}

fn plugin(root: &Path) -> anyhow::Result<PathBuf> {
    let script = r#"
        set -e
        eval "$(.ci/wasm-target)"
        export CARGO_TARGET_DIR="$PWD/target/peers/extism-plugin"
        cd tests/peers/extism/plugin
        cargo build --quiet --release --locked --target wasm32-unknown-unknown
    "#;
    let built = Command::new("bash").current_dir(root).args(["-c", script]).status().context("start bash")?;
    ensure!(built.success(), "the extism plug-in does not build; `cargo build` in tests/peers/extism/plugin says why");
    Ok(root.join("target/peers/extism-plugin/wasm32-unknown-unknown/release/extism_prices.wasm"))
}
