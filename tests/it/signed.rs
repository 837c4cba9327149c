//! Where signatures are required, nothing else serves: not by the folder and not over the API.

use apiconnect_tests::world::{Client, Folder, Process, Version};
use bytes::Bytes;
use http::Method;
use minisign::KeyPair;
use serde_json::{Value, json};

use super::eventually;
use super::versions::CONNECTION;

fn sign(pair: &KeyPair, bytes: &[u8]) -> String {
    let data = std::io::Cursor::new(bytes);
    minisign::sign(Some(&pair.pk), &pair.sk, data, Some("versioned.wasm"), None).unwrap().into_string()
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut coded = String::new();
    for part in text.as_bytes().chunks(3) {
        let number = part.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        for place in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * place)) as usize & 63] as char;
            coded.push(if place <= part.len() { digit } else { '=' });
        }
    }
    coded
}

async fn upload(client: &Client, bytes: &[u8], signature: Option<&str>) -> (u16, String) {
    let header = signature.map(base64);
    let headers: Vec<(&str, &str)> = header.iter().map(|text| ("x-signature", text.as_str())).collect();
    let answer = client.send(Method::POST, "/v1/plugins", &headers, Bytes::from(bytes.to_vec())).await.unwrap();
    (answer.status, answer.text)
}

async fn refusal(client: &Client) -> Option<String> {
    let plugins = client.get("/v1/plugins").await.unwrap().body;
    plugins["refused"][0]["problem"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn unsigned_wrongly_signed_and_altered_connectors_do_not_serve() {
    let (vendor, stranger) =
        (KeyPair::generate_unencrypted_keypair().unwrap(), KeyPair::generate_unencrypted_keypair().unwrap());
    let folder = Folder::new().unwrap();
    let trust =
        format!("listen = \"127.0.0.1:0\"\n[trust]\nrequire_signed = true\nkeys = [\"{}\"]\n", vendor.pk.to_base64());
    std::fs::write(folder.config(), trust).unwrap();
    folder.connection("v", CONNECTION).unwrap();
    let first = Version::named("1.0.0").component().unwrap();
    folder.plugin("versioned.wasm", &first).unwrap();
    let key = folder.admin_key().unwrap();
    let host = Process::host(folder.path(), 0).unwrap();
    let client = Client::new(host.address(), Some(&key));

    // By the folder: the signature may come after its file.
    let problem = refusal(&client).await.unwrap();
    assert!(problem.contains("not signed") && problem.contains("NAME.wasm.minisig"), "{problem}");
    folder.plugin("versioned.wasm.minisig", sign(&stranger, &first).as_bytes()).unwrap();
    eventually("the strange signature being told", async || {
        refusal(&client).await.filter(|problem| problem.contains("does not name"))
    })
    .await;
    folder.plugin("versioned.wasm.minisig", sign(&vendor, &first).as_bytes()).unwrap();
    let plugin = eventually("the signed file serving", async || {
        let plugins = client.get("/v1/plugins").await.unwrap().body;
        plugins["items"][0].is_object().then(|| plugins["items"][0].clone())
    })
    .await;
    let signature = &plugin["versions"][0]["signature"];
    assert_eq!((&signature["state"], &signature["key"]), (&json!("verified"), &json!(vendor.pk.to_base64())));

    // Over the API.
    let second = Version::named("2.0.0").component().unwrap();
    let good = sign(&vendor, &second);
    let mut altered = second.clone();
    *altered.last_mut().unwrap() ^= 1;
    let cases: [(&[u8], Option<String>, u16, &str); 5] = [
        (&second, None, 422, "not signed"),
        (&second, Some(sign(&stranger, &second)), 422, "does not name"),
        (&second, Some(sign(&vendor, &first)), 422, "for other bytes"),
        (&altered, Some(good.clone()), 422, "altered"),
        (&second, Some("hello".to_owned()), 422, "no minisign signature"),
    ];
    for (bytes, signature, status, says) in cases {
        let (got, text) = upload(&client, bytes, signature.as_deref()).await;
        assert!(got == status && text.contains(says), "{says}: {got} {text}");
    }
    let version = async || client.get("/v1/plugins").await.unwrap().body["items"][0]["version"].clone();
    assert_eq!(version().await, "1.0.0", "what served goes on");
    let (status, text) = upload(&client, &second, Some(&good)).await;
    assert_eq!(status, 201, "{text}");
    assert_eq!(version().await, "2.0.0");
    let beside = std::fs::read_to_string(folder.path().join("plugins/versioned.wasm.minisig")).unwrap();
    assert_eq!(beside, good, "the folder has the signature too");

    // The key is taken away: neither the folder nor what was kept serves any more.
    host.kill().unwrap();
    let other =
        std::fs::read_to_string(folder.config()).unwrap().replace(&vendor.pk.to_base64(), &stranger.pk.to_base64());
    std::fs::write(folder.config(), other).unwrap();
    let host = Process::host(folder.path(), 0).unwrap();
    let client = Client::new(host.address(), Some(&key));
    let plugins = client.get("/v1/plugins").await.unwrap().body;
    assert_eq!(plugins["items"], Value::Array(Vec::new()), "{plugins}");
    assert!(refusal(&client).await.unwrap().contains("does not name"));
}
