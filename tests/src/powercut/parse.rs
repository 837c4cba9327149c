//! Lines of `strace -f -y -xx` as system calls: who called, with which arguments, and what came back.

use std::collections::HashMap;
use std::path::PathBuf;

/// What a system call does to the store's files, or to whom it speaks. Files and folders are numbered, so that a rename
/// changes nothing about them; `trace` does that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A file or folder appears as `name` in `folder`.
    Make { node: usize, folder: usize, name: String, is_folder: bool },
    /// An entry moves.
    Rename { node: usize, from: (usize, String), to: (usize, String) },
    /// An entry goes.
    Remove { folder: usize, name: String },
    /// Bytes go into a file.
    Write { node: usize, offset: usize, data: Vec<u8> },
    /// A file gets a length.
    Resize { node: usize, length: usize },
    /// A file's or folder's content is forced onto the device.
    Sync { node: usize },
    /// The process says something on its standard output or a socket.
    Say(Vec<u8>),
}

/// One system call as strace tells it.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    /// What it returned; negative when it failed.
    pub(super) result: i64,
    /// The path of the descriptor it returned.
    pub(super) opened: Option<PathBuf>,
    /// The lines where it began and where it ended.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// A descriptor and what it stands for.
    Descriptor(i64, String),
    /// A buffer or a path.
    Bytes(Vec<u8>),
    /// Anything else, such as a number or flags.
    Text(String),
}

impl Argument {
    pub(super) fn number(&self) -> Option<usize> {
        match self {
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

/// Reads a whole trace. Calls come in the order in which they ended.
pub(super) fn calls(trace: &str) -> Vec<Call> {
    let mut begun: HashMap<&str, (usize, &str)> = HashMap::new();
    let mut calls = Vec::new();
    for (at, line) in trace.lines().enumerate() {
        let Some((process, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(head) = rest.strip_suffix(" <unfinished ...>") {
            begun.insert(process, (at, head));
        } else if let Some(resumed) = rest.strip_prefix("<... ") {
            let (Some((start, head)), Some((_, tail))) = (begun.remove(process), resumed.split_once(" resumed>"))
            else {
                continue;
            };
            calls.extend(call(&format!("{head}{tail}"), start, at));
        } else {
            calls.extend(call(rest, at, at));
        }
    }
    calls
}

fn call(text: &str, start: usize, end: usize) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    // What a resumed call returned stands in a column of its own.
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let arguments = split(arguments.trim_end().strip_suffix(')')?).into_iter().map(argument).collect();
    let word = result.trim().split(' ').next()?;
    let (number, opened) = match word.split_once('<') {
        Some((number, path)) => (number, Some(PathBuf::from(text_of(path.trim_end_matches('>'))))),
        None => (word, None),
    };
    Some(Call { name: name.to_owned(), arguments, result: number.parse().ok()?, opened, start, end })
}

/// Splits at commas outside of brackets and strings. Strings are hexadecimal, so no quote is in them.
fn split(arguments: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth, mut quoted) = (Vec::new(), 0, 0_i32, false);
    for (at, byte) in arguments.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth -= 1,
            b',' if !quoted && depth == 0 => {
                parts.push(arguments[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(arguments[from..].trim());
    parts
}

fn argument(text: &str) -> Argument {
    if text.starts_with('[') {
        // A list of buffers, of which only the bytes count.
        let bytes = text.split('"').skip(1).step_by(2).flat_map(unescape);
        return Argument::Bytes(bytes.collect());
    }
    if let Some(quoted) = text.strip_prefix('"') {
        return Argument::Bytes(unescape(quoted.split('"').next().unwrap_or_default()));
    }
    match text.split_once('<') {
        Some((number, what)) => match number.parse() {
            Ok(number) => Argument::Descriptor(number, text_of(what.trim_end_matches('>'))),
            Err(_) => Argument::Text(text.to_owned()),
        },
        None => Argument::Text(text.to_owned()),
    }
}

fn text_of(escaped: &str) -> String {
    if escaped.contains("\\x") { String::from_utf8_lossy(&unescape(escaped)).into_owned() } else { escaped.to_owned() }
}

/// `\x61\x62` as bytes; what is not escaped stands for itself.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = (*first == b'\\' && tail.first() == Some(&b'x')).then(|| tail.get(1..3)).flatten();
        match digits.and_then(|digits| Some(hex(digits[0])? << 4 | hex(digits[1])?)) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_whole_and_in_parts() {
        let trace = "7 pwrite64(3<\\x2f\\x61>, \"\\x00\\x2c\"..., 2, 100 <unfinished ...>\n\
                     8 write(1<pipe:[12]>, \"\\x61\\x0a\", 2) = 2\n\
                     7 <... pwrite64 resumed>)              = 2\n\
                     7 openat(AT_FDCWD</x>, \"\\x2f\\x62\", O_RDWR|O_CREAT, 0666) = 4<\\x2f\\x62>\n\
                     7 fdatasync(3</a>) = -1 EIO (Input/output error)\n\
                     7 +++ exited with 0 +++\n";
        let calls = calls(trace);
        assert_eq!(calls.len(), 4);
        assert_eq!((calls[1].start, calls[1].end, calls[1].result), (0, 2, 2));
        assert_eq!(calls[1].arguments[0], Argument::Descriptor(3, "/a".to_owned()));
        assert_eq!(calls[1].arguments[1], Argument::Bytes(vec![0, 0x2c]));
        assert_eq!(calls[1].arguments[3].number(), Some(100));
        assert_eq!(calls[2].opened.as_deref(), Some(std::path::Path::new("/b")));
        assert_eq!(calls[3].result, -1);
    }
}
