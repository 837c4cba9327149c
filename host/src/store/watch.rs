//! Notices of committed keys, sent by the committer once they are durable.

use bytes::Bytes;
use tokio::sync::broadcast::{self, error::RecvError};

use super::Revision;
use crate::limits;

/// What a watcher is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A record was written.
    Put {
        /// Its key.
        key: Bytes,
        /// The commit that wrote it.
        revision: Revision,
    },
    /// A record was removed.
    Deleted {
        /// Its key.
        key: Bytes,
        /// The commit that removed it.
        revision: Revision,
    },
    /// Notices were lost because the watcher fell behind: scan the prefix again.
    Rescan,
}

impl Change {
    fn concerns(&self, prefix: &[u8]) -> bool {
        match self {
            Self::Put { key, .. } | Self::Deleted { key, .. } => key.starts_with(prefix),
            Self::Rescan => true,
        }
    }
}

/// Notices for one prefix, from the moment the watch began.
///
/// Begin the watch before the first scan and nothing is missed; a change may then be seen in both.
#[derive(Debug)]
pub struct Watch {
    prefix: Vec<u8>,
    notices: broadcast::Receiver<Change>,
}

impl Watch {
    /// The next notice, in commit order; `None` once the store is closed or failed.
    pub async fn next(&mut self) -> Option<Change> {
        loop {
            match self.notices.recv().await {
                Ok(change) if change.concerns(&self.prefix) => return Some(change),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return Some(Change::Rescan),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

/// Where watchers sign up. It never blocks the committer: who is slow loses notices and is told so.
#[derive(Debug)]
pub(super) struct Hub(parking_lot::Mutex<Option<broadcast::Sender<Change>>>);

impl Hub {
    pub(super) fn new() -> Self {
        Self(parking_lot::Mutex::new(Some(broadcast::Sender::new(limits::WATCH_LAG_MAX))))
    }

    pub(super) fn watch(&self, prefix: &[u8]) -> Watch {
        let ended = || broadcast::channel(1).1;
        let notices = self.0.lock().as_ref().map_or_else(ended, broadcast::Sender::subscribe);
        Watch { prefix: prefix.to_vec(), notices }
    }

    pub(super) fn send(&self, changes: impl IntoIterator<Item = Change>) {
        let hub = self.0.lock();
        let Some(sender) = hub.as_ref().filter(|sender| sender.receiver_count() > 0) else { return };
        for change in changes {
            // The last watcher may just have gone, which is no failure.
            let _ = sender.send(change);
        }
    }

    /// Ends every watch.
    pub(super) fn end(&self) {
        self.0.lock().take();
    }
}
