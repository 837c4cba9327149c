//! One thread compiles all connectors, one after the other.
//!
//! Compiling needs some megabytes for a moment. The system's allocator keeps an arena a thread and gives little of it
//! back, so compiling on whichever thread is free would leave that memory behind in each of them. It also leaves the
//! other cores to the calls that are answered meanwhile.

use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::loaded::LoadError;
use crate::limits;

type Work = Box<dyn FnOnce() + Send>;

/// The way to the thread. Cheap to clone; the thread ends with the last clone.
#[derive(Clone)]
pub(super) struct Compiler(mpsc::Sender<Work>);

impl Compiler {
    pub(super) fn start() -> Result<Self, LoadError> {
        let (sender, mut work) = mpsc::channel::<Work>(limits::COMPILES_WAITING_MAX);
        let compile = move || {
            while let Some(work) = work.blocking_recv() {
                work();
            }
        };
        let started = thread::Builder::new().name("compiler".to_owned()).spawn(compile);
        started.map_err(|e| LoadError::Compile(format!("the thread for it does not start: {e}")))?;
        Ok(Self(sender))
    }

    /// Runs `work` on the thread. A panic in it is an error of this work alone.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, LoadError> + Send + 'static,
    ) -> Result<T, LoadError> {
        let (answer, answered) = oneshot::channel();
        let work = move || {
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            let done = done.unwrap_or_else(|_| Err(LoadError::Compile("the compiler gave up on this file".to_owned())));
            // Nobody may be waiting any more; then nobody wants it.
            let _ = answer.send(done);
        };
        let gone = || LoadError::Compile("the compiler has stopped; start the host anew".to_owned());
        self.0.send(Box::new(work)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_one_piece_of_work_and_not_the_compiler() {
        let compiler = Compiler::start().unwrap();
        let name = || thread::current().name().map(str::to_owned);
        let error = compiler.run::<()>(|| panic!("a fault of the compiler")).await.unwrap_err();
        assert!(error.to_string().contains("gave up"), "{error}");
        assert_eq!(compiler.run(move || Ok(name())).await.unwrap().as_deref(), Some("compiler"));
    }
}
