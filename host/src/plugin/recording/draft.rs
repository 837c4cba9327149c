//! A recording that is being made, within its bounds. What does not fit is given up and counted; the call goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::recorder::{Calls, Loss, Recorder};
use super::tape::{Head, Input};
use super::{Answer, Did, End, FORMAT, Question, Recording, Step};
use crate::limits;
use crate::seam::{self, Stopwatch};

/// Memory of all recordings that are being made or wait to be written.
#[derive(Debug, Default)]
pub(super) struct Room(AtomicUsize);

/// A share of the room, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    room: Arc<Room>,
    bytes: usize,
}

impl Share {
    pub(super) fn of(room: &Arc<Room>) -> Self {
        Self { room: Arc::clone(room), bytes: 0 }
    }

    /// Takes more; false when a recording may not have so much, or all together may not.
    fn grow(&mut self, bytes: usize) -> Result<(), Loss> {
        if self.bytes.saturating_add(bytes) > limits::RECORDING_BYTES_MAX {
            return Err(Loss::TooLarge);
        }
        let fits = |used: usize| used.checked_add(bytes).filter(|used| *used <= limits::RECORDING_MEMORY_BYTES_MAX);
        match self.room.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => {
                self.bytes += bytes;
                Ok(())
            }
            Err(_) => Err(Loss::Busy),
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The recording of a call in progress.
pub(in crate::plugin) struct Draft {
    recorder: Arc<Recorder>,
    only_errors: bool,
    recording: Box<Recording>,
    watch: Stopwatch,
    share: Share,
    lost: Option<Loss>,
}

impl Draft {
    pub(super) fn begin(recorder: &Arc<Recorder>, calls: Calls, head: &Head<'_>, input: Input) -> Option<Self> {
        let Some(input) = input.finish() else {
            recorder.lost(Loss::Failed);
            return None;
        };
        let size = input.get().len() + head.context.settings.len();
        let about = &head.loaded.description;
        let recording = Box::new(Recording {
            format: FORMAT.to_owned(),
            id: recorder.name_at(head.at),
            at: head.at,
            took_ms: 0,
            connector: about.name.clone(),
            version: about.version.clone(),
            digest: head.loaded.digest.clone(),
            operation: head.operation.to_owned(),
            context: head.context.clone(),
            input,
            steps: Vec::new(),
            end: End::Deadline,
            did: Did::default(),
        });
        let mut draft = Self {
            recorder: Arc::clone(recorder),
            only_errors: calls == Calls::Errors,
            recording,
            watch: seam::stopwatch(),
            share: recorder.share(),
            lost: None,
        };
        draft.grow(size);
        Some(draft)
    }

    /// Notes a question. One without an answer was open when the call ended.
    pub(super) fn asked(&mut self, question: Question) {
        self.grow(question.bytes());
        if self.lost.is_none() {
            self.recording.steps.push(Step { asked: question, told: None });
        }
    }

    /// Notes the answer to the last question.
    pub(super) fn told(&mut self, answer: impl FnOnce() -> Answer) {
        if self.lost.is_some() {
            return;
        }
        let answer = answer();
        self.grow(answer.bytes());
        if let Some(last) = self.recording.steps.last_mut() {
            last.told = Some(answer);
        }
    }

    fn grow(&mut self, bytes: usize) {
        if self.lost.is_none()
            && let Err(loss) = self.share.grow(bytes)
        {
            self.lost = Some(loss);
            // What cannot be replayed whole is not kept in part.
            self.recording.steps = Vec::new();
        }
    }

    /// Ends the recording and hands it in.
    pub(super) fn end(mut self, end: impl FnOnce() -> End, did: Did, failed: bool) {
        if self.only_errors && !failed {
            return;
        }
        let end = end();
        self.grow(match &end {
            End::Answer(text) | End::Refused(text) => text.get().len(),
            End::Trap(text) | End::Malformed(text) => text.len(),
            End::Deadline => 0,
        });
        if let Some(loss) = self.lost {
            self.recorder.lost(loss);
            return;
        }
        self.recording.end = end;
        self.recording.did = did;
        self.recording.took_ms = u64::try_from(self.watch.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.recorder.hand_in(self.recording, self.share);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_recording_and_all_together_are_bounded() {
        let room = Arc::new(Room::default());
        let mut one = Share::of(&room);
        assert!(one.grow(limits::RECORDING_BYTES_MAX).is_ok());
        assert_eq!(one.grow(1), Err(Loss::TooLarge));
        let mut held = Vec::new();
        while room.0.load(Ordering::Relaxed) < limits::RECORDING_MEMORY_BYTES_MAX {
            let mut other = Share::of(&room);
            other.grow(1 << 20).unwrap();
            held.push(other);
        }
        assert_eq!(Share::of(&room).grow(1), Err(Loss::Busy));
        drop(one);
        assert_eq!(Share::of(&room).grow(1), Ok(()), "a share that is dropped makes room");
    }
}
