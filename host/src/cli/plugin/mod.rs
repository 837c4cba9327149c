//! `plugin`: making a connector, and the versions that serve.
//!
//! What a vendor needs: `template` makes a connector's folder, with the SDK that `kit` holds; `project` knows that folder,
//! `toolchain` the compiler for it, and `build` makes the component, which `sheet` tells about and `test` tries before
//! everything that can go wrong; `signing` has keys and signatures; `watch` builds and reloads on every change. What an operator needs: `version` installs, lists and chooses.

mod build;
mod component;
mod kit;
mod lockfile;
mod project;
mod sheet;
mod signing;
mod template;
mod test;
mod toolchain;
mod version;
mod watch;

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::client::Remote;
use super::screen::Screen;
use super::shadow::Shadow;
use crate::limits;
use crate::plugin;

/// With APICONNECT_KEY a running host is asked; without it the folders are used, which works while the host stands
/// still.
#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Make a folder with a new connector: it builds, and its tests pass.
    New(template::New),
    /// Build a connector as a component, and tell what is in it.
    Build(build::Build),
    Test(test::TestCommand),
    /// Build a connector on every change, install it, and show what it logs.
    Watch(watch::Watch),
    /// Load a file as the host would, and tell what it is, what it can do and what it asks for.
    Inspect(sheet::Inspect),
    /// Make a pair of keys to sign connectors with.
    Keygen(signing::Keygen),
    /// Sign a connector: writes FILE.minisig beside it.
    Sign(signing::Sign),
    /// List connectors, the version that serves, the versions that are kept, and files that do not load.
    List,
    /// Install a connector, or a new version of one. A signature is taken from FILE.minisig beside it.
    Install(version::Install),
    /// Let a version that is kept serve.
    Activate(version::Activate),
    /// Try another version on recorded calls, without a network, before it serves. Nothing changes.
    ///
    /// The exit code is 0 when every recorded call ends as it did, and 1 when one differs, crashes or asks for something
    /// that was not recorded.
    Shadow(Shadow),
    /// Go back to the version that served before.
    Rollback(version::Rollback),
    /// Put the SDK of this program into a connector's folder, in place of the one that is there.
    Sdk(kit::Sdk),
    /// Print what a shell needs to build for Wasm with cargo: `eval "$(apiconnect plugin target)"`.
    #[command(hide = true)]
    Target(build::Target),
    /// Compile the component on standard input into a cache folder; the host runs this for itself.
    #[command(hide = true)]
    Compile {
        /// The cache.
        cache: PathBuf,
    },
    /// Make a component of a core module that was built with the Rust SDK; `build` does this by itself.
    Componentize(component::Componentize),
}

impl PluginCommand {
    pub(super) async fn run(&self, config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<bool> {
        match self {
            Self::New(new) => new.run(screen),
            Self::Build(build) => build.run(screen).await,
            Self::Test(test) => test.run(screen).await,
            Self::Watch(watch) => watch.run(config, remote, screen).await,
            Self::Inspect(inspect) => inspect.run(config, screen).await,
            Self::Keygen(keygen) => keygen.run(screen),
            Self::Sign(sign) => sign.run(screen).await,
            Self::List => version::list(config, remote, screen).await,
            Self::Install(install) => install.run(config, remote, screen).await,
            Self::Activate(activate) => activate.run(config, remote, screen).await,
            Self::Shadow(shadow) => shadow.run(config, remote, screen).await,
            Self::Rollback(rollback) => rollback.run(config, remote, screen).await,
            Self::Sdk(sdk) => sdk.run(screen),
            Self::Target(target) => target.run(screen),
            Self::Compile { cache } => {
                let mut wasm = Vec::new();
                std::io::stdin().take(limits::COMPONENT_BYTES_MAX).read_to_end(&mut wasm)?;
                plugin::compile_into(cache, &wasm)?;
                Ok(true)
            }
            Self::Componentize(componentize) => componentize.run(screen),
        }
    }
}
