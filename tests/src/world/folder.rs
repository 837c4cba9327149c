//! The folder of a host: configuration, connectors, connections.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tempfile::TempDir;

/// The master key of every test, which seals nothing of worth.
pub const MASTER_KEY: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed\n";

/// A host's folder that is deleted at the end.
#[derive(Debug)]
pub struct Folder {
    path: TempDir,
}

/// The component of a connector, as `just plugins` leaves it.
///
/// # Errors
/// When it was not built.
pub fn component(name: &str) -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests have a parent folder")?;
    let path = root.join("target/plugins/components").join(format!("{name}.wasm"));
    ensure!(path.exists(), "{} is not there; run `just plugins`", path.display());
    Ok(path)
}

impl Folder {
    /// A folder with empty `plugins` and `connections` and a configuration of defaults; its records are sealed, as those
    /// of every host that `init` made.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn new() -> anyhow::Result<Self> {
        let path = tempfile::Builder::new().prefix("apiconnect-").tempdir()?;
        for name in ["plugins", "connections", "data"] {
            std::fs::create_dir(path.path().join(name))?;
        }
        std::fs::write(path.path().join("master.key"), MASTER_KEY)?;
        let folder = Self { path };
        folder.configure("[store]\nmaster_key = { file = \"master.key\" }\n")?;
        Ok(folder)
    }

    /// Writes the configuration anew: a free port, and `more`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn configure(&self, more: &str) -> anyhow::Result<()> {
        Ok(std::fs::write(self.config(), format!("listen = \"127.0.0.1:0\"\n{more}"))?)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.path.path()
    }

    /// The configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.path().join("apiconnect.toml")
    }

    /// Puts a connector into `plugins`, the way a person does: written beside and moved into place.
    ///
    /// # Errors
    /// When it was not built, or the disk refuses.
    pub fn install(&self, name: &str) -> anyhow::Result<()> {
        self.plugin(&format!("{name}.wasm"), &std::fs::read(component(name)?)?)
    }

    /// Puts any file into `plugins`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn plugin(&self, file: &str, bytes: &[u8]) -> anyhow::Result<()> {
        put(&self.path().join("plugins"), file, bytes)
    }

    /// Lets the host of this folder share compiled code with other tests: some connectors take ten seconds to compile.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn share_compiled(&self) -> anyhow::Result<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests have a parent folder")?;
        let shared = root.join("target/languages/compiled");
        std::fs::create_dir_all(&shared)?;
        Ok(std::os::unix::fs::symlink(shared, self.path().join("data/compiled"))?)
    }

    /// Writes a connection file.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn connection(&self, name: &str, text: &str) -> anyhow::Result<()> {
        put(&self.path().join("connections"), &format!("{name}.toml"), text.as_bytes())
    }

    /// A connection to the simulator of SAP Business One, with its password in a file of the folder.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn business_one(&self, name: &str, address: &str) -> anyhow::Result<()> {
        let more = r#", currency = "USD", default_warehouse = "01", units = { BOX = 2 }"#;
        self.business_one_through("sap-business-one", name, address, more)
    }

    /// The same through another connector that knows its prices; `more` are further settings.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn business_one_through(&self, connector: &str, name: &str, address: &str, more: &str) -> anyhow::Result<()> {
        std::fs::write(self.path().join("connections/b1-user"), "connector\n")?;
        std::fs::write(self.path().join("connections/b1-password"), "s3cret-b1\n")?;
        let text = format!(
            r#"connector = "{connector}"
base_url = "{address}/b1s/v1/"
auth = {{ kind = "session" }}
grants = {{ private_network = true }}
settings = {{ company_db = "SBODEMOUS"{more} }}
secrets = {{ user = {{ file = "b1-user" }}, password = {{ file = "b1-password" }} }}
"#
        );
        self.connection(name, &text)
    }
}

fn put(folder: &Path, file: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = folder.join(format!("{file}.new"));
    std::fs::write(&beside, bytes)?;
    std::fs::rename(beside, folder.join(file))?;
    Ok(())
}
