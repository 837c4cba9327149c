//! One compiled version of a connector and what it can do.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use super::bindings::exports::apiconnect::connector as contract;
use super::bindings::exports::apiconnect::connector::connector::Description;
use super::compiler::Compiler;
use super::file::{self, File, FileError};
use super::guest::Guest;
use super::import;
use super::interface::{Exports, Interface, PACKAGE, VERSION};
use super::signature::SignatureError;
use crate::limits;
use crate::seam;

/// Why a component cannot serve.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file is no component.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nobody the operator trusts has signed it.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It does not validate or compile.
    #[error("compile the connector: {0}")]
    Compile(String),
    /// It needs something that this host does not give, or lacks something that it must have.
    #[error("load the connector: {0}")]
    Contract(String),
    /// It could not say who it is.
    #[error("ask the connector who it is: {0}")]
    Describe(String),
}

/// A version of a connector that is ready to be called. Immutable: a new version is a new `Loaded`.
pub struct Loaded {
    /// What the connector says of itself.
    pub description: Description,
    /// What it can do, read from its exports.
    pub interfaces: BTreeSet<Interface>,
    /// SHA-256 of the file, as hex.
    pub digest: String,
    /// Size of the file.
    pub bytes: u64,
    pub(super) pre: InstancePre<Guest>,
    pub(super) exports: Exports,
    pub(super) slots: Arc<Semaphore>,
}

/// The engine, what it links, and how many calls it runs at once.
#[derive(Clone)]
pub struct Sandbox {
    engine: Engine,
    linker: Arc<Linker<Guest>>,
    slots: Arc<Semaphore>,
    compiler: Option<Compiler>,
}

impl Sandbox {
    /// Sandboxes on this engine.
    ///
    /// # Errors
    /// When the contract cannot be linked, which is a fault of the build.
    pub fn new(engine: Engine) -> Result<Self, LoadError> {
        let linker = import::linker(&engine).map_err(|e| LoadError::Contract(format!("{e:#}")))?;
        let slots = Arc::new(Semaphore::new(limits::CALLS_AT_ONCE_MAX as usize));
        Ok(Self { engine, linker: Arc::new(linker), slots, compiler: None })
    }

    /// Compiles in a process of its own from now on, where this program can be one. `cache` is the engine's own.
    #[must_use]
    pub fn compiling_apart(self, cache: &Path) -> Self {
        Self { compiler: Compiler::of_this_program(cache), ..self }
    }

    /// Reads, checks, compiles and asks a connector, off the request path.
    ///
    /// # Errors
    /// [`LoadError`] says what is wrong with the file and what to do.
    pub async fn load(&self, path: &Path) -> Result<Loaded, LoadError> {
        let path = path.to_owned();
        let read = seam::spawn_blocking(move || file::read(&path)).await;
        self.load_file(&Arc::new(read.map_err(|e| LoadError::Compile(e.to_string()))??)).await
    }

    /// The same for a file that was read already.
    pub(super) async fn load_file(&self, file: &Arc<File>) -> Result<Loaded, LoadError> {
        let (sandbox, bytes) = (self.clone(), Arc::clone(file));
        let prepared = seam::spawn_blocking(move || {
            let prepared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| sandbox.prepare(&bytes)));
            prepared.unwrap_or_else(|_| Err(LoadError::Compile("the compiler gave up on this file".into())))
        });
        let pre = prepared.await.map_err(|e| LoadError::Compile(e.to_string()))??;
        self.finish(file, pre).await
    }

    fn prepare(&self, file: &File) -> Result<InstancePre<Guest>, LoadError> {
        if let Some(compiler) = &self.compiler {
            compiler.compile(&file.digest, &file.bytes);
        }
        let component = Component::new(&self.engine, &file.bytes).map_err(|e| LoadError::Compile(format!("{e:#}")))?;
        // Exports first: what a connector offers tells its author more than the types it imports for that.
        check_exports(&self.engine, &component)?;
        check_imports(&self.engine, &component)?;
        self.linker.instantiate_pre(&component).map_err(|e| LoadError::Contract(format!("{e:#}")))
    }

    async fn finish(&self, file: &File, pre: InstancePre<Guest>) -> Result<Loaded, LoadError> {
        let (exports, interfaces) = exports(&self.engine, &pre)?;
        let mut loaded = Loaded {
            description: unknown(),
            interfaces,
            digest: file.digest.clone(),
            bytes: file.bytes.len() as u64,
            pre,
            exports,
            slots: Arc::clone(&self.slots),
        };
        loaded.description = within_describe(&loaded).await?;
        check_description(&loaded.description)?;
        Ok(loaded)
    }
}

async fn within_describe(loaded: &Loaded) -> Result<Description, LoadError> {
    let limit: Duration = limits::DESCRIBE_TIMEOUT;
    loaded.describe(limit).await.map_err(|error| LoadError::Describe(error.to_string()))
}

fn check_description(description: &Description) -> Result<(), LoadError> {
    let refuse = |text: String| Err(LoadError::Describe(text));
    let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if description.name.is_empty()
        || description.name.len() > limits::CONNECTOR_NAME_BYTES_MAX
        || !description.name.chars().all(simple)
    {
        return refuse(format!("`{}` is no name; use lower-case letters, digits and `-`", description.name));
    }
    let schema = serde_json::from_str(&description.settings_schema)
        .map_err(|e| LoadError::Describe(format!("its settings schema is no JSON: {e}")))?;
    match jsonschema::validator_for(&schema) {
        Ok(_) => Ok(()),
        Err(error) => refuse(format!("its settings schema is no JSON Schema: {error}")),
    }
}

fn check_imports(engine: &Engine, component: &Component) -> Result<(), LoadError> {
    let kind = component.component_type();
    for (name, _) in kind.imports(engine) {
        let Some(rest) = name.strip_prefix(PACKAGE) else {
            return Err(LoadError::Contract(format!(
                "it imports {name}, which this host does not give; a connector gets http, secret, state, log and clock"
            )));
        };
        let (interface, version) = rest.split_once('@').unwrap_or((rest, ""));
        if !version.starts_with("0.1.") {
            return Err(LoadError::Contract(version_text("imports", name)));
        }
        let types = ["types", "parties", "products", "documents", "changes"];
        if !import::GIVEN.contains(&interface) && !types.contains(&interface) {
            return Err(LoadError::Contract(format!("it imports {name}, which this host cannot grant yet")));
        }
    }
    Ok(())
}

/// What the component offers, and where.
fn exports(engine: &Engine, pre: &InstancePre<Guest>) -> Result<(Exports, BTreeSet<Interface>), LoadError> {
    let kind = pre.component().component_type();
    let has = |name: &str| kind.exports(engine).any(|(n, _)| n == format!("{PACKAGE}{name}@{VERSION}"));
    if !has("connector") {
        return Err(LoadError::Contract(format!(
            "it does not export {PACKAGE}connector@{VERSION}, so it is no connector; build it with the connector SDK"
        )));
    }
    let interfaces = Interface::ALL.iter().copied().filter(|interface| has(interface.name())).collect();
    let wrong =
        |e: wasmtime::Error| LoadError::Contract(format!("an export does not fit the contract {VERSION}: {e:#}"));
    Ok((Exports::of(pre, &interfaces).map_err(wrong)?, interfaces))
}

fn check_exports(engine: &Engine, component: &Component) -> Result<(), LoadError> {
    let kind = component.component_type();
    for (name, _) in kind.exports(engine) {
        if let Some(version) = name.strip_prefix(PACKAGE).and_then(|rest| rest.split_once('@')).map(|(_, v)| v)
            && !version.starts_with("0.1.")
        {
            return Err(LoadError::Contract(version_text("exports", name)));
        }
    }
    Ok(())
}

fn version_text(does: &str, name: &str) -> String {
    format!("it {does} {name}, this host speaks 0.1; rebuild it with an SDK for 0.1, or upgrade the host")
}

/// Stands in until the connector has answered.
fn unknown() -> Description {
    Description {
        name: String::new(),
        title: String::new(),
        vendor: String::new(),
        version: String::new(),
        kind: contract::connector::Kind::Generic,
        settings_schema: String::new(),
        hosts: Vec::new(),
        secrets: Vec::new(),
        session: None,
        operations: Vec::new(),
        rate: None,
        documentation: None,
    }
}
