//! One call: a fresh sandbox, one operation, every limit, and the host's own account of what happened.
//!
//! `operation` is the table of everything a connector can be asked; `ask` does it by name with JSON in and out.

mod ask;
mod operation;

pub use ask::AskError;
pub use operation::{OPERATIONS, Shape};

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use wasmtime::Store;

use super::bindings::exports::apiconnect::connector as contract;
use super::crash;
use super::guest::{self, Guest, Report};
use super::interface::Interface;
use super::link::{Link, Nowhere};
use super::loaded::Loaded;
use super::told::{self, Told};
use crate::commerce::lane::Lane;
use crate::commerce::types::{Context, Error as Refusal};
use crate::seam::{self, Clock};
use crate::secret::Vault;

/// What a call is made with.
#[derive(Clone)]
pub struct Call {
    /// The connection it is for.
    pub link: Arc<Link>,
    /// Names it in logs.
    pub id: Arc<str>,
    /// Who must not wait for it.
    pub lane: Lane,
    /// How long it may take.
    pub time: Duration,
    /// Whether the system's own payload is wanted.
    pub want_native: bool,
}

/// Why a call gave no answer of the connector.
#[derive(Debug, Error)]
pub enum CallError {
    /// The connector answered with a typed error.
    #[error("{0:?}")]
    Refused(Refusal),
    /// The connector does not offer the interface.
    #[error("call {interface}: the connector {connector} does not offer it")]
    NotOffered {
        /// The interface.
        interface: &'static str,
        /// The connector's name.
        connector: String,
    },
    /// The time was over.
    #[error("get an answer in time")]
    Deadline,
    /// The connector crashed or broke a limit. The text is for operators and vendors.
    #[error("get an answer of the connector: {text}")]
    Trap {
        /// What happened, with the connector's last log lines.
        text: String,
    },
}

/// How a call ended: the answer, and what the host saw.
#[derive(Debug)]
pub struct Ended<T> {
    /// The answer.
    pub result: Result<T, CallError>,
    /// What it did to the outside.
    pub report: Report,
}

impl<T> Ended<T> {
    /// The same end with its answer told in another way.
    pub fn map<U>(self, tell: impl FnOnce(T) -> U) -> Ended<U> {
        Ended { result: self.result.map(tell), report: self.report }
    }

    fn never(error: CallError) -> Self {
        Self { result: Err(error), report: Report::default() }
    }
}

/// Runs one exported function in a fresh sandbox. Every operation goes through here, and so does its recording.
macro_rules! run {
    (
        $loaded:expr, $call:expr, $name:literal = $interface:expr, $indices:expr,
        $function:ident ( $($argument:ident),* ), $check:expr
    ) => {{
        let (loaded, call): (&$crate::plugin::Loaded, $crate::plugin::Call) = ($loaded, $call);
        let Some(indices) = $indices else { return $crate::plugin::Ended::never(loaded.not_offered($interface)) };
        let watch = $crate::seam::stopwatch();
        let Some(Some(place)) = $crate::seam::within(call.time, loaded.share.place()).await else {
            return $crate::plugin::Ended::never($crate::plugin::CallError::Deadline);
        };
        // Waiting for a sandbox is part of the call's time.
        let call = $crate::plugin::Call { time: call.time.saturating_sub(watch.elapsed()), ..call };
        let context = call.context();
        let input = || $crate::plugin::recording::Input::new()$(.with(stringify!($argument), &$argument))*;
        let tape = call.link.tapes.begin(loaded, $name, (&context, &call.link.clock), &input);
        let time = call.link.patience(call.time);
        let guest = $crate::plugin::guest::Guest::new(call.link, call.id, call.lane, time, &loaded.share).taped(tape);
        let mut store = guest.into_store(loaded.pre.engine());
        let answer = $crate::seam::within(time, async {
            let instance = loaded.pre.instantiate_async(&mut store).await?;
            let guest = indices.load(&mut store, &instance)?;
            guest.$function(&mut store, &context, $($argument),*).await
        })
        .await;
        store.data_mut().end_of_call();
        let result = match answer {
            Some(Ok(answer)) => loaded.checked(answer).and_then(|answer| ($check)(&answer).map(|()| answer)),
            Some(Err(error)) => Err(loaded.trapped(&error, &store)),
            None => Err($crate::plugin::CallError::Deadline),
        };
        store.data_mut().end_tape(&result);
        let report = store.data().report;
        $crate::plugin::guest::take_down(store, place);
        $crate::plugin::Ended { result, report }
    }};
}
use run;

impl Call {
    fn context(&self) -> Context {
        Context {
            connection: self.link.connection.clone(),
            settings: self.link.settings.clone(),
            deadline_ms: u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX),
            call_id: self.id.to_string(),
            want_native: self.want_native,
        }
    }
}

impl Loaded {
    /// Whether an interface is offered.
    ///
    /// # Errors
    /// [`CallError::NotOffered`] when it is not.
    pub fn require(&self, interface: Interface) -> Result<(), CallError> {
        if self.interfaces.contains(&interface) { Ok(()) } else { Err(self.not_offered(interface)) }
    }

    /// The connector's name and version.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.description.name, self.description.version)
    }

    /// Whether it takes several orders in one call.
    #[must_use]
    pub const fn takes_batches(&self) -> bool {
        self.exports.order_batches.is_some()
    }

    fn not_offered(&self, interface: Interface) -> CallError {
        CallError::NotOffered { interface: interface.name(), connector: self.description.name.clone() }
    }

    /// The answer, unless it holds more than an answer may.
    fn checked<T: Told>(&self, answer: Result<T, Refusal>) -> Result<T, CallError> {
        match answer {
            Ok(told) => told.checked().map_err(|why| CallError::Trap { text: format!("{}: {why}", self.title()) }),
            Err(refusal) => Err(CallError::Refused(told::refusal(refusal))),
        }
    }

    fn trapped(&self, error: &wasmtime::Error, store: &Store<Guest>) -> CallError {
        if error.downcast_ref::<guest::Ended>() == Some(&guest::Ended::Deadline) {
            return CallError::Deadline;
        }
        CallError::Trap { text: crash::told(self, error, store) }
    }

    /// Asks who the connector is, without a connection.
    pub(super) async fn describe(&self, time: Duration) -> Result<contract::connector::Description, CallError> {
        let link = Link::new("", String::new(), Arc::new(Nowhere), Vault::default(), Clock::system());
        let Some(Some(_place)) = seam::within(time, self.share.place()).await else {
            return Err(CallError::Deadline);
        };
        let guest = Guest::new(Arc::new(link), Arc::from("describe"), Lane::Live, time, &self.share);
        let mut store = guest.into_store(self.pre.engine());
        let answer = seam::within(time, async {
            let instance = self.pre.instantiate_async(&mut store).await?;
            self.exports.connector.load(&mut store, &instance)?.call_describe(&mut store).await
        });
        let answer = answer.await;
        store.data_mut().end_of_call();
        match answer {
            Some(Ok(description)) => Ok(description),
            Some(Err(error)) => Err(self.trapped(&error, &store)),
            None => Err(CallError::Deadline),
        }
    }

    /// Makes the sandbox of a call and throws it away: what a call costs before it computes anything.
    pub async fn open_sandbox(&self, call: Call) -> Ended<()> {
        let Some(_place) = self.share.place().await else { return Ended::never(CallError::Deadline) };
        let guest = Guest::new(call.link, call.id, call.lane, call.time, &self.share);
        let mut store = guest.into_store(self.pre.engine());
        let made = seam::within(call.time, self.pre.instantiate_async(&mut store)).await;
        let result = match made {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(self.trapped(&error, &store)),
            None => Err(CallError::Deadline),
        };
        Ended { result, report: store.data().report }
    }

    /// `connector.check`
    pub async fn check(&self, call: Call) -> Ended<contract::connector::Health> {
        run!(
            self,
            call,
            "connector.check" = Interface::Pricing,
            Some(&self.exports.connector),
            call_check(),
            |_| Ok(())
        )
    }

    /// A list that lost a line cannot be told from one that is right, so it is refused whole.
    fn full<T>(&self, answers: &[T], asked: usize) -> Result<(), CallError> {
        if answers.len() == asked {
            return Ok(());
        }
        let who = self.title();
        Err(CallError::Trap { text: format!("{who}: it answered {} lines of {asked}", answers.len()) })
    }
}
