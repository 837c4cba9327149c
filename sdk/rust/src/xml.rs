//! Reading XML answers into a small tree, and escaping text for XML requests.

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use crate::types::Error;

/// Nesting that an answer may have; deeper is a fault or an attack.
const DEPTH_MAX: usize = 64;

/// An element: its name without prefix, its attributes, its text and its children in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The local name.
    pub name: String,
    /// Attributes by local name.
    pub attributes: Vec<(String, String)>,
    /// All text directly inside, trimmed.
    pub text: String,
    /// Child elements.
    pub children: Vec<Element>,
}

impl Element {
    /// Parses a document and gives its root.
    ///
    /// ```
    /// let root = apiconnect_sdk::xml::Element::parse(b"<a:r xmlns:a='u'><k>1 &amp; 2</k><k>3</k></a:r>").unwrap();
    /// assert_eq!((root.name.as_str(), root.text_of("k")), ("r", Some("1 & 2")));
    /// assert_eq!(root.all("k").count(), 2);
    /// ```
    ///
    /// # Errors
    /// `internal` when the text is not well-formed or too deep.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let wrong =
            |e: &dyn std::fmt::Display| Error::internal(format!("the system's answer is not well-formed XML: {e}"));
        let text = std::str::from_utf8(text).map_err(|e| wrong(&e))?;
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Element> = vec![Element::default()];
        loop {
            match reader.read_event().map_err(|e| wrong(&e))? {
                Event::Start(tag) if open.len() <= DEPTH_MAX => open.push(Self::begun(&tag)?),
                Event::Start(_) => return Err(wrong(&"it is nested too deep")),
                Event::Empty(tag) => {
                    let element = Self::begun(&tag)?;
                    if let Some(parent) = open.last_mut() {
                        parent.children.push(element);
                    }
                }
                Event::Text(piece) => Self::append(&mut open, &piece.decode().map_err(|e| wrong(&e))?),
                Event::CData(piece) => Self::append(&mut open, &piece.decode().map_err(|e| wrong(&e))?),
                Event::GeneralRef(name) => {
                    let name = name.decode().map_err(|e| wrong(&e))?;
                    let whole = format!("&{name};");
                    Self::append(&mut open, &quick_xml::escape::unescape(&whole).map_err(|e| wrong(&e))?);
                }
                Event::End(_) => {
                    if let (Some(mut done), Some(parent)) = (open.pop(), open.last_mut()) {
                        done.text = done.text.trim().to_owned();
                        parent.children.push(done);
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let root = open.pop().filter(|_| open.is_empty()).and_then(|document| document.children.into_iter().next());
        root.ok_or_else(|| wrong(&"it has no complete element"))
    }

    fn begun(tag: &quick_xml::events::BytesStart<'_>) -> Result<Self, Error> {
        let name = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute =
                attribute.map_err(|e| Error::internal(format!("the answer has a broken XML attribute: {e}")))?;
            let value = attribute
                .unescape_value()
                .map_err(|e| Error::internal(format!("the answer has a broken XML attribute: {e}")))?;
            attributes
                .push((String::from_utf8_lossy(attribute.key.local_name().as_ref()).into_owned(), value.into_owned()));
        }
        Ok(Self { name, attributes, ..Self::default() })
    }

    fn append(open: &mut [Element], text: &str) {
        if let Some(element) = open.last_mut() {
            element.text.push_str(text);
        }
    }

    /// The first child with this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first descendant along a path of names.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text of the first child with this name.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

/// A text with the five special characters replaced, for element content and attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}
