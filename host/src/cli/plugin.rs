//! `plugin`: connectors as files.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use serde::Serialize;

use super::screen::Screen;
use crate::config::HostConfig;
use crate::host;
use crate::limits;
use crate::plugin::{self, Interface, Sandbox, component_of};
use crate::seam::Clock;

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// List the connectors of the plugins folder, and files that do not load.
    List,
    /// Load a file as the host would, and tell what it is and can do.
    Inspect {
        /// The component.
        file: PathBuf,
    },
    /// Compile the component on standard input into a cache folder; the host runs this for itself.
    #[command(hide = true)]
    Compile {
        /// The cache.
        cache: PathBuf,
    },
    /// Make a component of a core module that was built with the Rust SDK.
    Componentize {
        /// The core module: target/wasm32-unknown-unknown/…/name.wasm
        module: PathBuf,
        /// Where the component is written.
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
    },
}

#[derive(Serialize)]
struct Told {
    name: String,
    title: String,
    vendor: String,
    version: String,
    interfaces: Vec<Interface>,
    bytes: u64,
    digest: String,
}

impl PluginCommand {
    pub(super) async fn run(&self, config: &Path, screen: &mut Screen) -> anyhow::Result<bool> {
        match self {
            Self::List => list(config, screen).await,
            Self::Inspect { file } => {
                let loaded = Sandbox::new(plugin::engine(None)?)?.load(file).await?;
                show(&told(&loaded), screen);
                Ok(true)
            }
            Self::Compile { cache } => {
                let mut wasm = Vec::new();
                std::io::stdin().take(limits::COMPONENT_BYTES_MAX).read_to_end(&mut wasm)?;
                plugin::compile_into(cache, &wasm)?;
                Ok(true)
            }
            Self::Componentize { module, output } => {
                let bytes = std::fs::read(module).with_context(|| format!("read {}", module.display()))?;
                let component = component_of(&bytes)?;
                // Written beside and moved: a host that watches the folder never sees half a file.
                let beside = output.with_extension("wasm.new");
                std::fs::write(&beside, &component).with_context(|| format!("write {}", beside.display()))?;
                std::fs::rename(&beside, output).with_context(|| format!("write {}", output.display()))?;
                screen.value(&serde_json::json!({ "file": output, "bytes": component.len() }));
                screen.line(&format!("Wrote {} ({} kB).", output.display(), component.len() / 1_000));
                Ok(true)
            }
        }
    }
}

async fn list(config: &Path, screen: &mut Screen) -> anyhow::Result<bool> {
    let connections = host::systems(&HostConfig::read(config)?, Clock::system()).await?;
    let registry = connections.registry();
    let all: Vec<Told> = registry.list().iter().map(|(_, loaded)| told(loaded)).collect();
    let refused = registry.refused();
    screen.value(&serde_json::json!({ "items": all, "refused": refused }));
    for one in &all {
        screen.line(&format!("{} {}: {}", one.name, one.version, words(&one.interfaces)));
    }
    for (file, problem) in &refused {
        screen.line(&format!("{}: failed to {problem}", file.display()));
    }
    Ok(refused.is_empty())
}

fn told(loaded: &plugin::Loaded) -> Told {
    let about = &loaded.description;
    Told {
        name: about.name.clone(),
        title: about.title.clone(),
        vendor: about.vendor.clone(),
        version: about.version.clone(),
        interfaces: loaded.interfaces.iter().copied().collect(),
        bytes: loaded.bytes,
        digest: loaded.digest.clone(),
    }
}

fn show(one: &Told, screen: &mut Screen) {
    screen.value(one);
    screen.line(&format!("{} {} by {} ({})", one.name, one.version, one.vendor, one.title));
    screen.line(&format!("  can do   {}", words(&one.interfaces)));
    screen.line(&format!("  size     {} kB", one.bytes / 1_000));
    screen.line(&format!("  sha-256  {}", one.digest));
}

fn words(interfaces: &[Interface]) -> String {
    interfaces.iter().map(|interface| interface.name()).collect::<Vec<_>>().join(", ")
}
