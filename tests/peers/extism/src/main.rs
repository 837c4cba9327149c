//! Price questions through extism, measured where they are asked: typed values in, typed values out, JSON between, and
//! a system that answers from memory.
//!
//! `extism-peer PLUGIN QUESTION ANSWER` takes the plug-in's file, and the question and the system's answer as JSON.
//! A line `fresh N` or `warm N` on standard input is answered with what a call took, in microseconds, over N calls:
//! with an instance for each call, or with one for all. `prices` is answered with the prices themselves.

use std::io::{BufRead, Write};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use extism::{CompiledPlugin, Manifest, PTR, Plugin, PluginBuilder, UserData, Wasm, convert::Json, host_fn};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Quantity {
    value: String,
    unit: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Line {
    product: String,
    customer: Option<String>,
    quantity: Quantity,
}

#[derive(Clone, Serialize, Deserialize)]
struct Question {
    lines: Vec<Line>,
}

#[derive(Deserialize, Serialize)]
struct Price {
    product: String,
    unit: String,
    unit_price: String,
    currency: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct Request {
    #[expect(dead_code, reason = "what a real host would send; reading it is part of the work")]
    method: String,
    #[expect(dead_code, reason = "see above")]
    target: String,
    #[expect(dead_code, reason = "see above")]
    headers: Vec<Header>,
    #[expect(dead_code, reason = "see above")]
    body: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Response {
    status: u16,
    headers: Vec<Header>,
    body: String,
}

host_fn!(send_all(answer: Response; requests: Json<Vec<Request>>) -> Json<Vec<Response>> {
    let answer = answer.get()?;
    let answer = answer.lock().map_err(|_| extism::Error::msg("the answer is held"))?;
    Ok(Json(requests.0.iter().map(|_| answer.clone()).collect()))
});

struct Bench {
    compiled: CompiledPlugin,
    warm: Plugin,
    question: Question,
}

impl Bench {
    fn load(file: &str, question: &str, answer: &str) -> Result<Self> {
        let answer: Response = serde_json::from_str(answer).context("read the answer")?;
        let builder = PluginBuilder::new(Manifest::new([Wasm::file(file)])).with_function(
            "send_all",
            [PTR],
            [PTR],
            UserData::new(answer),
            send_all,
        );
        let compiled = CompiledPlugin::new(builder)?;
        let warm = Plugin::new_from_compiled(&compiled)?;
        Ok(Self { compiled, warm, question: serde_json::from_str(question).context("read the question")? })
    }

    fn ask(plugin: &mut Plugin, question: &Question) -> Result<Vec<Price>> {
        let Json(prices): Json<Vec<Price>> = plugin.call("query", Json(question))?;
        ensure!(prices.len() == question.lines.len(), "{} prices", prices.len());
        Ok(prices)
    }

    fn fresh(&self, calls: u32) -> Result<f64> {
        let started = Instant::now();
        for _ in 0..calls {
            let mut plugin = Plugin::new_from_compiled(&self.compiled)?;
            Self::ask(&mut plugin, &self.question)?;
        }
        Ok(micros(started, calls))
    }

    fn warm(&mut self, calls: u32) -> Result<f64> {
        let started = Instant::now();
        for _ in 0..calls {
            Self::ask(&mut self.warm, &self.question)?;
        }
        Ok(micros(started, calls))
    }
}

fn micros(started: Instant, calls: u32) -> f64 {
    started.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, question, answer] = arguments.as_slice() else { bail!("extism-peer PLUGIN QUESTION ANSWER") };
    let mut bench = Bench::load(file, question, answer)?;
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let told = match line.split_once(' ') {
            Some(("fresh", calls)) => serde_json::to_string(&bench.fresh(calls.parse()?)?)?,
            Some(("warm", calls)) => serde_json::to_string(&bench.warm(calls.parse()?)?)?,
            _ if line == "prices" => serde_json::to_string(&Bench::ask(&mut bench.warm, &bench.question)?)?,
            _ => bail!("`{line}` is no question"),
        };
        writeln!(out, "{told}")?;
        out.flush()?;
    }
    Ok(())
}
