//! The sockets. Connections are served by hand, so that a fault can cut one without an answer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue, SET_COOKIE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::answer::{Answer, Refusal};
use super::control;
use super::faults::Verdict;
use super::routes::{Asked, Company, creates};

const BODY_MAX: usize = 4 << 20;
const BASE: &str = "/b1s/v1/";

/// The connection is to be cut without an answer.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut on demand")
    }
}

impl std::error::Error for Cut {}

/// Accepts connections until `stop` turns true; connections that are open then are cut.
pub(super) async fn run(listener: TcpListener, company: Arc<Company>, mut stop: watch::Receiver<bool>) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => {
                    // Out of descriptors, most likely: a moment later there are some again.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let company = Arc::clone(&company);
        let mut stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = connection(stream, company) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
    }
}

async fn connection(stream: TcpStream, company: Arc<Company>) {
    if company.faults.is_down() && !is_control(&stream).await {
        return;
    }
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let company = Arc::clone(&company);
        async move { exchange(&company, request).await }
    });
    // An error here is a client that went away or a cut on demand: both are the client's to notice.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Looks at the first bytes, without taking them, for the path that steers the simulator. They may come one by one.
async fn is_control(stream: &TcpStream) -> bool {
    let mut start = [0; 16];
    let looked = tokio::time::timeout(Duration::from_millis(200), async {
        loop {
            let read = stream.peek(&mut start).await.unwrap_or(0);
            if read == 0 || read == start.len() {
                return read;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let read = looked.await.unwrap_or(0);
    start.get(..read).is_some_and(|bytes| bytes.windows(6).any(|window| window == b"/_sim/"))
}

async fn exchange(company: &Company, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
    let (head, body) = request.into_parts();
    let steers = head.uri.path().starts_with("/_sim/");
    let path = head.uri.path().strip_prefix(BASE);
    let verdict = if steers {
        Verdict::Go(0)
    } else {
        let path = path.unwrap_or_default();
        company.faults.before(path == "Login" || path == "Logout", creates(&head.method, path))
    };
    if let Verdict::Go(wait @ 1..) | Verdict::Fail(_, wait @ 1..) = verdict {
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    let body = Limited::new(body, BODY_MAX).collect().await.map_err(|_| Cut)?.to_bytes();
    let answer = match (verdict, path) {
        (Verdict::Cut, _) => return Err(Cut),
        (Verdict::Fail(status, _), _) => return Ok(balancer(status)),
        _ if steers => control::answer(company, &head.method, head.uri.path(), &body),
        (_, None) => Refusal { status: StatusCode::NOT_FOUND, ..Refusal::path() }.into_answer(),
        (_, Some(path)) => {
            let query = head.uri.query().unwrap_or_default();
            let asked = Asked { method: &head.method, path, query, headers: &head.headers, body: &body };
            company.count(&asked);
            company.answer(&asked).unwrap_or_else(Refusal::into_answer)
        }
    };
    if answer.created && company.faults.loses_created() {
        return Err(Cut);
    }
    Ok(response(answer))
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    if answer.status != StatusCode::NO_CONTENT {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;odata=minimalmetadata;charset=utf-8"));
        headers.insert("dataserviceversion", HeaderValue::from_static("3.0"));
    }
    for cookie in &answer.cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            headers.append(SET_COOKIE, value);
        }
    }
    response
}

/// The answer of the load balancer in front of the service: a page, not JSON.
fn balancer(status: u16) -> Response<Full<Bytes>> {
    let page = "<html><head><title>Service Unavailable</title></head><body>Try again later.</body></html>";
    let mut response = Response::new(Full::new(Bytes::from_static(page.as_bytes())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}
