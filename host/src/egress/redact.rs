//! Takes secrets out of what comes back: a server that echoes a credential must not hand it to a connector or a log.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use memchr::memmem::Finder;

use super::template::Escape;
use crate::secret::Vault;

/// Shorter secrets are not searched for: they would blank ordinary words and numbers.
pub const REDACTED_BYTES_MIN: usize = 8;
const STARS: &[u8] = b"***";

/// The texts to look for, prepared once.
#[derive(Default)]
pub(super) struct Redactor(Vec<Finder<'static>>);

impl Redactor {
    /// Every secret of the vault, as it is and as JSON, URLs and Base64 would carry it.
    pub(super) fn of(vault: &Vault) -> Self {
        let mut redactor = Self::default();
        for secret in vault.secrets() {
            redactor.add(secret.expose());
        }
        redactor
    }

    /// Looks for `text` too, in all its forms.
    pub(super) fn add(&mut self, text: &str) {
        if text.len() < REDACTED_BYTES_MIN {
            return;
        }
        let escapes = [Escape::Plain, Escape::Json, Escape::Xml, Escape::Percent];
        let mut forms: Vec<String> = escapes.into_iter().map(|escape| escape.apply(text)).collect();
        forms.push(STANDARD.encode(text));
        // The longest first: a short form inside a long one would leave the long one's rest behind.
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        self.0.extend(forms.iter().map(|form| Finder::new(form.as_bytes()).into_owned()));
    }

    /// Whether there is nothing to look for.
    pub(super) fn is_idle(&self) -> bool {
        self.0.is_empty()
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|finder| finder.find(bytes).is_some())
    }

    /// The bytes without secrets; not copied when there are none.
    pub(super) fn clean(&self, bytes: Bytes) -> Bytes {
        if self.is_in(&bytes) { Bytes::from(self.replace(bytes.to_vec())) } else { bytes }
    }

    /// The text without secrets.
    pub(super) fn clean_text(&self, text: String) -> String {
        if !self.is_in(text.as_bytes()) {
            return text;
        }
        String::from_utf8_lossy(&self.replace(text.into_bytes())).into_owned()
    }

    fn replace(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        for finder in &self.0 {
            let length = finder.needle().len();
            let hits: Vec<usize> = finder.find_iter(&bytes).collect();
            // From the back, so that earlier positions stay right.
            for at in hits.into_iter().rev() {
                bytes.splice(at..at + length, STARS.iter().copied());
            }
        }
        bytes
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} forms)", self.0.len())
    }
}
