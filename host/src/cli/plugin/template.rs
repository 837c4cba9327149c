//! `plugin new`: a folder with a connector that builds and whose tests pass.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use include_dir::{Dir, include_dir};
use serde_json::json;
use thiserror::Error;

use super::kit;
use super::lockfile;
use crate::cli::screen::Screen;
use crate::limits;

static RUST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../sdk/template/rust");
/// The version that a new connector begins with.
const VERSION: &str = "0.1.0";
/// What the template depends on.
const DEPENDENCIES: [&str; 2] = ["apiconnect-sdk", "serde"];
/// Names that cargo or the compiler keeps for itself, or that the template depends on.
const TAKEN: [&str; 52] = [
    "abstract",
    "alloc",
    "apiconnect-sdk",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "test",
    "trait",
    "type",
    "use",
    "where",
    "while",
];

/// Why there is no new connector.
#[derive(Debug, Error)]
enum TemplateError {
    #[error("name a connector `{name}`: {problem}{hint}")]
    Name { name: String, problem: String, hint: String },
    #[error("make a connector in {}: {problem}; choose another folder with --path", .folder.display())]
    Folder { folder: PathBuf, problem: &'static str },
    #[error(
        "use the SDK `{sdk}`: it is neither a folder with a Cargo.toml nor a version such as 0.1; leave --sdk out to get \
         the SDK of this program"
    )]
    Sdk { sdk: String },
    #[error("make a connector in {language}: there is no template; {instead}")]
    Language { language: &'static str, instead: &'static str },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// Rust, with the SDK.
    Rust,
    /// JavaScript, by componentize-qjs.
    Js,
    /// Python, by componentize-py.
    Python,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct New {
    /// Its name, as connections will write it: lower-case letters, digits and `-`, such as `acme-erp`.
    name: String,
    /// What it is written in.
    #[arg(long, value_enum, default_value = "rust")]
    language: Language,
    /// Its folder; ./NAME if it is not given.
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
    /// Another SDK than this program's: a folder, or a version from a registry.
    #[arg(long, value_name = "PATH|VERSION")]
    sdk: Option<String>,
}

impl New {
    pub(super) fn run(&self, screen: &mut Screen) -> anyhow::Result<bool> {
        check_language(self.language)?;
        check_name(&self.name)?;
        let folder = self.path.clone().unwrap_or_else(|| PathBuf::from(&self.name));
        check_folder(&folder)?;
        let sdk = dependency(self.sdk.as_deref())?;
        self.write(&folder, &sdk)?;
        if self.sdk.is_none() {
            kit::unpack(&folder)?;
            let lock = lockfile::of_package(kit::LOCK, &self.name, VERSION, &DEPENDENCIES);
            put(&folder.join("Cargo.lock"), &lock.context("read the lock file in this program")?)?;
        }
        screen.value(&json!({ "folder": folder, "name": self.name, "sdk": sdk }));
        let place = folder.display();
        screen.line(&format!("Made {place}: a connector that reads prices and stock, and writes orders."));
        screen.line("");
        screen.line("Next:");
        screen.line(&format!("  cd {place}"));
        screen.line("  cargo test                 its tests, natively, on the recorded answers in fixtures/");
        screen.line(&format!("  apiconnect plugin build    makes target/{}.wasm and tells what is in it", self.name));
        screen.line("");
        screen.line("README.md says what system the code is written for; make it yours file by file.");
        Ok(true)
    }

    fn write(&self, folder: &Path, sdk: &str) -> anyhow::Result<()> {
        let title = title(&self.name);
        for file in files(&RUST) {
            let path = match file.path().to_str() {
                Some("Cargo.toml.template") => Path::new("Cargo.toml"),
                Some("gitignore") => Path::new(".gitignore"),
                _ => file.path(),
            };
            let text = file.contents_utf8().unwrap_or_default();
            let text = text.replace("{{name}}", &self.name).replace("{{title}}", &title).replace("{{sdk}}", sdk);
            put(&folder.join(path), &text)?;
        }
        Ok(())
    }
}

fn files<'a>(folder: &'a Dir<'a>) -> Vec<&'a include_dir::File<'a>> {
    folder.files().chain(folder.dirs().flat_map(files)).collect()
}

fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("make the folder {}", folder.display()))?;
    }
    std::fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

fn check_language(language: Language) -> Result<(), TemplateError> {
    let (language, instead) = match language {
        Language::Rust => return Ok(()),
        Language::Js => (
            "JavaScript",
            "write a world of its own that exports apiconnect:connector/connector@0.1.0 and what you offer, with the \
             contract beside it in deps/ (`apiconnect plugin new NAME` puts it into vendor/apiconnect/wit/), and make the \
             component with npm's componentize-qjs: componentize-qjs --sync --stub-wasi --wit wit --world WORLD --js \
             erp.js --output erp.wasm",
        ),
        Language::Python => (
            "Python",
            "write a world of its own that exports apiconnect:connector/connector@0.1.0 and what you offer, with the \
             contract beside it in deps/ (`apiconnect plugin new NAME` puts it into vendor/apiconnect/wit/), and make the \
             component with componentize-py from PyPI: componentize-py --wit-path wit --world WORLD componentize \
             --stub-wasi erp --output erp.wasm",
        ),
    };
    Err(TemplateError::Language { language, instead })
}

/// A name that the host takes and cargo too.
fn check_name(name: &str) -> Result<(), TemplateError> {
    let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let problem = if name.is_empty() {
        "it is empty".to_owned()
    } else if name.len() > limits::CONNECTOR_NAME_BYTES_MAX {
        format!("it has more than {} characters", limits::CONNECTOR_NAME_BYTES_MAX)
    } else if !name.chars().all(simple) {
        "use lower-case letters, digits and `-`".to_owned()
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.ends_with('-') || name.contains("--") {
        "begin with a letter, and put single `-` between words".to_owned()
    } else if TAKEN.contains(&name) {
        "cargo or the compiler keeps this name for itself".to_owned()
    } else {
        return Ok(());
    };
    let better = slug(name);
    let hint = match check_name_of(&better) {
        true => format!("; `{better}` would do"),
        false => "; `acme-erp` would do".to_owned(),
    };
    Err(TemplateError::Name { name: name.to_owned(), problem, hint })
}

fn check_name_of(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= limits::CONNECTOR_NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !TAKEN.contains(&name)
}

/// What was probably meant: `My ERP` is `my-erp`.
fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// `acme-erp` is `Acme Erp` until somebody writes it better.
fn title(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.split('-').map(word).collect::<Vec<_>>().join(" ")
}

fn check_folder(folder: &Path) -> Result<(), TemplateError> {
    let refuse = |problem| Err(TemplateError::Folder { folder: folder.to_owned(), problem });
    if !folder.exists() {
        return Ok(());
    }
    match std::fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => refuse("it is there and not empty"),
        },
        Err(_) => refuse("it is there and is no folder"),
    }
}

/// How Cargo.toml names the SDK.
fn dependency(sdk: Option<&str>) -> anyhow::Result<String> {
    let Some(sdk) = sdk else { return Ok(format!("{{ path = \"{}\" }}", kit::PACKAGE)) };
    let folder = Path::new(sdk);
    if folder.join("Cargo.toml").exists() {
        let folder = folder.canonicalize().with_context(|| format!("read {}", folder.display()))?;
        return Ok(format!("{{ path = {} }}", toml::Value::from(folder.display().to_string())));
    }
    let version = sdk.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    if version { Ok(format!("\"{sdk}\"")) } else { Err(TemplateError::Sdk { sdk: sdk.to_owned() }.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_host_and_cargo_take() {
        for good in ["erp", "acme-erp", "s4-hana"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for (bad, said) in [
            ("", "acme-erp"),
            ("My ERP", "`my-erp` would do"),
            ("acme_erp", "`acme-erp` would do"),
            ("acme--erp", "`acme-erp` would do"),
            ("-erp", "`erp` would do"),
            ("4erp", "begin with a letter"),
            ("test", "keeps this name"),
            ("../erp", "`erp` would do"),
            ("serde", "keeps this name"),
        ] {
            let text = check_name(bad).unwrap_err().to_string();
            assert!(text.contains(said), "{bad}: {text}");
        }
        assert!(check_name(&"x".repeat(limits::CONNECTOR_NAME_BYTES_MAX + 1)).is_err());
        assert_eq!(title("acme-erp"), "Acme Erp");
    }

    #[test]
    fn an_sdk_is_a_folder_or_a_version() {
        assert_eq!(dependency(None).unwrap(), "{ path = \"vendor/apiconnect/sdk/rust\" }");
        assert_eq!(dependency(Some("0.1")).unwrap(), "\"0.1\"");
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/rust");
        assert!(dependency(own.to_str()).unwrap().starts_with("{ path = \"/"));
        assert!(dependency(Some("/nowhere")).unwrap_err().to_string().contains("leave --sdk out"));
    }

    #[test]
    fn every_placeholder_of_the_template_is_filled_in() {
        let folder = tempfile::tempdir().unwrap();
        let new = New { name: "acme-erp".into(), language: Language::Rust, path: None, sdk: None };
        new.write(folder.path(), "\"0.1\"").unwrap();
        for name in ["Cargo.toml", ".gitignore", "README.md", "src/lib.rs", "fixtures/scenario.json"] {
            let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
            assert!(!text.contains("{{name}}") && !text.contains("{{title}}") && !text.contains("{{sdk}}"), "{name}");
        }
        assert!(!folder.path().join("Cargo.toml.template").exists());
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check_folder(folder.path()).is_ok(), "an empty folder will do");
        std::fs::write(folder.path().join("mine"), "").unwrap();
        assert!(check_folder(folder.path()).unwrap_err().to_string().contains("not empty"));
        assert!(check_folder(&folder.path().join("mine")).unwrap_err().to_string().contains("no folder"));
    }
}
