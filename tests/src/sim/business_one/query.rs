//! Query options of a list, and its pages.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::filter::Filter;
use super::number::decimal;
use super::schema::{Entity, UserFields};

/// Rows of a page unless the client prefers another number.
const PAGE: usize = 20;

/// The options of a list, read and checked.
pub(super) struct Query {
    pub(super) filter: Option<Filter>,
    select: Option<Vec<String>>,
    order: Vec<(String, bool)>,
    top: Option<usize>,
    skip: usize,
    page: usize,
    counted: bool,
    /// The options as they came, but for those that a next page changes.
    kept: Vec<String>,
}

impl Query {
    /// Reads the query of a URL and the preferred page size (`Prefer: odata.maxpagesize`; 0 stands for all).
    pub(super) fn parse(
        text: &str,
        prefer: Option<&str>,
        entity: &Entity,
        user: UserFields<'_>,
    ) -> Result<Self, Refusal> {
        let page = prefer.and_then(page_size).unwrap_or(PAGE);
        let mut query = Self {
            filter: None,
            select: None,
            order: Vec::new(),
            top: None,
            skip: 0,
            page: if page == 0 { usize::MAX } else { page },
            counted: false,
            kept: Vec::new(),
        };
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            query.option(&decode(name), &decode(value), entity, user)?;
            if !["$skip", "$top"].contains(&decode(name).as_str()) {
                query.kept.push(pair.to_owned());
            }
        }
        Ok(query)
    }

    fn option(&mut self, name: &str, value: &str, entity: &Entity, user: UserFields<'_>) -> Result<(), Refusal> {
        let count = || {
            let wrong = || Refusal::bad(-1000, format!("Query string error: invalid value of {name}"));
            value.parse::<usize>().map_err(|_| wrong())
        };
        let known = |field: &str| {
            let known = entity.kind(field).is_some() || user.has(entity, field);
            if known { Ok(field.to_owned()) } else { Err(Refusal::property(field, entity.name)) }
        };
        let names = value.split(',').map(str::trim);
        match name {
            "$filter" => self.filter = Some(Filter::parse(value, entity, user)?),
            "$select" if value == "*" => {}
            "$select" => self.select = Some(names.map(known).collect::<Result<_, _>>()?),
            "$orderby" => {
                for part in names {
                    let (field, direction) = part.split_once(' ').unwrap_or((part, "asc"));
                    self.order.push((known(field)?, direction.trim() == "desc"));
                }
            }
            "$top" => self.top = Some(count()?),
            "$skip" => self.skip = count()?,
            "$inlinecount" => self.counted = value == "allpages",
            _ if name.starts_with('$') => {
                return Err(Refusal::bad(-1000, format!("Query string error: {name} is not supported")));
            }
            _ => {}
        }
        Ok(())
    }

    /// The page of `records`, which the filter has passed already.
    pub(super) fn answer(&self, set: &str, mut records: Vec<&Value>) -> Outcome {
        for (field, descending) in self.order.iter().rev() {
            records.sort_by(|a, b| {
                let order = compare(a.get(field), b.get(field));
                if *descending { order.reverse() } else { order }
            });
        }
        let total = records.len();
        let wanted = self.top.unwrap_or(usize::MAX).min(total.saturating_sub(self.skip));
        let given = wanted.min(self.page);
        let rows = records.into_iter().skip(self.skip).take(given).map(|record| self.selected(record));
        let mut body = Map::new();
        body.insert("odata.metadata".into(), json!(format!("$metadata#{set}")));
        if self.counted {
            body.insert("odata.count".into(), json!(total.to_string()));
        }
        body.insert("value".into(), Value::Array(rows.collect()));
        if given < wanted {
            body.insert("odata.nextLink".into(), json!(self.next_link(set, given)));
        }
        Ok(Answer::ok(&Value::Object(body)))
    }

    fn next_link(&self, set: &str, given: usize) -> String {
        let mut options = self.kept.clone();
        if let Some(top) = self.top {
            options.push(format!("$top={}", top - given));
        }
        options.push(format!("$skip={}", self.skip + given));
        format!("/b1s/v1/{set}?{}", options.join("&"))
    }

    /// The record with the properties that were asked for.
    pub(super) fn selected(&self, record: &Value) -> Value {
        let Some(names) = &self.select else { return record.clone() };
        names.iter().map(|name| (name.clone(), record.get(name).cloned().unwrap_or(Value::Null))).collect()
    }
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> std::cmp::Ordering {
    let (a, b) = (a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null));
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => decimal(a).cmp(&decimal(b)),
        _ => a.as_str().cmp(&b.as_str()),
    }
}

fn page_size(prefer: &str) -> Option<usize> {
    let mut wishes = prefer.split([',', ';']).filter_map(|wish| wish.trim().split_once('='));
    wishes.find(|(name, _)| name.eq_ignore_ascii_case("odata.maxpagesize")).and_then(|(_, n)| n.trim().parse().ok())
}

/// Undoes percent-encoding; a plus sign is a space in a query.
pub(super) fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
                let (high, low) = (digit(), digit());
                let both = high.zip(low).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                out.push(both.unwrap_or(b'%'));
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
