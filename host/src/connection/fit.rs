//! Whether a connection has what its connector wants, and the connector's login in egress's own terms.

use serde_json::Value;

use crate::egress;
use crate::plugin::Loaded;
use crate::plugin::contract::connector as describe;
use crate::secret::Vault;

/// Whether the settings are as the connector's own schema wants them.
///
/// # Errors
/// What is wrong with them, all of it.
pub fn check_settings(settings: &Value, loaded: &Loaded) -> Result<(), String> {
    let schema = serde_json::from_str(&loaded.description.settings_schema)
        .map_err(|e| format!("the connector's settings schema is no JSON: {e}"))?;
    let validator = jsonschema::validator_for(&schema)
        .map_err(|e| format!("the connector's settings schema is no JSON Schema: {e}"))?;
    let problems: Vec<String> = validator
        .iter_errors(settings)
        .map(|error| {
            let at = error.instance_path().to_string();
            if at.is_empty() { error.to_string() } else { format!("{}: {error}", at.trim_start_matches('/')) }
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(format!("[settings] {}", problems.join("; "))) }
}

/// Whether every secret is there that the connector cannot do without.
///
/// # Errors
/// Which one is missing, and how to add it.
pub fn check_secrets(vault: &Vault, loaded: &Loaded) -> Result<(), String> {
    let missing = loaded.description.secrets.iter().find(|slot| slot.required && vault.get(&slot.name).is_err());
    match missing {
        Some(slot) => Err(format!(
            "[secrets] has no `{}` ({}); add `{} = {{ env = \"…\" }}` or `{{ file = \"…\" }}`",
            slot.name, slot.purpose, slot.name
        )),
        None => Ok(()),
    }
}

/// The connector's login in egress's own terms.
#[must_use]
pub fn session(scheme: &describe::SessionScheme) -> egress::SessionScheme {
    let pair = |template: &describe::Template| (template.name.clone(), template.value.clone());
    let keep = |kept: &describe::Kept| egress::Keep {
        name: kept.name.clone(),
        from: match &kept.from {
            describe::KeptFrom::Cookie(name) => egress::From::Cookie(name.clone()),
            describe::KeptFrom::Header(name) => egress::From::Header(name.clone()),
            describe::KeptFrom::JsonPointer(pointer) => egress::From::JsonPointer(pointer.clone()),
        },
    };
    let apply = |header: &describe::SessionHeader| egress::ApplyHeader {
        name: header.name.clone(),
        template: header.value.clone(),
        encode: match header.encoding {
            describe::HeaderEncoding::None => egress::Encode::None,
            describe::HeaderEncoding::Basic => egress::Encode::Basic,
        },
    };
    egress::SessionScheme {
        login: egress::LoginRequest {
            method: scheme.method.clone(),
            path: scheme.path.clone(),
            headers: scheme.headers.iter().map(pair).collect(),
            body: scheme.body.clone(),
        },
        accept: Vec::new(),
        keep: scheme.kept.iter().map(keep).collect(),
        apply: scheme.apply.iter().map(apply).collect(),
        expired: scheme
            .expired
            .iter()
            .map(|answer| egress::Expired { status: answer.status, body_contains: answer.body_contains.clone() })
            .collect(),
        lifetime_seconds: scheme.lifetime_seconds.map(u64::from),
    }
}
