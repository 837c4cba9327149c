//! The part of `$filter` that connectors use: comparisons, `and`, `or`, `not`, parentheses, `startswith`, `endswith`,
//! `contains`. Anything else is refused. As in the real service, text is compared with its case.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde_json::Value;

use super::answer::Refusal;
use super::number::{day, decimal};
use super::schema::{Entity, Kind, UserFields};

/// A condition on a record.
#[derive(Debug)]
pub(super) enum Filter {
    Compare(String, Operator, Literal),
    Match(Place, String, String),
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Start,
    End,
    Anywhere,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(Decimal),
    Null,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Literal(Literal),
    Open,
    Close,
    Comma,
}

impl Filter {
    /// Reads a filter on records of `entity`.
    pub(super) fn parse(text: &str, entity: &Entity, user: UserFields<'_>) -> Result<Self, Refusal> {
        let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), entity, user };
        let filter = parser.any()?;
        match parser.tokens.next() {
            None => Ok(filter),
            Some(token) => Err(malformed(&token)),
        }
    }

    /// Whether the record fits.
    pub(super) fn fits(&self, record: &Value) -> bool {
        match self {
            Self::And(a, b) => a.fits(record) && b.fits(record),
            Self::Or(a, b) => a.fits(record) || b.fits(record),
            Self::Not(a) => !a.fits(record),
            Self::Compare(field, operator, literal) => {
                operator.holds(order(record.get(field).unwrap_or(&Value::Null), literal))
            }
            Self::Match(place, field, part) => {
                let text = record.get(field).and_then(Value::as_str).unwrap_or_default();
                match place {
                    Place::Start => text.starts_with(part.as_str()),
                    Place::End => text.ends_with(part.as_str()),
                    Place::Anywhere => text.contains(part.as_str()),
                }
            }
        }
    }

    /// The text that `field` must equal in every record that fits, where the filter says so: the way into an index.
    pub(super) fn must_equal(&self, field: &str) -> Option<&str> {
        match self {
            Self::And(a, b) => a.must_equal(field).or_else(|| b.must_equal(field)),
            Self::Compare(name, Operator::Eq, Literal::Text(text)) if name == field => Some(text),
            _ => None,
        }
    }
}

impl Operator {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "gt" => Self::Gt,
            "ge" => Self::Ge,
            "lt" => Self::Lt,
            "le" => Self::Le,
            _ => return None,
        })
    }

    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Eq => order == Some(Ordering::Equal),
            Self::Ne => order != Some(Ordering::Equal),
            Self::Gt => order == Some(Ordering::Greater),
            Self::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Self::Lt => order == Some(Ordering::Less),
            Self::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        }
    }
}

fn order(value: &Value, literal: &Literal) -> Option<Ordering> {
    match (value, literal) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::String(text), Literal::Text(other)) => Some(text.as_str().cmp(other)),
        (Value::Number(_), Literal::Number(other)) => decimal(value).map(|number| number.cmp(other)),
        _ => None,
    }
}

struct Parser<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    entity: &'a Entity,
    user: UserFields<'a>,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Filter, Refusal> {
        let mut left = self.all()?;
        while self.take_word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.all()?));
        }
        Ok(left)
    }

    fn all(&mut self) -> Result<Filter, Refusal> {
        let mut left = self.one()?;
        while self.take_word("and") {
            left = Filter::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Filter, Refusal> {
        match self.next()? {
            Token::Open => {
                let inner = self.any()?;
                self.expect(&Token::Close)?;
                Ok(inner)
            }
            Token::Word(word) if word == "not" => Ok(Filter::Not(Box::new(self.one()?))),
            Token::Word(word) if self.tokens.peek() == Some(&Token::Open) => self.function(&word),
            Token::Word(field) => self.comparison(field),
            token => Err(malformed(&token)),
        }
    }

    fn function(&mut self, name: &str) -> Result<Filter, Refusal> {
        let place = match name {
            "startswith" => Place::Start,
            "endswith" => Place::End,
            "contains" => Place::Anywhere,
            // The real service takes an unknown function for a property.
            _ => return Err(Refusal::property(name, self.entity.name)),
        };
        self.expect(&Token::Open)?;
        let Token::Word(field) = self.next()? else { return Err(unreadable()) };
        self.kind(&field)?;
        self.expect(&Token::Comma)?;
        let Token::Literal(Literal::Text(part)) = self.next()? else { return Err(unreadable()) };
        self.expect(&Token::Close)?;
        Ok(Filter::Match(place, field, part))
    }

    fn comparison(&mut self, field: String) -> Result<Filter, Refusal> {
        let kind = self.kind(&field)?;
        let Token::Word(word) = self.next()? else { return Err(unreadable()) };
        let operator = Operator::of(&word).ok_or_else(|| malformed(&Token::Word(word)))?;
        let Token::Literal(literal) = self.next()? else { return Err(unreadable()) };
        let literal = match (kind, literal) {
            (Some(Kind::Day), Literal::Text(text)) => Literal::Text(day(&text).to_owned()),
            (Some(Kind::Integer | Kind::Number), Literal::Text(_))
            | (Some(Kind::Text(_) | Kind::Day | Kind::YesNo | Kind::Enum(_)), Literal::Number(_)) => {
                return Err(Refusal::bad(-1000, format!("Invalid value type of property '{field}' in $filter")));
            }
            (Some(Kind::One(_) | Kind::Many(_)), _) => return Err(Refusal::property(&field, self.entity.name)),
            (_, literal) => literal,
        };
        Ok(Filter::Compare(field, operator, literal))
    }

    /// The kind of a property; none for a user field.
    fn kind(&self, field: &str) -> Result<Option<Kind>, Refusal> {
        match self.entity.kind(field) {
            Some(kind) => Ok(Some(kind)),
            None if self.user.has(self.entity, field) => Ok(None),
            None => Err(Refusal::property(field, self.entity.name)),
        }
    }

    fn next(&mut self) -> Result<Token, Refusal> {
        self.tokens.next().ok_or_else(unreadable)
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), Refusal> {
        let token = self.next()?;
        if token == *wanted { Ok(()) } else { Err(malformed(&token)) }
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Word(w) if w == word)).is_some()
    }
}

fn unreadable() -> Refusal {
    Refusal::bad(-1000, "Query string error: incomplete $filter")
}

fn malformed(token: &Token) -> Refusal {
    Refusal::bad(-1000, format!("Query string error: unexpected {token:?} in $filter"))
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, used) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '\'' => quoted(rest)?,
            _ => bare(rest)?,
        };
        out.push(token);
        rest = rest.get(used..).unwrap_or_default().trim_start();
    }
    Ok(out)
}

/// A text in quotes; a quote inside it is doubled.
fn quoted(text: &str) -> Result<(Token, usize), Refusal> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => out.push('\''),
            '\'' => return Ok((Token::Literal(Literal::Text(out)), at + 1)),
            _ => out.push(c),
        }
    }
    Err(unreadable())
}

fn bare(text: &str) -> Result<(Token, usize), Refusal> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || "_.-".contains(c))).unwrap_or(text.len());
    let word = text.get(..end).filter(|word| !word.is_empty()).ok_or_else(unreadable)?;
    let token = match word.parse::<Decimal>() {
        Ok(number) => Token::Literal(Literal::Number(number)),
        Err(_) if word == "null" => Token::Literal(Literal::Null),
        Err(_) => Token::Word(word.to_owned()),
    };
    Ok((token, end))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails shall panic")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sim::business_one::schema::DOCUMENT;

    fn fits(filter: &str, record: &Value) -> bool {
        Filter::parse(filter, &DOCUMENT, UserFields::default()).unwrap().fits(record)
    }

    #[test]
    fn conditions_are_evaluated() {
        let record = json!({"NumAtCard": "WEB-1'2", "CardCode": "C1", "DocDate": "2026-02-01", "DocNum": 7});
        assert!(fits("NumAtCard eq 'WEB-1''2' and CardCode eq 'C1'", &record));
        assert!(fits("(CardCode eq 'C2' or CardCode eq 'C1') and DocDate ge '2026-02-01T00:00:00Z'", &record));
        assert!(fits("contains(NumAtCard,'1''2') and not startswith(CardCode,'D') and DocNum lt 8", &record));
        assert!(!fits("DocDate lt '2026-02-01' or Comments ne null", &record));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (filter, says) in [
            ("Nope eq 1", "Property 'Nope' of 'Document' is invalid"),
            ("toupper(CardCode) eq 'C1'", "Property 'toupper' of 'Document' is invalid"),
            ("CardCode eq", "incomplete"),
            ("CardCode like 'x'", "unexpected"),
            ("CardCode eq 5", "Invalid value type"),
            ("DocNum eq 'seven'", "Invalid value type"),
            ("CardCode eq 'C1' extra", "unexpected"),
            ("CardCode eq 'C1", "incomplete"),
        ] {
            let refusal = Filter::parse(filter, &DOCUMENT, UserFields::default()).unwrap_err();
            assert!(refusal.text.contains(says), "{filter}: {}", refusal.text);
        }
    }

    #[test]
    fn a_required_text_leads_into_the_index() {
        let filter = "NumAtCard eq 'W' and CardCode eq 'C'";
        let filter = Filter::parse(filter, &DOCUMENT, UserFields::default()).unwrap();
        assert_eq!(filter.must_equal("NumAtCard"), Some("W"));
        let filter = "NumAtCard eq 'W' or CardCode eq 'C'";
        let filter = Filter::parse(filter, &DOCUMENT, UserFields::default()).unwrap();
        assert_eq!(filter.must_equal("NumAtCard"), None);
    }
}
