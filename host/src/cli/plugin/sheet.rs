//! What a component is, can do and asks for: `plugin inspect`, and the end of `plugin build`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use super::component;
use crate::cli::screen::Screen;
use crate::config::HostConfig;
use crate::conformance;
use crate::plugin::contract::connector::{FeedKind, Idempotency, Kind, Operation};
use crate::plugin::{self, Interface, Loaded, Sandbox, Signature, Trust};

#[derive(Debug, Args)]
pub(in crate::cli) struct Inspect {
    /// The component.
    file: PathBuf,
}

impl Inspect {
    pub(super) async fn run(&self, config: &Path, screen: &mut Screen) -> anyhow::Result<bool> {
        // A file may be looked at where there is no configuration; then there are no keys to check a signature with.
        let trust = match config.exists() {
            true => HostConfig::read(config)?.trust,
            false => Default::default(),
        };
        let (bytes, signature) = component::read(&self.file)?;
        let signed = match Trust::new(&trust.keys, false)?.check(&bytes, signature.as_deref()) {
            Ok(Signature::Unsigned) => "not signed".to_owned(),
            Ok(Signature::Unchecked) => "signed; [trust] names no key to check it with".to_owned(),
            Ok(Signature::Verified { key, comment }) => format!("signed with the trusted key {key} ({comment})"),
            Err(error) => format!("failed to {error}"),
        };
        let loaded = load(&self.file).await?;
        let mut about = value(&loaded);
        if let Some(fields) = about.as_object_mut() {
            fields.insert("signature".to_owned(), signed.clone().into());
        }
        screen.value(&about);
        tell(&loaded, screen);
        screen.line(&format!("  signature  {signed}"));
        screen.line(&format!("  sha-256    {}", loaded.digest));
        Ok(true)
    }
}

/// Loads a file as a host does.
pub(super) async fn load(file: &Path) -> anyhow::Result<Loaded> {
    Ok(Sandbox::new(plugin::engine(None)?)?.load(file).await?)
}

/// Everything about a component, for programs.
pub(super) fn value(loaded: &Loaded) -> Value {
    let about = &loaded.description;
    let secrets = about
        .secrets
        .iter()
        .map(|slot| json!({ "name": slot.name, "purpose": slot.purpose, "required": slot.required }));
    let operations = about.operations.iter().map(|operation| {
        json!({ "name": operation.name, "max_batch": operation.max_batch, "max_parallel": operation.max_parallel,
            "idempotency": idempotency(&operation.idempotency), "feed": feed(&operation.feed),
            "page_cap": operation.page_cap })
    });
    let settings: Value = serde_json::from_str(&about.settings_schema).unwrap_or(Value::Null);
    let surface = loaded.surface();
    json!({ "name": about.name, "title": about.title, "vendor": about.vendor, "version": about.version,
        "kind": kind(&about.kind), "interfaces": loaded.interfaces, "operations": operations.collect::<Vec<_>>(),
        "imports": surface.imports, "exports": surface.exports, "settings_schema": settings, "bytes": loaded.bytes,
        "digest": loaded.digest, "hosts": about.hosts, "secrets": secrets.collect::<Vec<_>>(),
        "signs_in": about.session.is_some(), "documentation": about.documentation })
}

/// The same for people.
pub(super) fn tell(loaded: &Loaded, screen: &mut Screen) {
    let about = &loaded.description;
    let kind = kind(&about.kind);
    screen.line(&format!("{} {} by {} ({}, {kind})", about.name, about.version, about.vendor, about.title));
    let can: Vec<&str> = loaded.interfaces.iter().copied().map(Interface::name).collect();
    screen.line(&format!("  can do     {}", can.join(", ")));
    for operation in &about.operations {
        screen.line(&format!("  operation  {:<22} {}", operation.name, how(operation)));
    }
    for host in &about.hosts {
        screen.line(&format!("  asks for   the host {host}"));
    }
    for slot in &about.secrets {
        let need = if slot.required { "" } else { ", optional" };
        screen.line(&format!("  asks for   the secret `{}` ({}{need})", slot.name, slot.purpose));
    }
    if let Some(session) = &about.session {
        screen.line(&format!("  signs in   with {} {}, which the host sends for it", session.method, session.path));
    }
    for setting in settings(&about.settings_schema) {
        screen.line(&format!("  setting    {setting}"));
    }
    let surface = loaded.surface();
    for (word, names) in [("exports", &surface.exports), ("imports", &surface.imports)] {
        for line in grouped(names) {
            screen.line(&format!("  {word:<9}  {line}"));
        }
    }
    screen.line(&format!("  size       {} kB", loaded.bytes.div_ceil(1_000)));
}

/// What one operation can do, in words.
fn how(operation: &Operation) -> String {
    let Operation { name, max_batch, max_parallel, .. } = operation;
    let mut parts = vec![format!("{max_batch} a call"), format!("{max_parallel} calls side by side")];
    match &operation.idempotency {
        Idempotency::Key => parts.push("a repeat is recognized by its key".to_owned()),
        Idempotency::Reference => parts.push("looked up by its reference before a repeat".to_owned()),
        Idempotency::None if conformance::Operation::named(name).is_some_and(|known| known.shape.writes()) => {
            parts.push("a lost answer needs a person: no way to tell a repeat".to_owned());
        }
        Idempotency::None => {}
    }
    if !matches!(operation.feed, FeedKind::None) {
        parts.push(format!("changes: {}", feed(&operation.feed)));
    }
    parts.extend(operation.page_cap.map(|cap| format!("pages of {cap}")));
    parts.join(", ")
}

const fn idempotency(by: &Idempotency) -> &'static str {
    match by {
        Idempotency::Key => "key",
        Idempotency::Reference => "reference",
        Idempotency::None => "none",
    }
}

const fn feed(kind: &FeedKind) -> &'static str {
    match kind {
        FeedKind::None => "none",
        FeedKind::FullOnly => "full-only",
        FeedKind::ModifiedSince => "modified-since",
        FeedKind::Cursor => "cursor",
        FeedKind::ChangeDataCapture => "change-data-capture",
        FeedKind::Push => "push",
    }
}

fn kind(kind: &Kind) -> &str {
    match kind {
        Kind::Erp => "erp",
        Kind::Crm => "crm",
        Kind::Cms => "cms",
        Kind::Pim => "pim",
        Kind::Edi => "edi",
        Kind::Store => "store",
        Kind::Payment => "payment",
        Kind::Generic => "generic",
        Kind::Other(name) => name,
    }
}

/// The settings of a schema, one line each: name, type, whether it has to be given, what it is for.
fn settings(schema: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).unwrap_or(Value::Null);
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let line = |(name, about): (&String, &Value)| {
        let text = |field: &str| about.get(field).and_then(Value::as_str);
        let need = match (required.contains(&name.as_str()), about.get("default")) {
            (true, _) => "required".to_owned(),
            (false, Some(default)) => format!("{default} if not given"),
            (false, None) => "optional".to_owned(),
        };
        let purpose = text("description").map(|purpose| format!(": {purpose}")).unwrap_or_default();
        format!("{name:<22} {}, {need}{purpose}", text("type").unwrap_or("any"))
    };
    properties.iter().map(line).collect()
}

/// Names of one package and version in one line: `apiconnect:connector@0.1.0  http, log`.
fn grouped(names: &[String]) -> Vec<String> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for name in names {
        let (path, version) =
            name.split_once('@').map_or((name.as_str(), String::new()), |(p, v)| (p, format!("@{v}")));
        let (package, interface) = path.split_once('/').unwrap_or(("", path));
        let package = format!("{package}{version}");
        match groups.iter_mut().find(|(known, _)| *known == package) {
            Some((_, interfaces)) => interfaces.push(interface),
            None => groups.push((package, vec![interface])),
        }
    }
    groups.iter_mut().for_each(|(_, interfaces)| interfaces.sort_unstable());
    groups.into_iter().map(|(package, interfaces)| format!("{package:<22} {}", interfaces.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::{grouped, settings};

    #[test]
    fn settings_are_told_by_need_and_purpose() {
        let schema = r#"{"required": ["company"], "properties": {
            "company": {"type": "string", "description": "the database"}, "unit": {"type": "string", "default": "EA"},
            "free": {}}}"#;
        let lines = settings(schema);
        let squeezed: Vec<String> =
            lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            squeezed,
            ["company string, required: the database", "free any, optional", "unit string, \"EA\" if not given"]
        );
        assert!(settings("no schema").is_empty());
    }

    #[test]
    fn names_are_grouped_by_package_and_version() {
        let names = ["a:b/http@0.1.0", "a:b/log@0.1.0", "wasi:io/poll@0.2.3", "init"].map(str::to_owned);
        let squeezed: Vec<String> =
            grouped(&names).iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(squeezed, ["a:b@0.1.0 http, log", "wasi:io@0.2.3 poll", "init"]);
    }
}
