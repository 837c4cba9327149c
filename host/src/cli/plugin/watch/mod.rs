//! `plugin watch`: a connector is built on every change and installed, and what it logs is shown. A mistake in its
//! sources is told, and the next change is waited for.

mod change;
mod tail;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::Value;

use super::build;
use super::component;
use super::project::Project;
use super::sheet;
use super::toolchain::Toolchain;
use super::version;
use crate::cli::client::{Client, Remote};
use crate::cli::screen::Screen;
use crate::config::HostConfig;
use crate::limits;
use crate::seam::{self, Clock};
use change::Sources;
use tail::Tail;

#[derive(Debug, Args)]
pub(in crate::cli) struct Watch {
    /// The connector's folder.
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
    /// Show log lines of this connection only; of all that use the connector if it is not given.
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Let a version serve that asks for more hosts or secrets than the one before it.
    #[arg(long)]
    accept: bool,
    /// What cargo gets besides, such as `-- --features x`.
    #[arg(last = true, value_name = "CARGO ARGUMENTS")]
    cargo: Vec<String>,
}

/// Where a new version goes.
enum Place {
    /// A running host, asked over its API.
    Host(Box<Client>),
    /// The folder that a running host looks through.
    Folder(PathBuf),
    /// Nowhere: there is no host to be seen.
    None,
}

impl Watch {
    /// Until it is stopped with Ctrl-C.
    pub(super) async fn run(&self, config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<bool> {
        let place = self.place(config, remote, screen)?;
        let project = Project::of(&self.folder)?;
        let tools = Toolchain::find(&project.folder, false, screen)?;
        let clock = Clock::system();
        let mut sources = Sources::new(&self.folder);
        let mut tail = Tail::new(self.connection.clone(), clock.now());
        loop {
            if sources.changed() {
                match self.turn(&tools, &place, screen).await {
                    Ok(name) => tail.of_connector(name),
                    // What the compiler says stands on the screen already; the loop goes on.
                    Err(error) => screen.failed(&error),
                }
                screen.line(&format!("Waiting for a change in {} (Ctrl-C ends this).", self.folder.display()));
            }
            if let Place::Host(client) = &place {
                tail.show(client, screen).await;
            }
            clock.sleep(limits::FOLDER_WATCH).await;
        }
    }

    fn place(&self, config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<Place> {
        if remote.has_key() {
            return Ok(Place::Host(Box::new(remote.client(config)?)));
        }
        if !config.exists() {
            screen.note(&format!(
                "There is no {}: the connector is built and not installed. Name a host's configuration with --config, or \
                 set APICONNECT_URL and APICONNECT_KEY.",
                config.display()
            ));
            return Ok(Place::None);
        }
        let folder = HostConfig::read(config)?.plugins;
        screen.note(&format!(
            "Installing into {}, where a running host looks. Set APICONNECT_KEY to install over the API and to see what \
             the connector logs.",
            folder.display()
        ));
        Ok(Place::Folder(folder))
    }

    /// Builds and installs once; the connector's name.
    async fn turn(&self, tools: &Toolchain, place: &Place, screen: &mut Screen) -> anyhow::Result<String> {
        let watch = seam::stopwatch();
        // Read anew: its name or its workspace may be what has changed.
        let project = Project::of(&self.folder)?;
        let modules = build::compile(std::slice::from_ref(&project), tools, &self.cargo)?;
        let file = build::place(&project, None);
        let module = modules.first().context("find the module")?;
        component::put(&file, &component::of_module(module)?)?;
        let loaded = sheet::load(&file).await?;
        let (name, version) = (loaded.description.name.clone(), &loaded.description.version);
        let took = watch.elapsed().as_secs_f32();
        screen.line(&format!("Built {name} {version} in {took:.1} s ({} kB).", loaded.bytes.div_ceil(1_000)));
        match place {
            Place::None => {}
            Place::Folder(folder) => {
                let target = folder.join(format!("{name}.wasm"));
                component::put(&target, &std::fs::read(&file)?)?;
                screen.line(&format!("Put it into {}.", folder.display()));
            }
            Place::Host(client) => {
                let mut answer = version::upload(client, &file).await?;
                if self.accept && answer.get("waiting").is_some_and(Value::is_string) {
                    answer = version::activate(client, &name, Some(&loaded.digest), true).await?;
                }
                version::tell(&answer, screen);
            }
        }
        Ok(name)
    }
}
