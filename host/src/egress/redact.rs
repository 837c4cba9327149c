//! Takes secrets out of what comes back: a server that echoes a credential must not hand it to a connector or a log.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;

use super::template::Escape;
use crate::secret::Vault;

/// Shorter secrets are not searched for: they would blank ordinary words and numbers.
pub const REDACTED_BYTES_MIN: usize = 8;
const STARS: &[u8] = b"***";

/// The texts to look for, prepared once and found in one pass.
#[derive(Default)]
pub(super) struct Redactor {
    forms: Vec<String>,
    /// `None` while there is nothing to look for.
    finder: Option<AhoCorasick>,
}

impl Redactor {
    /// Every secret of the vault, in all its forms.
    pub(super) fn of(vault: &Vault) -> Self {
        let mut redactor = Self::default();
        let secrets = vault.secrets().map(|secret| secret.expose()).filter(|text| text.len() >= REDACTED_BYTES_MIN);
        redactor.forms = secrets.flat_map(forms).collect();
        redactor.prepare();
        redactor
    }

    /// Looks for `text` too, in all its forms.
    pub(super) fn add(&mut self, text: &str) {
        if text.len() >= REDACTED_BYTES_MIN {
            self.forms.extend(forms(text));
            self.prepare();
        }
    }

    fn prepare(&mut self) {
        // The longest first: a short form inside a long one would leave the long one's rest behind.
        let finder = AhoCorasickBuilder::new().match_kind(MatchKind::LeftmostLongest).build(&self.forms);
        // It fails for more texts than memory holds, which a vault of bounded secrets has not.
        self.finder = finder.ok().filter(|_| !self.forms.is_empty());
    }

    /// Whether there is nothing to look for.
    pub(super) const fn is_idle(&self) -> bool {
        self.finder.is_none()
    }

    /// The bytes without secrets; not copied when there are none.
    pub(super) fn clean(&self, bytes: Bytes) -> Bytes {
        match &self.finder {
            Some(finder) if finder.is_match(&bytes) => Bytes::from(replace(finder, &bytes)),
            _ => bytes,
        }
    }

    /// The text without secrets.
    pub(super) fn clean_text(&self, text: String) -> String {
        match &self.finder {
            Some(finder) if finder.is_match(&text) => {
                String::from_utf8_lossy(&replace(finder, text.as_bytes())).into_owned()
            }
            _ => text,
        }
    }
}

fn replace(finder: &AhoCorasick, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    finder.replace_all_with_bytes(bytes, &mut out, |_, _, out| {
        out.extend_from_slice(STARS);
        true
    });
    out
}

/// A text as it is, as JSON, XML and URLs would carry it, in hexadecimal digits with percent signs or without, and in
/// Base64 wherever it may begin within a longer text.
fn forms(text: &str) -> Vec<String> {
    let escapes = [Escape::Plain, Escape::Json, Escape::Xml, Escape::Percent];
    let mut forms: Vec<String> = escapes.into_iter().map(|escape| escape.apply(text)).collect();
    forms.push(lower_percent(&Escape::Percent.apply(text)));
    let every: String = text.bytes().map(super::template::percent).collect();
    forms.push(lower_percent(&every));
    forms.push(every);
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.push(hex.to_uppercase());
    forms.push(hex);
    for engine in [&STANDARD, &URL_SAFE] {
        forms.push(engine.encode(text));
        forms.extend((0..3).map(|before| inner(engine, text, before)));
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// The digits that are the same whatever stands before and after the text, when `before` bytes stand before it.
fn inner(engine: &impl Engine, text: &str, before: usize) -> String {
    let whole = engine.encode([vec![0_u8; before], text.as_bytes().to_vec()].concat());
    let bits = (before * 8, (before + text.len()) * 8);
    whole.get(bits.0.div_ceil(6)..bits.1 / 6).unwrap_or_default().to_owned()
}

/// `%2F` as `%2f`.
fn lower_percent(text: &str) -> String {
    let mut digits = 0;
    let lower = |c: char| {
        let escaped = digits > 0;
        digits = if c == '%' { 2 } else { digits - usize::from(escaped) };
        if escaped { c.to_ascii_lowercase() } else { c }
    };
    text.chars().map(lower).collect()
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} forms)", self.forms.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "S3cr/t+K~y=ÄÖ9";

    fn cleaned(text: &str) -> String {
        let mut redactor = Redactor::default();
        redactor.add(SECRET);
        redactor.clean_text(text.to_owned())
    }

    #[test]
    fn a_secret_is_found_in_every_form_and_place() {
        for before in 0..7 {
            let text = format!("{}{SECRET}{}", "p".repeat(before), "s".repeat(6 - before));
            for coded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                assert!(cleaned(&coded).contains("***"), "{coded}");
            }
        }
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
        let percent = Escape::Percent.apply(SECRET);
        for coded in [SECRET, &hex, &hex.to_uppercase(), &percent, &lower_percent(&percent)] {
            assert_eq!(cleaned(&format!("a{coded}b")), "a***b");
        }
        assert_eq!(cleaned("nothing of it"), "nothing of it");
        assert_eq!(cleaned(&format!("{SECRET}{SECRET}")), "******");
    }

    #[test]
    fn short_secrets_are_left_alone() {
        let mut redactor = Redactor::default();
        redactor.add("1234567");
        assert!(redactor.is_idle());
    }
}
