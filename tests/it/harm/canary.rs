//! Secrets with recognizable values through everything that a connection does; then every place is searched for them.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};

use super::{KEY, PASSWORD, Yard, eventually, order};
use apiconnect_tests::harm::{Peer, TOKEN};
use apiconnect_tests::world::{Folder, binary};

/// A secret with all the forms in which it must not be found.
pub(super) struct Canary {
    name: String,
    forms: Vec<Vec<u8>>,
}

impl Canary {
    pub(super) fn of(secret: &str) -> Self {
        let percent = |all: bool| -> String {
            let plain = |byte: &u8| !all && (byte.is_ascii_alphanumeric() || b"-._~".contains(byte));
            let one = |byte: u8| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
            secret.bytes().map(one).collect()
        };
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let json = Value::from(secret).to_string();
        let mut forms = vec![
            secret.to_owned(),
            json.trim_matches('"').to_owned(),
            percent(false),
            percent(true),
            percent(false).to_lowercase(),
            hex.to_uppercase(),
            hex,
            STANDARD_NO_PAD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
        ];
        // In the middle of a longer text its digits are others; what does not depend on the neighbours is looked for.
        for before in 0..3 {
            for coded in [
                STANDARD.encode(format!("{}{secret}", "x".repeat(before))),
                URL_SAFE.encode(format!("{}{secret}", "x".repeat(before))),
            ] {
                let inner = (before * 8).div_ceil(6)..(before + secret.len()) * 8 / 6;
                forms.push(coded[inner].to_owned());
            }
        }
        let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut forms: Vec<Vec<u8>> = forms.into_iter().map(String::into_bytes).chain([wide]).collect();
        forms.sort();
        forms.dedup();
        Self { name: secret.to_owned(), forms }
    }

    /// The form in which it is found.
    pub(super) fn found_in(&self, bytes: &[u8]) -> Option<String> {
        let form = self.forms.iter().find(|form| memchr::memmem::find(bytes, form).is_some())?;
        Some(String::from_utf8_lossy(form).into_owned())
    }

    /// As the connector's `scan` wants them.
    fn disguised(&self) -> impl Iterator<Item = String> + '_ {
        // A line's product is bounded; the beginning of a long form is enough to find it.
        let hex = |form: &Vec<u8>| form.iter().take(100).map(|byte| format!("{:02x}", byte ^ 0x55)).collect();
        self.forms.iter().map(hex)
    }
}

fn canaries() -> Vec<Canary> {
    let secrets = [KEY, PASSWORD, TOKEN, &format!("joe:{PASSWORD}"), &format!("client:{PASSWORD}")];
    secrets.into_iter().map(Canary::of).collect()
}

/// Every way to sign in, and the connection's name.
const AUTHS: [(&str, &str); 6] = [
    ("basic", "auth = { kind = \"basic\", username = \"joe\", password = \"pw\" }"),
    ("bearer", "auth = { kind = \"bearer\", token = \"pw\" }"),
    ("header", "auth = { kind = \"api_key\", header = \"x-api-key\", value = \"pw\" }"),
    ("query", "auth = { kind = \"api_key\", query = \"key\", value = \"pw\" }"),
    ("session", "auth = { kind = \"session\" }"),
    ("oauth", ""),
];

/// Everything that lies below the host's folder but the secrets' own files: the store, backups, recordings, the log, and
/// whatever else a host of later days writes. What is written there is covered without anybody adding it here.
fn everything_the_host_wrote(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(place) = left.pop() {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if !["key", "pw", "long"].iter().any(|own| path.ends_with(format!("connections/{own}"))) {
                found.push(path);
            }
        }
    }
    found
}

async fn use_everything(yard: &Yard, connection: &str) -> Vec<String> {
    let mut told = Vec::new();
    for deed in [
        "good",
        "echo:plain",
        "echo:base64",
        "echo:hex",
        "echo:percent",
        "echo:json",
        "echo:header",
        "echo-body:plain",
        "echo-body:base64",
        "url",
        "tell",
        "panic",
        "memory",
        "get:fails",
        "get:refuses",
        "get:cuts",
        "sign:key",
        "sign:pw",
        "multiply",
        "leave",
        "elsewhere",
        "echo-coded",
        "unknown",
    ] {
        // The circuit opens after failures; they are meant here.
        told.push(yard.ask_of(connection, deed).await.text);
    }
    for (number, (deed, customer)) in
        [("good", "c"), ("panic", "c"), ("tell", "c"), ("sent-panic", "tell"), ("sent-panic", "found")]
            .into_iter()
            .enumerate()
    {
        let reference = format!("{connection}-{number}");
        let body = order(&reference, customer, deed).to_string();
        let path = format!("/v1/connections/{connection}/orders");
        let headers = [("idempotency-key", reference.as_str())];
        let accepted = yard.client.send(Method::POST, &path, &headers, body.into()).await.unwrap();
        assert_eq!(accepted.status, 202, "{}", accepted.text);
        let job = format!("/v1/jobs/{}", accepted.body["id"].as_str().unwrap());
        let ended = eventually("the job ending", async || {
            let job = yard.client.get(&job).await.unwrap();
            matches!(job.body["state"].as_str(), Some("done" | "parked")).then_some(job)
        })
        .await;
        let document = yard.client.get(&format!("{job}/document")).await.unwrap();
        told.extend([accepted.text, ended.text, document.text]);
    }
    let name = connection;
    told.push(yard.client.post(&format!("/v1/connections/{name}:check"), &json!({})).await.unwrap().text);
    told.push(yard.client.get(&format!("/v1/connections/{name}/exchanges")).await.unwrap().text);
    told.push(yard.client.get(&format!("/v1/connections/{name}")).await.unwrap().text);
    told
}

/// What the connector finds when it looks for the canaries in its own memory, after it has used them in every way.
async fn look_inside(yard: &Yard, connection: &str) {
    let mut lines: Vec<String> = canaries().iter().flat_map(|canary| canary.disguised().collect::<Vec<_>>()).collect();
    let secrets = lines.len();
    // What certainly is there: the connection's name, and the beginning of what was asked.
    let hex = |text: &str| -> String { text.bytes().map(|byte| format!("{:02x}", byte ^ 0x55)).collect() };
    lines.extend([hex(connection), hex("prefix ***")]);
    let asked = std::iter::once("scan".to_owned()).chain(lines);
    let line = |product: String| json!({ "product": product, "quantity": { "value": "1", "unit": "EA" } });
    let question = json!({ "lines": asked.map(line).collect::<Vec<_>>() });
    let answer = yard.client.post(&format!("/v1/connections/{connection}/prices:query"), &question).await.unwrap();
    let told = answer.body["lines"][0]["price"]["contract"].as_str().unwrap_or_else(|| panic!("{}", answer.text));
    assert!(told.contains(&format!(": {secrets},{}", secrets + 1)), "only what may be there was found: {told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_anywhere() {
    let patience =
        "delivery = { attempts = 1, crashes = 1, settle_ms = 1, lookups = 1 }\nrecording = { calls = \"all\" }";
    // Without a master key, so that what is in the store can be read where it lies.
    let folder = Folder::new().unwrap();
    folder.configure("").unwrap();
    let yard = Yard::on(folder, patience).await;
    let marked = super::describe::marked("session");
    let taken = yard.client.send(Method::POST, "/v1/plugins", &[], marked.into()).await.unwrap();
    assert_eq!(taken.status, 201, "{}", taken.text);
    let token = format!(
        "auth = {{ kind = \"oauth2_client_credentials\", token_url = \"{}/token\", client_id = \"client\", client_secret = \"pw\" }}",
        yard.peer.address()
    );
    for (name, auth) in AUTHS {
        let auth = if auth.is_empty() { &token } else { auth };
        yard.folder.connection(name, &super::connection(&yard.peer, &format!("{auth}\n{patience}"))).unwrap();
        yard.opened(name).await;
    }
    let mut told = Vec::new();
    for (name, _) in AUTHS {
        look_inside(&yard, name).await;
        told.extend(use_everything(&yard, name).await);
    }
    for path in ["/v1/connections", "/v1/plugins", "/v1/jobs", "/v1/causes", "/v1/store", "/metrics", "/readyz"] {
        told.push(yard.client.get(path).await.unwrap().text);
    }
    let backup = yard.client.send(Method::POST, "/v1/store:backup", &[], "".into()).await.unwrap();
    assert_eq!(backup.status, 200);
    told.push(backup.text);
    // Without this the search would prove nothing: the system has got every one of them.
    let sent = yard.peer.seen().concat();
    for secret in [KEY, PASSWORD, TOKEN] {
        assert!(sent.contains(secret), "{secret} never left");
    }
    let canaries = canaries();
    let search = |what: &str, bytes: &[u8]| {
        for canary in &canaries {
            assert_eq!(canary.found_in(bytes), None, "{} is in {what}", canary.name);
        }
    };
    told.iter().for_each(|text| search(text, text.as_bytes()));
    let Yard { folder, peer, host, client } = yard;
    host.kill().unwrap();
    let stopped = StoppedYard { folder, _peer: peer };
    drop(client);
    let file = stopped.folder.path().join("data/a-backup");
    for arguments in
        [&["store", "backup", file.to_str().unwrap()][..], &["store", "stats"], &["store", "verify"], &["check"]]
    {
        search(&arguments.join(" "), &stopped.tool(arguments));
    }
    assert!(file.exists(), "the backup was written");
    let written = everything_the_host_wrote(stopped.folder.path());
    let mut readable = 0;
    for path in &written {
        let bytes = std::fs::read(path).unwrap();
        search(&path.display().to_string(), &bytes);
        readable += usize::from(memchr::memmem::find(&bytes, b"session-4").is_some());
    }
    assert!(readable >= 2, "documents are readable in the store and its backup: {readable}");
    let names: String = written.iter().map(|path| path.display().to_string()).collect();
    for place in ["host.log", "/data/", "a-backup", "/recordings/"] {
        assert!(names.contains(place), "{place} is not in {names}");
    }
}

/// The folder of a host that stands still.
struct StoppedYard {
    folder: Folder,
    _peer: Peer,
}

impl StoppedYard {
    fn tool(&self, arguments: &[&str]) -> Vec<u8> {
        let mut command = Command::new(binary("apiconnect").unwrap());
        command.env_remove("APICONNECT_KEY").args(arguments).arg("--config").arg(self.folder.config());
        let output = command.output().unwrap();
        [output.stdout, output.stderr].concat()
    }
}

/// The search itself: it must find what is there.
#[test]
fn a_canary_is_found_in_every_form() {
    let canary = Canary::of(PASSWORD);
    for before in 0..4 {
        let text = format!("{}{PASSWORD}{}", "a".repeat(before), "b".repeat(4 - before));
        for coded in [STANDARD.encode(&text), URL_SAFE.encode(&text), text.clone()] {
            assert!(canary.found_in(coded.as_bytes()).is_some(), "{coded}");
        }
    }
    assert!(canary.found_in(b"nothing").is_none());
}
