//! `plugin keygen` and `plugin sign`: keys and detached signatures, in minisign's format.

use std::io::{Cursor, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox};
use serde_json::json;
use thiserror::Error;

use super::component;
use super::sheet;
use crate::cli::screen::Screen;
use crate::plugin::{Signature, Trust};
use crate::seam::Clock;

/// Where a password is taken from when nobody can be asked.
const PASSWORD: &str = "APICONNECT_SIGN_PASSWORD";

/// Why there is no key or no signature.
#[derive(Debug, Error)]
enum SigningError {
    #[error("write {}: it is there already; --force writes over it", .0.display())]
    Exists(PathBuf),
    #[error("write {}: {problem}", .path.display())]
    Write { path: PathBuf, problem: String },
    #[error("read the key {}: {problem}", .path.display())]
    Key { path: PathBuf, problem: String },
    #[error(
        "ask for the key's password: nobody is at a terminal; set {PASSWORD}{}",
        if *.new { ", or make a key without one with --no-password" } else { "" }
    )]
    NoTerminal { new: bool },
    #[error("take the password: {0}")]
    Password(String),
    #[error("make a key: {0}")]
    Generate(String),
    #[error("sign {}: {problem}", .file.display())]
    Sign { file: PathBuf, problem: String },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Keygen {
    /// The secret key's file; the public key goes beside it, as .pub.
    #[arg(long, short, default_value = "connector.key", value_name = "KEY")]
    output: PathBuf,
    /// Do not protect the secret key with a password: for machines that sign by themselves.
    #[arg(long)]
    no_password: bool,
    /// Write over files that are there.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Sign {
    /// The component.
    file: PathBuf,
    /// The secret key's file. (`--key` is the API key, here as everywhere.)
    #[arg(long, short = 'k', default_value = "connector.key", value_name = "KEY")]
    secret_key: PathBuf,
    /// Write over a signature that is there.
    #[arg(long)]
    force: bool,
}

impl Keygen {
    pub(super) fn run(&self, screen: &mut Screen) -> anyhow::Result<bool> {
        let public_file = self.output.with_extension("pub");
        for path in [&self.output, &public_file] {
            free(path, self.force)?;
        }
        let failed = |e: minisign::PError| SigningError::Generate(e.to_string());
        let pair = match self.no_password {
            true => KeyPair::generate_unencrypted_keypair(),
            false => KeyPair::generate_encrypted_keypair(Some(new_password()?)),
        };
        let pair = pair.map_err(failed)?;
        let secret = pair.sk.to_box(Some("secret key of a vendor of apiconnect connectors")).map_err(failed)?;
        let public = pair.pk.to_box().map_err(failed)?;
        write(&self.output, &secret.to_bytes(), true)?;
        write(&public_file, &public.to_bytes(), false)?;
        let public = pair.pk.to_base64();
        screen.value(&json!({ "secret_key": self.output, "public_key_file": public_file, "public_key": public }));
        screen.line(&format!("Wrote {} (keep it to yourself) and {}.", self.output.display(), public_file.display()));
        screen.line("");
        screen.line("Who trusts your connectors writes this into apiconnect.toml:");
        screen.line("");
        screen.line("  [trust]");
        screen.line(&format!("  keys = [\"{public}\"]"));
        Ok(true)
    }
}

impl Sign {
    pub(super) async fn run(&self, screen: &mut Screen) -> anyhow::Result<bool> {
        let signature_file = component::signature_of(&self.file);
        free(&signature_file, self.force)?;
        // Only what a host would take is signed, and the signature says what it is.
        let loaded = sheet::load(&self.file).await?;
        let (bytes, _) = component::read(&self.file)?;
        let key = secret_key(&self.secret_key)?;
        let failed = |problem: String| SigningError::Sign { file: self.file.clone(), problem };
        let public = PublicKey::from_secret_key(&key).map_err(|e| failed(e.to_string()))?;
        let (name, version) = (&loaded.description.name, &loaded.description.version);
        let comment = format!("{name} {version}, signed at {}", Clock::system().now() / 1_000);
        let signed = minisign::sign(Some(&public), &key, Cursor::new(&bytes), Some(&comment), Some("apiconnect"));
        let text = signed.map_err(|e| failed(e.to_string()))?.into_string();
        // What a host will say about it, before anybody relies on it.
        let checked = Trust::new(&[public.to_base64()], true)?.check(&bytes, Some(&text));
        if !matches!(checked, Ok(Signature::Verified { .. })) {
            return Err(failed("the signature does not verify".to_owned()).into());
        }
        write(&signature_file, text.as_bytes(), false)?;
        screen.value(&json!({ "signature": signature_file, "comment": comment, "public_key": public.to_base64() }));
        screen.line(&format!("Wrote {}: {comment}.", signature_file.display()));
        screen.line(&format!("Signed with the key {}", public.to_base64()));
        Ok(true)
    }
}

fn free(path: &Path, force: bool) -> Result<(), SigningError> {
    if path.exists() && !force { Err(SigningError::Exists(path.to_owned())) } else { Ok(()) }
}

/// Reads a secret key; asks for its password when it has one.
fn secret_key(path: &Path) -> Result<SecretKey, SigningError> {
    let failed = |problem: String| SigningError::Key { path: path.to_owned(), problem };
    let text =
        std::fs::read_to_string(path).map_err(|e| failed(format!("{e}; make one with `apiconnect plugin keygen`")))?;
    if text.contains("public key") {
        return Err(failed("it is a public key; signing takes the secret one".to_owned()));
    }
    let parse = || SecretKeyBox::from_string(&text).map_err(|e| failed(e.to_string()));
    if let Ok(key) = parse()?.into_unencrypted_secret_key() {
        return Ok(key);
    }
    let password = password("Password of the key: ", false)?;
    parse()?.into_secret_key(Some(password)).map_err(|e| failed(format!("{e}; is the password right?")))
}

fn new_password() -> Result<String, SigningError> {
    let first = password("A password for the new key: ", true)?;
    if std::env::var_os(PASSWORD).is_none() && password("The same once more: ", true)? != first {
        return Err(SigningError::Password("the two are not the same".to_owned()));
    }
    match first.is_empty() {
        true => Err(SigningError::Password("it is empty; --no-password makes a key without one".to_owned())),
        false => Ok(first),
    }
}

/// From the environment, else from the person at the terminal.
fn password(prompt: &str, new: bool) -> Result<String, SigningError> {
    if let Ok(password) = std::env::var(PASSWORD) {
        return Ok(password);
    }
    if !std::io::stdin().is_terminal() {
        return Err(SigningError::NoTerminal { new });
    }
    rpassword::prompt_password(prompt).map_err(|e| SigningError::Password(e.to_string()))
}

/// Writes a file; a secret one is readable by its owner only, from its first byte on.
fn write(path: &Path, bytes: &[u8], secret: bool) -> Result<(), SigningError> {
    let failed = |e: std::io::Error| SigningError::Write { path: path.to_owned(), problem: e.to_string() };
    if path.exists() {
        std::fs::remove_file(path).map_err(failed)?;
    }
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if secret {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = secret;
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_kept_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vendor.key");
        let keygen = Keygen { output: file.clone(), no_password: true, force: false };
        keygen.run(&mut Screen::new(true)).unwrap();
        let public = std::fs::read_to_string(folder.path().join("vendor.pub")).unwrap();
        let key = secret_key(&file).unwrap();
        assert!(public.contains(&PublicKey::from_secret_key(&key).unwrap().to_base64()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let before = std::fs::read(&file).unwrap();
        let error = keygen.run(&mut Screen::new(true)).unwrap_err().to_string();
        assert!(error.contains("--force") && std::fs::read(&file).unwrap() == before, "{error}");
        assert!(secret_key(&folder.path().join("vendor.pub")).unwrap_err().to_string().contains("public key"));
        assert!(secret_key(&folder.path().join("none")).unwrap_err().to_string().contains("plugin keygen"));
    }

    #[test]
    fn a_key_with_a_password_opens_with_it_alone() {
        let pair = KeyPair::generate_encrypted_keypair(Some("right".into())).unwrap();
        let text = pair.sk.to_box(None).unwrap().to_string();
        let open =
            |password: &str| SecretKeyBox::from_string(&text).unwrap().into_secret_key(Some(password.into())).is_ok();
        assert!(open("right") && !open("wrong"));
        assert!(SecretKeyBox::from_string(&text).unwrap().into_unencrypted_secret_key().is_err());
    }
}
