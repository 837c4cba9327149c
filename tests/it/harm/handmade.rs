//! Harm that no compiler would write: tables, lists that lie about their memory, code that runs before the first call,
//! and the operating system behind WASI.

use bytes::Bytes;
use http::Method;

use super::Yard;
use apiconnect_tests::world::{Answer, CONNECTOR, handmade};

const QUERY: &str = "(func (export \"apiconnect:connector/pricing@0.1.0#query\")
    (param i32 i32 i32 i32 i64 i32 i32 i32 i32 i32) (result i32)";

impl Yard {
    /// Installs a component and opens a connection to it.
    async fn take(&self, core: &str) -> Answer {
        let bytes = handmade(&format!("{CONNECTOR} {core}"), "", &[]).unwrap();
        let answer = self.client.send(Method::POST, "/v1/plugins", &[], Bytes::from(bytes)).await.unwrap();
        let file = format!("connector = \"handmade\"\nbase_url = \"{}/\"\n", self.peer.address());
        self.folder.connection("handmade", &file).unwrap();
        answer
    }
}

#[tokio::test]
async fn code_that_no_compiler_writes_is_contained() {
    let yard = Yard::open().await;
    let list_of_aliases = format!(
        "{QUERY} (local $n i32)
           ;; 4,000 problems whose two texts are the same 40 kB: 320 MB for whoever copies them.
           (loop $more
             (i32.store (i32.add (i32.const 20000) (i32.shl (local.get $n) (i32.const 3))) (i32.const 90000))
             (i32.store (i32.add (i32.const 20004) (i32.shl (local.get $n) (i32.const 3))) (i32.const 40000))
             (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 8000))))
           (i32.store8 (i32.const 8192) (i32.const 1)) (i32.store8 (i32.const 8200) (i32.const 3))
           (i32.store (i32.const 8208) (i32.const 20000)) (i32.store (i32.const 8212) (i32.const 4000))
           (i32.const 8192))"
    );
    let cases = [
        ("a table that grows", format!("(table 1 funcref) {QUERY}
            (drop (table.grow (ref.null func) (i32.const 90000)))
            (drop (table.grow (ref.null func) (i32.const 90000))) unreachable)"), "larger table"),
        ("a table that grows at once", format!("(table 1 funcref) {QUERY}
            (drop (table.grow (ref.null func) (i32.const 0x0fffffff))) unreachable)"), "larger table"),
        ("a list whose texts are all the same", list_of_aliases, "too much data"),
        ("a list longer than memory", format!("{QUERY}
            (i32.store8 (i32.const 8192) (i32.const 0))
            (i32.store (i32.const 8200) (i32.const 64)) (i32.store (i32.const 8204) (i32.const 0x0fffffff))
            (i32.const 8192))"), "out of bounds"),
        ("memory that grows at once", format!("{QUERY}
            (drop (memory.grow (i32.const 60000))) unreachable)"), "more memory"),
        ("a copy of all memory, again and again", format!("{QUERY}
            (drop (memory.grow (i32.const 900)))
            (loop $again (memory.copy (i32.const 65536) (i32.const 131072) (i32.const 50000000)) (br $again)) unreachable)"),
            "computed for too long"),
    ];
    for (name, core, part) in cases {
        let answer = yard.take(&core).await;
        assert!(matches!(answer.status, 200 | 201), "{name}: {}", answer.text);
        yard.opened("handmade").await;
        let before = yard.log().len();
        let answer = yard.ask_of("handmade", "x").await;
        assert_eq!((answer.status, &answer.body["code"]), (502, &"connector_failed".into()), "{name}: {}", answer.text);
        let told = yard.log().split_off(before);
        assert!(told.contains(part), "{name}: {told}");
        assert_eq!(yard.ask("good").await.status, 200, "{name}");
    }
    let tables = "(table 100 funcref)".repeat(20);
    for (name, core, part) in [
        (
            "code before the first call that never ends",
            "(func $run (loop $on (br $on))) (start $run)",
            "computed for too long",
        ),
        ("a table that is too large from the start", "(table 200000 funcref)", "table"),
        ("many tables", tables.as_str(), "table"),
    ] {
        let answer = yard.take(&format!("{core} {QUERY} unreachable)")).await;
        assert_eq!((answer.status, &answer.body["code"]), (422, &"unusable_plugin".into()), "{name}: {}", answer.text);
        assert!(answer.text.contains(part), "{name}: {}", answer.text);
        assert_eq!(yard.ask("good").await.status, 200, "{name}");
    }
}

/// Asks the operating system for its environment and its folders, and answers "try again in N seconds": N is 1,000 for
/// each variable and 1 for each folder.
const INTRUDER: &str = "
    (import \"wasi:cli/environment@0.2.0\" \"get-environment\" (func $variables (param i32)))
    (import \"wasi:filesystem/preopens@0.2.0\" \"get-directories\" (func $folders (param i32)))
";

const WASI: [&str; 2] = [
    "package wasi:cli@0.2.0;\ninterface environment { get-environment: func() -> list<tuple<string, string>>; }\n",
    "package wasi:filesystem@0.2.0;\ninterface types { resource descriptor; }\n\
     interface preopens { use types.{descriptor}; get-directories: func() -> list<tuple<descriptor, string>>; }\n",
];

/// A component that imports WASI either does not load, or it loads and there is nothing behind WASI.
#[tokio::test]
async fn files_and_environment_are_not_there() {
    let yard = Yard::open().await;
    let query = format!(
        "{QUERY}
         (call $variables (i32.const 8300)) (call $folders (i32.const 8320))
         (i32.store8 (i32.const 8192) (i32.const 1)) (i32.store8 (i32.const 8200) (i32.const 6))
         (i32.store8 (i32.const 8208) (i32.const 1))
         (i64.store (i32.const 8216) (i64.extend_i32_u (i32.mul (i32.const 1000) (i32.add
            (i32.mul (i32.const 1000) (i32.load (i32.const 8304))) (i32.load (i32.const 8324))))))
         (i32.const 8192))"
    );
    let imports = "import wasi:cli/environment@0.2.0;\nimport wasi:filesystem/preopens@0.2.0;\n";
    let bytes = handmade(&format!("{INTRUDER} {CONNECTOR} {query}"), imports, &WASI).unwrap();
    let answer = yard.client.send(Method::POST, "/v1/plugins", &[], Bytes::from(bytes)).await.unwrap();
    match answer.status {
        422 => {
            assert!(answer.text.contains("imports wasi:") && answer.text.contains("does not give"), "{}", answer.text)
        }
        201 => {
            let file = format!("connector = \"handmade\"\nbase_url = \"{}/\"\n", yard.peer.address());
            yard.folder.connection("handmade", &file).unwrap();
            yard.opened("handmade").await;
            let answer = yard.ask_of("handmade", "x").await;
            assert_eq!((answer.status, &answer.body["code"]), (503, &"system_rate_limited".into()), "{}", answer.text);
            assert_eq!(answer.headers["retry-after"], "0", "no variables and no folders");
        }
        other => panic!("{other}: {}", answer.text),
    }
}
