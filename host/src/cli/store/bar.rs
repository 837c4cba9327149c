//! Progress of long work, for people at a terminal; indicatif keeps quiet elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::screen::Screen;
use crate::store::Progress;

/// A bar that goes away when it is dropped.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(what: &'static str, screen: &Screen) -> Self {
        if screen.json() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner().with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos} {wide_bar} {eta}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// How far it is. A total of 0 is not known.
    pub(super) fn at(&self, at: Progress) {
        if at.total > 0 {
            self.0.set_length(at.total);
        }
        self.0.set_position(at.done);
    }

    pub(super) fn step(&self, what: &'static str) {
        self.0.set_message(what);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
