//! Records a process and follows its descriptors and names, until each call stands for something done to a numbered file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::below;
use super::parse::{Argument, Call, Event, calls};
use crate::world::{Folder, binary};

/// The system calls that change files, force them onto the device, or speak.
const CALLS: &str = "trace=openat,creat,write,writev,pwrite64,pwritev,sendto,sendmsg,lseek,ftruncate,fallocate,\
                                fsync,fdatasync,sync_file_range,rename,renameat,renameat2,mkdir,mkdirat,unlink,unlinkat,\
                                rmdir";

/// One thing done.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) event: Event,
    /// The lines of the trace where it began and where it ended.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a process did to the files of its store.
#[derive(Debug)]
pub struct Recording {
    pub(super) steps: Vec<Step>,
    /// Lines of the trace.
    pub(super) end: usize,
    /// The number of the engine's own file.
    pub(super) db: usize,
}

impl Recording {
    /// Bytes that were written.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let sizes = self.steps.iter().map(|step| match &step.event {
            Event::Write { data, .. } => data.len(),
            _ => 0,
        });
        sizes.sum()
    }
}

/// Runs the writer under strace, on an empty folder and once more on what is there then.
///
/// # Errors
/// When strace is not installed, or the writer fails.
pub fn record(live: &Folder, documents: u64, seed: u64) -> anyhow::Result<Recording> {
    let file = live.path().join("trace");
    let mut command = strace(&file);
    // Twice, so that the trace has a store being made and one being opened again.
    let twice = "\"$0\" write \"$1\" 0 \"$2\" 8 \"$3\" && \"$0\" write \"$1\" \"$2\" \"$2\" 8 \"$3\"";
    command.args(["sh", "-c", twice]).arg(binary("scribe")?).arg(live.config());
    command.args([documents.div_ceil(2), seed].map(|number| number.to_string()));
    let status =
        command.stdin(Stdio::null()).stdout(Stdio::null()).status().context("start strace (apt install strace)")?;
    ensure!(status.success(), "the writer failed: {status}");
    read(&file, &live.path().join("data"))
}

/// strace as the suites use it, its trace in `file`; the program follows.
#[must_use]
pub fn strace(file: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-xx", "-s", "33554432", "--seccomp-bpf", "-e", CALLS, "-o"]).arg(file);
    command
}

/// Reads a trace; what happens outside of `root` is left out.
///
/// # Errors
/// When it cannot be read, or never touches the engine's file.
pub fn read(file: &Path, root: &Path) -> anyhow::Result<Recording> {
    let text = std::fs::read_to_string(file)?;
    let mut reader =
        Reader { root, nodes: HashMap::new(), offsets: HashMap::new(), steps: Vec::new(), next: 1, db: None };
    reader.nodes.insert(root.to_owned(), 0);
    for call in calls(&text) {
        reader.take(call);
    }
    let mut steps = reader.steps;
    steps.sort_by_key(|step| step.end);
    Ok(Recording { steps, end: text.lines().count(), db: reader.db.context("the trace never touches a `db` file")? })
}

struct Reader<'a> {
    root: &'a Path,
    /// The numbers of files and folders, by the path they have now.
    nodes: HashMap<PathBuf, usize>,
    offsets: HashMap<i64, usize>,
    steps: Vec<Step>,
    next: usize,
    db: Option<usize>,
}

impl Reader<'_> {
    fn take(&mut self, call: Call) {
        if call.result < 0 {
            return;
        }
        let (start, end) = (call.start, call.end);
        for event in self.events(call) {
            self.steps.push(Step { event, start, end });
        }
    }

    fn events(&mut self, call: Call) -> Vec<Event> {
        let Call { name, arguments, result, opened, .. } = call;
        let done = usize::try_from(result).unwrap_or_default();
        match (name.as_str(), arguments.as_slice()) {
            ("openat" | "creat", _) => {
                let cuts = |word: &Argument| matches!(word, Argument::Text(text) if text.contains("O_TRUNC"));
                let truncates = arguments.iter().any(cuts);
                self.offsets.insert(result, 0);
                opened.map(|path| self.open(&path, truncates)).unwrap_or_default()
            }
            ("lseek", [Argument::Descriptor(fd, _), ..]) => {
                self.offsets.insert(*fd, done);
                Vec::new()
            }
            (
                "write" | "writev" | "sendto" | "sendmsg",
                [Argument::Descriptor(fd, place), Argument::Bytes(data), ..],
            ) => match self.node(place) {
                Some(node) => {
                    let offset = self.offsets.entry(*fd).or_default();
                    let at = *offset;
                    *offset += done;
                    vec![Event::Write { node, offset: at, data: data[..done.min(data.len())].to_vec() }]
                }
                None => vec![Event::Say(data.clone())],
            },
            ("pwrite64" | "pwritev", [Argument::Descriptor(_, place), Argument::Bytes(data), .., offset]) => {
                let (node, offset) = (self.node(place), offset.number());
                let write = node.zip(offset).map(|(node, offset)| Event::Write {
                    node,
                    offset,
                    data: data[..done.min(data.len())].to_vec(),
                });
                write.into_iter().collect()
            }
            ("ftruncate", [Argument::Descriptor(_, place), length]) => {
                let resize = self.node(place).zip(length.number());
                resize.map(|(node, length)| Event::Resize { node, length }).into_iter().collect()
            }
            ("fsync" | "fdatasync", [Argument::Descriptor(_, place)]) => {
                self.node(place).map(|node| Event::Sync { node }).into_iter().collect()
            }
            ("mkdir" | "mkdirat" | "unlink" | "unlinkat" | "rmdir" | "rename" | "renameat" | "renameat2", _) => {
                let at_path = |argument: &Argument| match argument {
                    Argument::Bytes(bytes) => Some(PathBuf::from(String::from_utf8_lossy(bytes).into_owned())),
                    _ => None,
                };
                self.names(&name, arguments.iter().filter_map(at_path).collect())
            }
            _ => Vec::new(),
        }
    }

    fn node(&self, place: &str) -> Option<usize> {
        self.nodes.get(Path::new(place.trim_end_matches(" (deleted)"))).copied()
    }

    /// The folder's number and the name in it.
    fn entry(&self, path: &Path) -> Option<(usize, String)> {
        let folder = self.nodes.get(path.parent()?)?;
        Some((*folder, path.file_name()?.to_string_lossy().into_owned()))
    }

    /// A folder on the way that nobody made was there before.
    fn make(&mut self, path: &Path, is_folder: bool) -> Vec<Event> {
        let (Some(parent), Some(_)) = (path.parent(), below(path, self.root)) else { return Vec::new() };
        let mut events = if self.nodes.contains_key(parent) { Vec::new() } else { self.make(parent, true) };
        let Some((folder, name)) = self.entry(path) else { return Vec::new() };
        let node = self.next;
        self.next += 1;
        self.nodes.insert(path.to_owned(), node);
        if name == "db" {
            self.db = Some(node);
        }
        events.push(Event::Make { node, folder, name, is_folder });
        events
    }

    fn open(&mut self, path: &Path, truncates: bool) -> Vec<Event> {
        match self.nodes.get(path) {
            Some(node) if truncates => vec![Event::Resize { node: *node, length: 0 }],
            Some(_) => Vec::new(),
            None => self.make(path, false),
        }
    }

    fn names(&mut self, call: &str, paths: Vec<PathBuf>) -> Vec<Event> {
        let event = match (call, paths.as_slice()) {
            ("mkdir" | "mkdirat", [path]) => return self.make(path, true),
            ("unlink" | "unlinkat" | "rmdir", [path]) => {
                let entry = self.entry(path).filter(|_| self.nodes.remove(path).is_some());
                entry.map(|(folder, name)| Event::Remove { folder, name })
            }
            (_, [from, to]) => self.rename(from, to),
            _ => None,
        };
        event.into_iter().collect()
    }

    fn rename(&mut self, from: &Path, to: &Path) -> Option<Event> {
        let (old, new) = (self.entry(from)?, self.entry(to)?);
        let node = *self.nodes.get(from)?;
        let moved: Vec<PathBuf> = self.nodes.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for path in moved {
            let rest = path.strip_prefix(from).map(Path::to_owned).unwrap_or_default();
            let target = if rest.as_os_str().is_empty() { to.to_owned() } else { to.join(rest) };
            if let Some(node) = self.nodes.remove(&path) {
                self.nodes.insert(target, node);
            }
        }
        Some(Event::Rename { node, from: old, to: new })
    }
}
