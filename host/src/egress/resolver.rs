//! From a name to the addresses that may be dialled. One lookup a socket: what was checked is what is dialled.

use std::io;
use std::net::{IpAddr, SocketAddr};

use futures::future::BoxFuture;

use super::address::{Class, classify};
use super::origin::Origin;
use super::{SendError, SendErrorKind, Sent};
use crate::limits;

/// Turns names into addresses; a test brings its own.
pub trait Resolve: Send + Sync {
    /// All addresses of `host`, best first.
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// A script of answers: each lookup takes the next one, the last one stays.
#[derive(Debug, Default)]
pub struct ScriptedResolver {
    answers: parking_lot::Mutex<std::collections::VecDeque<Vec<IpAddr>>>,
    lookups: std::sync::atomic::AtomicUsize,
}

impl ScriptedResolver {
    /// Answers every name with these lists, one after the other.
    #[must_use]
    pub fn new(answers: impl IntoIterator<Item = Vec<IpAddr>>) -> Self {
        Self { answers: parking_lot::Mutex::new(answers.into_iter().collect()), lookups: 0.into() }
    }

    /// How many lookups there were.
    #[must_use]
    pub fn lookups(&self) -> usize {
        self.lookups.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Resolve for ScriptedResolver {
    fn resolve<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.lookups.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut answers = self.answers.lock();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Box::pin(std::future::ready(Ok(answer.unwrap_or_default())))
    }
}

/// Looks the origin up once and keeps the addresses that may be dialled; a literal address is checked just the same.
pub(super) async fn addresses(
    resolver: &dyn Resolve,
    origin: &Origin,
    private_network: bool,
) -> Result<Vec<SocketAddr>, SendError> {
    let found = match origin.literal() {
        Some(address) => vec![address],
        None => resolver.resolve(origin.host()).await.map_err(|error| unresolved(origin).because(&error))?,
    };
    let Some(first) = found.first().copied() else {
        return Err(unresolved(origin));
    };
    let dialled: Vec<_> = found
        .into_iter()
        .filter(|address| classify(*address).may_dial(private_network))
        .take(limits::ADDRESSES_TRIED_MAX)
        .map(|address| SocketAddr::new(address, origin.port()))
        .collect();
    if dialled.is_empty() { Err(forbidden(origin, first)) } else { Ok(dialled) }
}

pub(super) fn unresolved(origin: &Origin) -> SendError {
    let message = format!("connect to {origin}: the name has no address");
    SendError::new(SendErrorKind::Connect, Sent::No, message)
}

fn forbidden(origin: &Origin, address: IpAddr) -> SendError {
    let class = classify(address);
    let cure = match class {
        Class::Private(_) => "set `private_network = true` on the connection if this is meant",
        _ => "no grant allows this",
    };
    SendError::refused(format!("connect to {origin}: its address is not public ({}); {cure}", class.reason()))
        .because(&address)
}
