//! A scenario: with what each operation is asked, and what must come back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::operation::Operation;
use super::{KitError, text};
use crate::egress::Auth;
use crate::secret::{Secret, Source, Vault};

/// What `scenario.json` or `scenario.toml` holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    /// The connector's name; a scenario of another connector is a mistake.
    pub(super) connector: String,
    /// The path of the connection's `base_url`.
    #[serde(default = "root")]
    pub(super) base_path: String,
    /// The connection's `[auth]`.
    #[serde(default)]
    pub(super) auth: Auth,
    /// The connection's `[settings]`.
    #[serde(default = "empty")]
    pub(super) settings: Value,
    /// The connection's secrets: a text for fixtures and simulators, or where a real one is kept.
    #[serde(default)]
    secrets: BTreeMap<String, SecretText>,
    /// What time it is for the connector; without it, the machine's time. Only for fixtures.
    pub(super) clock: Option<String>,
    /// How the system says that a session is over, and that it is busy or away.
    #[serde(default)]
    pub(super) answers: Answers,
    /// The questions, in their order.
    pub(super) steps: Vec<Step>,
    /// The same questions with other texts in fixtures and inputs.
    #[serde(default)]
    pub(super) twists: Vec<Twist>,
    #[serde(skip)]
    pub(super) file: PathBuf,
}

/// A secret, or where it is.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum SecretText {
    Plain(String),
    Kept(Source),
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

/// Answers of the system that say "not now".
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Answers {
    /// Who is signed in no longer is; 401 without it.
    pub(super) expired: Option<CannedAnswer>,
    /// Too many requests; 429 without it. The kit adds `Retry-After`.
    pub(super) too_many: Option<CannedAnswer>,
    /// Down for a while; 503 without it.
    pub(super) unavailable: Option<CannedAnswer>,
}

/// A whole answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CannedAnswer {
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// JSON as it is, or a text.
    #[serde(default)]
    pub(super) body: Value,
}

/// One question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Its name; the operation's without it.
    #[serde(default)]
    pub(super) name: String,
    /// `pricing.query`
    pub(super) operation: String,
    /// The arguments by their names in the contract, with `_` for `-`. `${name}` is a value kept of an earlier step.
    #[serde(default = "empty")]
    pub(super) input: Value,
    /// For writes: the store's number of the document. For `orders.submit` it is the order's own.
    pub(super) reference: Option<String>,
    /// For writes that are looked up: the customer.
    pub(super) customer: Option<String>,
    /// What must come back, at least; without it, anything but an error.
    pub(super) expect: Option<Value>,
    /// Values for later steps: a name, and the JSON pointer at which the answer has it.
    #[serde(default)]
    pub(super) keep: BTreeMap<String, String>,
    /// Steps that are done again before each case of this one, where a running system is asked.
    #[serde(default)]
    pub(super) before: Vec<String>,
    /// Whether things shall go wrong in it.
    #[serde(default = "yes")]
    pub(super) faults: bool,
}

/// The same with other texts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Twist {
    /// What it shows: `ids with leading zeros`.
    pub(super) name: String,
    /// Texts of inputs and fixtures, and what stands there instead.
    pub(super) replace: BTreeMap<String, String>,
    /// The steps that are asked; all without it.
    #[serde(default)]
    pub(super) steps: Vec<String>,
    /// Where more than the texts changes: what must come back of a step, at least.
    #[serde(default)]
    pub(super) expect: BTreeMap<String, Value>,
}

impl Step {
    /// A step that no file has.
    pub(super) fn sample(operation: &str, input: Value) -> Self {
        Self {
            name: operation.to_owned(),
            operation: operation.to_owned(),
            input,
            reference: None,
            customer: None,
            expect: None,
            keep: BTreeMap::new(),
            before: Vec::new(),
            faults: true,
        }
    }
}

fn root() -> String {
    "/".to_owned()
}

fn empty() -> Value {
    Value::Object(serde_json::Map::new())
}

fn yes() -> bool {
    true
}

impl Scenario {
    /// The scenario of a folder: `scenario.json`, else `scenario.toml`.
    pub(super) fn in_folder(folder: &Path) -> Result<Self, KitError> {
        let found = ["scenario.json", "scenario.toml"].map(|name| folder.join(name));
        match found.iter().find(|file| file.is_file()) {
            Some(file) => Self::read(file),
            None => Err(KitError::Unreadable {
                file: folder.to_owned(),
                problem:
                    "there is no scenario.json and no scenario.toml in it; docs/conformance.md says what one holds"
                        .to_owned(),
            }),
        }
    }

    /// Reads a scenario and checks what can be checked before anything is asked.
    pub(super) fn read(file: &Path) -> Result<Self, KitError> {
        let content = text::read(file)?;
        let is_toml = file.extension().is_some_and(|end| end == "toml");
        let mut scenario: Self = if is_toml { text::toml(file, &content)? } else { text::json(file, &content)? };
        scenario.file = file.to_owned();
        for step in &mut scenario.steps {
            if step.name.is_empty() {
                step.name.clone_from(&step.operation);
            }
        }
        scenario.check()?;
        Ok(scenario)
    }

    /// An error about a place in this file.
    pub(super) fn wrong(&self, place: impl Into<String>, problem: impl Into<String>) -> KitError {
        KitError::Unusable { file: self.file.clone(), place: place.into(), problem: problem.into() }
    }

    fn check(&self) -> Result<(), KitError> {
        let mut names = BTreeSet::new();
        for (at, step) in self.steps.iter().enumerate() {
            let place = |field: &str| format!("steps[{at}].{field}");
            if Operation::named(&step.operation).is_none() {
                return Err(self.wrong(place("operation"), unknown_operation(&step.operation)));
            }
            if !names.insert(step.name.as_str()) {
                let problem =
                    format!("`{}` is the name of an earlier step; give this one a `name` of its own", step.name);
                return Err(self.wrong(place("name"), problem));
            }
            if let Some(pointer) = step.keep.values().find(|pointer| !pointer.starts_with('/')) {
                let problem = format!("`{pointer}` is no JSON pointer; it starts with a slash, as in /created/id");
                return Err(self.wrong(place("keep"), problem));
            }
        }
        let known = |name: &String| names.contains(name.as_str());
        for (at, step) in self.steps.iter().enumerate() {
            if let Some(name) = step.before.iter().find(|name| !known(name)) {
                return Err(self.wrong(format!("steps[{at}].before"), format!("there is no step `{name}`")));
            }
        }
        for (at, twist) in self.twists.iter().enumerate() {
            if let Some(name) = twist.steps.iter().chain(twist.expect.keys()).find(|name| !known(name)) {
                return Err(self.wrong(format!("twists[{at}]"), format!("there is no step `{name}`")));
            }
        }
        match self.base_path.starts_with('/') && self.base_path.ends_with('/') {
            true => self.now().map(|_| ()),
            false => Err(self.wrong("base_path", "it starts and ends with a slash, as in /api/v1/")),
        }
    }

    /// The scenario's time, in milliseconds since the epoch.
    pub(super) fn now(&self) -> Result<Option<u64>, KitError> {
        let Some(text) = &self.clock else { return Ok(None) };
        let parsed = chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis());
        match parsed.and_then(|millis| u64::try_from(millis).ok()) {
            Some(millis) => Ok(Some(millis)),
            None => Err(self.wrong("clock", format!("`{text}` is no instant; write 2026-01-31T09:30:00Z"))),
        }
    }

    /// The secrets of the connection.
    pub(super) fn vault(&self) -> Result<Vault, KitError> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let secrets = self.secrets.iter().map(|(slot, secret)| {
            let secret = match secret {
                SecretText::Plain(text) => Secret::new(text),
                SecretText::Kept(source) => source.read(slot, folder)?,
            };
            Ok((slot.clone(), secret))
        });
        secrets.collect::<Result<_, KitError>>()
    }

    /// Whether the host signs in for this connection, so that a session that is over is renewed unseen.
    pub(super) fn signs_in(&self) -> bool {
        matches!(self.auth, Auth::Session {} | Auth::Oauth2ClientCredentials { .. })
    }
}

fn unknown_operation(name: &str) -> String {
    let near = Operation::all().map(|known| (strsim::damerau_levenshtein(name, known.name), known.name)).min();
    match near.filter(|(far, _)| *far <= 4) {
        Some((_, near)) => format!("there is no operation `{name}`; did you mean `{near}`?"),
        None => format!("there is no operation `{name}`; they are named as in `pricing.query`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, text: &str) -> Result<Scenario, KitError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        Scenario::read(&file)
    }

    fn problem(name: &str, text: &str) -> String {
        let said = written(name, text).unwrap_err().to_string();
        said.rsplit_once(name).unwrap().1.to_owned()
    }

    #[test]
    fn both_formats_are_read() {
        let json = r#"{"connector": "x", "secrets": {"a": "b", "c": {"env": "D"}}, "steps": [{"operation": "orders.get", "input": {"id": "1"}}]}"#;
        let toml = "connector = \"x\"\n[[steps]]\noperation = \"orders.get\"\ninput = { id = \"1\" }\n";
        for scenario in [written("scenario.json", json).unwrap(), written("scenario.toml", toml).unwrap()] {
            assert_eq!((scenario.steps[0].name.as_str(), &scenario.steps[0].input["id"]), ("orders.get", &"1".into()));
            assert_eq!(scenario.base_path, "/");
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (text, said) in [
            ("{\n  \"connecter\": \"x\"}", ", line 2, column 13: unknown field `connecter`"),
            (r#"{"connector": "x", "steps": [{"operation": "order.get"}]}"#, "did you mean `orders.get`?"),
            (
                r#"{"connector": "x", "steps": [{"operation": "orders.get"}, {"operation": "orders.get"}]}"#,
                ": steps[1].name: `orders.get` is the name of an earlier step",
            ),
            (
                r#"{"connector": "x", "steps": [{"operation": "orders.get", "keep": {"a": "id"}}]}"#,
                ": steps[0].keep: `id` is no JSON pointer",
            ),
            (r#"{"connector": "x", "clock": "noon", "steps": []}"#, ": clock: `noon` is no instant"),
            (r#"{"connector": "x", "base_path": "v1", "steps": []}"#, ": base_path: it starts and ends"),
            (
                r#"{"connector": "x", "steps": [], "twists": [{"name": "t", "replace": {}, "steps": ["s"]}]}"#,
                ": twists[0]: there is no step `s`",
            ),
        ] {
            let told = problem("scenario.json", text);
            assert!(told.contains(said), "{told}");
        }
        let told = problem("scenario.toml", "connector = \"x\"\nstep = []\n");
        assert!(told.starts_with(", line 2, column 1: unknown field `step`") && told.contains("`steps`?"), "{told}");
    }
}
