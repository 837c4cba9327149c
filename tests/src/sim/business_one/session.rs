//! Sign-in: two cookies, both needed, and a session that times out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hyper::StatusCode;
use hyper::header::{COOKIE, HeaderMap};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::seed::Seed;

/// Sessions kept at most; the oldest makes room.
const SESSIONS_MAX: usize = 1_000;
const ROUTE: &str = ".node1";

/// The open sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    open: Mutex<HashMap<String, Instant>>,
    idle: Duration,
    made: AtomicU64,
    /// Requests since the last forced end of all sessions.
    used: AtomicU64,
}

impl Sessions {
    pub(super) fn new(timeout_minutes: u64) -> Self {
        Self {
            open: Mutex::new(HashMap::new()),
            idle: Duration::from_secs(timeout_minutes * 60),
            made: AtomicU64::new(0),
            used: AtomicU64::new(0),
        }
    }

    /// `POST /Login`.
    pub(super) fn login(&self, seed: &Seed, body: &[u8]) -> Outcome {
        let asked: Value = serde_json::from_slice(body).map_err(|_| Refusal::bad(-1000, "Invalid JSON format"))?;
        let is = |name: &str, right: &str| asked.get(name).and_then(Value::as_str) == Some(right);
        if !(is("CompanyDB", &seed.company_db) && is("UserName", &seed.user) && is("Password", &seed.password)) {
            let text = "Login failed".into();
            return Err(Refusal { status: StatusCode::UNAUTHORIZED, code: 100_000_027, text });
        }
        let id = self.open_session();
        let body = json!({
            "odata.metadata": "$metadata#B1Sessions/@Element",
            "SessionId": id, "Version": seed.version, "SessionTimeout": seed.session_timeout_minutes,
        });
        let mut answer = Answer::ok(&body);
        answer.cookies = vec![format!("B1SESSION={id};HttpOnly;"), format!("ROUTEID={ROUTE}; path=/b1s")];
        Ok(answer)
    }

    fn open_session(&self) -> String {
        let made = self.made.fetch_add(1, Ordering::Relaxed);
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let id = format!("{nanos:032x}-{made:08x}");
        let mut open = self.open.lock();
        if open.len() >= SESSIONS_MAX
            && let Some(oldest) = open.iter().min_by_key(|(_, used)| **used).map(|(id, _)| id.clone())
        {
            open.remove(&oldest);
        }
        open.insert(id.clone(), Instant::now());
        id
    }

    /// `POST /Logout`.
    pub(super) fn logout(&self, headers: &HeaderMap) -> Outcome {
        self.check(headers, 0)?;
        if let Some(id) = cookie(headers, "B1SESSION") {
            self.open.lock().remove(id);
        }
        Ok(Answer::empty())
    }

    /// Checks both cookies. With `expire_after` above zero every so many requests end all sessions.
    pub(super) fn check(&self, headers: &HeaderMap, expire_after: u64) -> Result<(), Refusal> {
        if expire_after > 0 && self.used.fetch_add(1, Ordering::Relaxed) + 1 >= expire_after {
            self.used.store(0, Ordering::Relaxed);
            self.expire();
        }
        let (Some(id), Some(ROUTE)) = (cookie(headers, "B1SESSION"), cookie(headers, "ROUTEID")) else {
            return Err(Refusal::session());
        };
        let now = Instant::now();
        let mut open = self.open.lock();
        match open.get_mut(id) {
            Some(used) if now.duration_since(*used) < self.idle => {
                *used = now;
                Ok(())
            }
            _ => {
                open.remove(id);
                Err(Refusal::session())
            }
        }
    }

    /// Ends every session.
    pub(super) fn expire(&self) {
        self.open.lock().clear();
    }

    pub(super) fn count(&self) -> usize {
        self.open.lock().len()
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(n, _)| *n == name).map(|(_, value)| value)
}
