//! Room for answers: how many bytes may be in memory at a time, whoever holds them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Room that is shared by everything that takes of it. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Room(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    left: AtomicUsize,
}

/// A part of the room, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    room: Room,
    bytes: usize,
}

impl Room {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Inner { left: AtomicUsize::new(bytes) }))
    }

    /// Nothing of it yet.
    pub(crate) fn hold(&self) -> Held {
        Held { room: self.clone(), bytes: 0 }
    }

    #[cfg(test)]
    pub(super) fn left(&self) -> usize {
        self.0.left.load(Ordering::Relaxed)
    }
}

impl Held {
    /// Takes more of the room; `false` when there is not as much.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let left = &self.room.0.left;
        let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok();
        if taken {
            self.bytes += bytes;
        }
        taken
    }

    /// The same bytes, which hold their room until the last copy of them is gone.
    pub(super) fn around(self, bytes: Bytes) -> Bytes {
        struct Kept(Bytes, #[expect(dead_code, reason = "it is kept for its end")] Held);
        impl AsRef<[u8]> for Kept {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        if self.bytes == 0 { bytes } else { Bytes::from_owner(Kept(bytes, self)) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.0.left.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_comes_back_with_the_last_copy() {
        let room = Room::new(10);
        let mut held = room.hold();
        assert!(held.grow(6) && !held.grow(5) && held.grow(4));
        let bytes = held.around(Bytes::from_static(b"0123456789"));
        let copy = bytes.slice(2..);
        drop(bytes);
        assert_eq!(room.left(), 0);
        drop(copy);
        assert_eq!(room.left(), 10);
    }
}
