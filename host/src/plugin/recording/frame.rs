//! What a recording looks like in a file.
//!
//! In the data folder: `apicrec` and a version byte, whether it is sealed, the length and CRC-32 of what follows, and
//! that: the recording as JSON, sealed under the master key when there is one. An exported recording is the JSON alone.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use super::{FORMAT, Recording};
use crate::limits;
use crate::store::FileSeal;

const MAGIC: &[u8; 8] = b"apicrec\x01";
const HEAD_BYTES: usize = MAGIC.len() + 1 + 8 + 4;
/// More than head and seal add to the JSON.
const FRAME_BYTES: u64 = 128;
/// What a seal is bound to, so that no sealed record can be taken for a recording.
const SEALED_AS: &[u8] = b"file/recording";

/// Why a recording cannot be used.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("read the recording {path}: {problem}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        problem: String,
    },
    /// The file cannot be written.
    #[error("write the recording {path}: {problem}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        problem: String,
    },
    /// What is in the file is of no use.
    #[error("read the recording {path}: {flaw}")]
    Flawed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// There is no such recording.
    #[error("find the recording `{id}` of connection `{connection}`: it was never made, or is no longer kept")]
    Unknown {
        /// The connection.
        connection: String,
        /// The recording's name.
        id: String,
    },
}

/// What is wrong with the content of a file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    /// It is something else.
    #[error("it is no recording; `apiconnect recordings export` writes one")]
    Foreign,
    /// Its end is missing.
    #[error("its end is missing; copy or export it again")]
    CutOff,
    /// It is not what was written.
    #[error("it was altered or damaged after it was written; export it again")]
    Altered,
    /// It is sealed, and there is no key that opens it.
    #[error("{0}")]
    Sealed(&'static str),
    /// It comes of another version of this program.
    #[error("it has the form `{0}`, this program reads `{FORMAT}`; use the version that wrote it")]
    OtherFormat(String),
    /// It is larger than a recording may be.
    #[error("it is larger than a recording may be ({} bytes)", limits::RECORDING_FILE_BYTES_MAX)]
    TooLarge,
    /// It is a recording with a mistake in it, as one may make by hand.
    #[error("{0}")]
    Invalid(String),
}

/// A recording as bytes of a file in the data folder.
pub(super) fn encode(recording: &Recording, seal: &FileSeal) -> Result<Vec<u8>, String> {
    let mut content = serde_json::to_vec(recording).map_err(|e| e.to_string())?;
    if content.len() as u64 + FRAME_BYTES > limits::RECORDING_FILE_BYTES_MAX {
        return Err(Flaw::TooLarge.to_string());
    }
    if seal.is_on() {
        let sealed = seal.seal(SEALED_AS, &content).ok_or_else(|| "the cipher fails".to_owned())?;
        content = sealed.into();
    }
    let mut bytes = Vec::with_capacity(HEAD_BYTES + content.len());
    bytes.extend_from_slice(MAGIC);
    bytes.push(u8::from(seal.is_on()));
    bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&content).to_le_bytes());
    bytes.extend_from_slice(&content);
    Ok(bytes)
}

/// A recording out of the bytes of any file.
pub(super) fn decode(bytes: &[u8], seal: &FileSeal) -> Result<Recording, Flaw> {
    if let Some(rest) = bytes.strip_prefix(MAGIC) {
        return framed(rest, seal);
    }
    if !bytes.is_empty() && MAGIC.starts_with(bytes) {
        return Err(Flaw::CutOff);
    }
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        return parse(bytes);
    }
    Err(Flaw::Foreign)
}

fn framed(rest: &[u8], seal: &FileSeal) -> Result<Recording, Flaw> {
    let (sealed, rest) = rest.split_first().ok_or(Flaw::CutOff)?;
    let (length, rest) = rest.split_first_chunk::<8>().ok_or(Flaw::CutOff)?;
    let (sum, content) = rest.split_first_chunk::<4>().ok_or(Flaw::CutOff)?;
    let length = u64::from_le_bytes(*length);
    if (content.len() as u64) < length {
        return Err(Flaw::CutOff);
    }
    if content.len() as u64 != length || crc32fast::hash(content) != u32::from_le_bytes(*sum) || *sealed > 1 {
        return Err(Flaw::Altered);
    }
    if *sealed == 0 {
        return parse(content);
    }
    if !seal.is_on() {
        return Err(Flaw::Sealed("it is sealed and there is no master key; set [store] master_key in apiconnect.toml"));
    }
    match seal.open(SEALED_AS, content) {
        Some(content) => parse(&content),
        None => Err(Flaw::Sealed(
            "it is sealed with another master key; set [store] master_key or previous_key in apiconnect.toml to that one",
        )),
    }
}

fn parse(content: &[u8]) -> Result<Recording, Flaw> {
    #[derive(Deserialize)]
    struct Form {
        format: String,
    }
    let Form { format } = serde_json::from_slice(content).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => Flaw::CutOff,
        _ => Flaw::Foreign,
    })?;
    if format != FORMAT {
        return Err(if format.starts_with("apiconnect recording") { Flaw::OtherFormat(format) } else { Flaw::Foreign });
    }
    let mut reader = serde_json::Deserializer::from_slice(content);
    let read: Result<Recording, _> = serde_path_to_error::deserialize(&mut reader);
    let recording =
        read.map_err(|error| Flaw::Invalid(format!("`{}` in it is wrong: {}", error.path(), error.inner())))?;
    for (at, step) in recording.steps.iter().enumerate() {
        if step.told.as_ref().is_some_and(|told| !told.fits(&step.asked)) {
            return Err(Flaw::Invalid(format!("steps[{at}]: what was told is no answer to what was asked")));
        }
        if step.told.is_none() && at + 1 < recording.steps.len() {
            return Err(Flaw::Invalid(format!("steps[{at}]: only the last question can be without an answer")));
        }
    }
    Ok(recording)
}

/// Reads a recording from a file: one of a data folder, or one that was exported.
///
/// # Errors
/// [`RecordingError`] says what is wrong with the file and what to do.
pub fn read_recording(path: &Path, seal: &FileSeal) -> Result<Recording, RecordingError> {
    let unreadable = |e: std::io::Error| RecordingError::Unreadable { path: path.to_owned(), problem: e.to_string() };
    let flawed = |flaw| RecordingError::Flawed { path: path.to_owned(), flaw };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(limits::RECORDING_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limits::RECORDING_FILE_BYTES_MAX {
        return Err(flawed(Flaw::TooLarge));
    }
    decode(&bytes, seal).map_err(flawed)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::secret::MasterKey;
    use crate::store::MasterKeys;

    pub(in crate::plugin::recording) fn recording() -> Recording {
        let value = json!({ "format": FORMAT, "id": "rec_01ARZ3NDEKTSV4RRFFQ69G5FAV", "at": 1, "took_ms": 2,
            "connector": "erp", "version": "1", "digest": "00", "operation": "pricing.query",
            "context": { "connection": "c", "settings": "{}", "deadline_ms": 9, "call_id": "x" },
            "input": { "lines": [] },
            "steps": [{ "asked": "now", "told": { "time": 5 } }],
            "end": { "answer": [] },
            "did": { "requests": 0, "write_left": false, "write_unanswered": false, "log_lines": 0 } });
        serde_json::from_str(&value.to_string()).unwrap()
    }

    fn seal(current: Option<char>, previous: Option<char>) -> FileSeal {
        let key = |digit: char| MasterKey::parse(&digit.to_string().repeat(64));
        FileSeal::new(&MasterKeys { current: current.and_then(key), previous: previous.and_then(key) })
    }

    fn text(recording: &Recording) -> String {
        serde_json::to_string(recording).unwrap()
    }

    #[test]
    fn a_recording_comes_back_plain_sealed_and_exported() {
        let recording = recording();
        for seal in [seal(None, None), seal(Some('1'), None)] {
            let bytes = encode(&recording, &seal).unwrap();
            assert_eq!(text(&decode(&bytes, &seal).unwrap()), text(&recording));
        }
        let sealed = encode(&recording, &seal(Some('1'), None)).unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"pricing"));
        assert!(decode(&sealed, &seal(Some('2'), Some('1'))).is_ok(), "while keys are being changed");
        let exported = serde_json::to_string_pretty(&recording).unwrap();
        assert_eq!(text(&decode(exported.as_bytes(), &seal(None, None)).unwrap()), text(&recording));
    }

    #[test]
    fn every_wrong_file_is_told_apart() {
        let none = seal(None, None);
        let plain = encode(&recording(), &none).unwrap();
        let sealed = encode(&recording(), &seal(Some('1'), None)).unwrap();
        let flaw = |bytes: &[u8], seal: &FileSeal| decode(bytes, seal).unwrap_err();
        assert!(matches!(flaw(&sealed, &none), Flaw::Sealed(text) if text.contains("no master key")));
        assert!(matches!(flaw(&sealed, &seal(Some('2'), None)), Flaw::Sealed(text) if text.contains("another")));
        assert_eq!(flaw(b"", &none), Flaw::Foreign);
        assert_eq!(flaw(b"%PDF", &none), Flaw::Foreign);
        assert_eq!(flaw(b"{\"a\":1}", &none), Flaw::Foreign);
        for bytes in [&plain, &sealed] {
            assert!((1..bytes.len()).all(|end| flaw(&bytes[..end], &seal(Some('1'), None)) == Flaw::CutOff));
        }
        let exported = text(&recording());
        assert!((1..exported.len()).all(|end| flaw(&exported.as_bytes()[..end], &none) == Flaw::CutOff));
        let other = exported.replace(FORMAT, "apiconnect recording 7");
        assert_eq!(flaw(other.as_bytes(), &none), Flaw::OtherFormat("apiconnect recording 7".into()));
        let wrong = exported.replace(r#"{"time":5}"#, r#"{"claimed":true}"#);
        assert!(flaw(wrong.as_bytes(), &none).to_string().contains("steps[0]"));
        let wrong = exported.replace(r#""at":1"#, r#""at":"one""#);
        assert!(flaw(wrong.as_bytes(), &none).to_string().contains("`at`"));
    }

    proptest! {
        #[test]
        fn no_flipped_bit_goes_unseen(at: prop::sample::Index, sealed: bool) {
            let seal = seal(sealed.then_some('1'), None);
            let mut bytes = encode(&recording(), &seal).unwrap();
            let at = at.index(bytes.len() * 8);
            bytes[at / 8] ^= 1 << (at % 8);
            prop_assert!(decode(&bytes, &seal).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let framed = [MAGIC.as_slice(), &bytes].concat();
            prop_assert!(decode(&framed, &seal(Some('1'), None)).is_err());
            let _ = decode(&bytes, &seal(None, None));
        }
    }
}
