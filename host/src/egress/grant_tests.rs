//! Near misses: what looks like a granted host and is not.

use url::Url;

use super::{Egress, Grants, Outlet, OutletSettings, ScriptedResolver, SendErrorKind, Sent};
use crate::seam::Clock;

const LIST: [&str; 6] = [
    "https://erp.example.com",
    "https://*.shop.example.net",
    "http://plain.example.org:8080",
    "https://bücher.example",
    "https://93.184.216.34",
    "https://[2606:4700::1111]:8443",
];

const ALLOWED: [&str; 22] = [
    "https://erp.example.com",
    "https://erp.example.com/",
    "https://erp.example.com:443/a?b=c",
    "https://ERP.Example.COM/a",
    "HTTPS://erp.example.com/",
    "https://erp.example.com./a",
    "https://a.shop.example.net",
    "https://a.b.c.shop.example.net/x",
    "https://A.SHOP.example.net.",
    "http://plain.example.org:8080/",
    "https://bücher.example/",
    "https://BÜCHER.example/",
    "https://xn--bcher-kva.example/",
    "https://93.184.216.34/",
    "https://0x5d.184.216.34/",
    "https://93.184.55330/",
    "https://1572395042/",
    "https://0135.0270.0330.042/",
    "https://[2606:4700::1111]:8443/",
    "https://[2606:4700:0:0:0:0:0:1111]:8443/",
    "https://erp%2Eexample.com/",
    "https:\\\\erp.example.com\\a",
];

const DENIED: [&str; 62] = [
    "http://erp.example.com/",
    "http://erp.example.com:443/",
    "https://erp.example.com:8443/",
    "https://erp.example.com:80/",
    "https://erp.example.com:4433/",
    "https://example.com/",
    "https://www.erp.example.com/",
    "https://aerp.example.com/",
    "https://erp.example.co/",
    "https://erp.example.comm/",
    "https://erp.example.com.evil.test/",
    "https://erp.example.com-evil.test/",
    "https://erp-example.com/",
    "https://erpxexample.com/",
    "https://evil.test/erp.example.com",
    "https://evil.test/?https://erp.example.com",
    "https://evil.test/#erp.example.com",
    "https://erp.example.com@evil.test/",
    "https://erp.example.com:443@evil.test/",
    "https://erp.example.com%40evil.test/",
    "https://user@erp.example.com/",
    "https://user:pw@erp.example.com/",
    "https://:pw@erp.example.com/",
    "https://evil.test\\@erp.example.com/",
    "https://evil.test%2f.erp.example.com/",
    "https://erp.example.com../",
    "https://.erp.example.com/",
    "https://erp..example.com/",
    "ftp://erp.example.com/",
    "ws://erp.example.com/",
    "wss://erp.example.com/",
    "file://erp.example.com/",
    "file:///etc/passwd",
    "gopher://erp.example.com/",
    "data:text/plain,erp.example.com",
    "javascript:alert(1)",
    "blob:https://erp.example.com/x",
    "https://shop.example.net/",
    "https://shop.example.net./",
    "https://.shop.example.net/",
    "https://ashop.example.net/",
    "https://a-shop.example.net/",
    "https://a.shop.example.net:444/",
    "http://a.shop.example.net/",
    "https://a.shop.example.net.evil.test/",
    "https://*.evil.test/",
    "https://a..shop.example.net/",
    "https://user@a.shop.example.net/",
    "http://plain.example.org/",
    "http://plain.example.org:80/",
    "http://plain.example.org:8081/",
    "https://plain.example.org:8080/",
    "https://bucher.example/",
    "https://xn--bcher-kvb.example/",
    "https://buecher.example/",
    "https://93.184.216.35/",
    "http://93.184.216.34/",
    "https://[::ffff:93.184.216.34]/",
    "https://[2606:4700::1111]/",
    "https://[2606:4700::1112]:8443/",
    "https://erp.examp1e.com/",
    // A Cyrillic letter in place of a Latin one.
    "https://еrp.example.com/",
];

#[test]
fn vectors() {
    let grants = Grants::parse(LIST).unwrap();
    for url in ALLOWED {
        assert!(Url::parse(url).is_ok_and(|url| grants.permits(&url)), "{url}");
    }
    for url in DENIED {
        assert!(!Url::parse(url).is_ok_and(|url| grants.permits(&url)), "{url}");
    }
    for url in ALLOWED {
        assert!(!Grants::default().permits(&Url::parse(url).unwrap()), "{url}");
    }
}

#[tokio::test]
async fn a_denied_url_never_reaches_the_resolver() {
    let resolver = std::sync::Arc::new(ScriptedResolver::default());
    let egress = Egress::with_resolver(Clock::system(), resolver.clone()).unwrap();
    let mut settings = OutletSettings::new("test", Url::parse("https://base.example/").unwrap());
    settings.grants = Grants::parse(LIST).unwrap();
    let outlet = Outlet::open(settings, &egress).unwrap();
    // What is no absolute URL is a path below the base URL, which is harmless.
    for url in DENIED.into_iter().filter(|url| url.contains("://") && !url.starts_with("blob:")) {
        let error = outlet.send(super::test_server::get(url), super::test_server::SOON).await.unwrap_err();
        assert_eq!((error.kind, error.sent), (SendErrorKind::Refused, Sent::No), "{url}");
    }
    assert_eq!(resolver.lookups(), 0);
}

#[test]
fn lines_outside_the_grammar_teach() {
    for (line, part) in [
        ("erp.example.com", "start with https://"),
        ("", "start with https://"),
        ("*", "start with https://"),
        ("//erp.example.com", "start with https://"),
        ("ftp://erp.example.com", "only https:// and http://"),
        ("https://", "the host is missing"),
        ("https://erp.example.com/", "leave out the path"),
        ("https://erp.example.com/odata", "leave out the path"),
        ("https://erp.example.com?x=1", "leave out query"),
        ("https://erp.example.com#x", "leave out query"),
        ("https://user@erp.example.com", "leave out user name"),
        ("https://user:pw@erp.example.com", "leave out user name"),
        ("https://erp.example.com:", "the port after the colon is missing"),
        ("https://erp.example.com:0", "port 0"),
        ("https://erp.example.com:99999", "not a host name"),
        ("https://erp.example.com:https", "not a host name"),
        ("https://erp example.com", "blanks"),
        ("https://erp.example.com\n", "blanks"),
        ("https://erp.example.com\\x", "backslashes"),
        ("https://*.*.example.com", "only for the first label"),
        ("https://erp.*.com", "only for the first label"),
        ("https://e*.example.com", "only for the first label"),
        ("https://*", "only for the first label"),
        ("https://*.com", "top-level domain"),
        ("https://*.10.0.0.1", "before an IP address"),
        ("https://*.[::1]", "before an IP address"),
        ("https://erp..example.com", "empty part"),
        ("https://.example.com", "empty part"),
        ("https://erp%2eexample.com", "percent"),
        ("https://[::1", "not a host name"),
    ] {
        let error = Grants::parse([line]).unwrap_err();
        assert!(error.problem.contains(part), "{line}: {error}");
    }
}

#[test]
fn a_list_is_read_from_configuration() {
    let grants: Grants = serde_json::from_value(serde_json::json!(["https://a.example"])).unwrap();
    assert!(grants.permits(&Url::parse("https://a.example/x").unwrap()));
    let error = serde_json::from_value::<Grants>(serde_json::json!(["a.example"])).unwrap_err();
    assert!(error.to_string().contains("start with https://"), "{error}");
}
