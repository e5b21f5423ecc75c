//! The only module that uses a YAML library. Everything else works on [`serde_json`] values.

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};
use serde_json::{Map, Value};

use crate::{
    MetadataError,
    yaml_error::{TextMapError, YamlError, YamlErrorKind},
    yaml_scalar::{self, YamlReader},
};

/// The maximum nesting depth of a document.
const MAX_DEPTH: usize = 128;
/// The maximum number of values in a document, with aliases expanded.
const MAX_VALUES: usize = 200_000;

/// Parse a YAML document by the rules of the program that reads it. `file` is only for errors.
pub(crate) fn parse(file: &str, text: &str, reader: YamlReader) -> Result<Value, MetadataError> {
    Loader::new(text, Scalars::Typed(reader), DuplicateKeys::Refuse)
        .document()
        .map_err(|reason| MetadataError::Syntax { file: file.to_owned(), reason })
}

/// Parse any YAML document as Juju does, and convert it to JSON. An empty document is null. Of duplicate keys, the last
/// one counts.
///
/// Juju parses YAML 1.1 with Go's yaml.v2: `yes`, `y` and `on` are true, `07` is 7, `1_000` is 1000.
///
/// # Errors
/// It is not YAML. The error names the line.
pub fn parse_yaml(text: &str) -> Result<Value, YamlError> {
    Loader::new(text, Scalars::Typed(YamlReader::Juju), DuplicateKeys::TakeLast).document()
}

/// Parse a YAML document that maps keys to scalars, each taken as the text as written: `port: 80` is `"80"`. As in
/// Juju, null is empty text, an empty document is an empty map, and of duplicate keys the last one counts. Unlike Juju, it does not decode `!!binary`.
///
/// Hook commands read such documents with `--file`.
///
/// # Errors
/// It is not YAML or not such a map. The error is in the words of the Go library that Juju uses.
pub fn parse_text_map(text: &str) -> Result<BTreeMap<String, String>, TextMapError> {
    let loader = || Loader::new(text, Scalars::Text, DuplicateKeys::TakeLast);
    let document = loader().document().map_err(TextMapError::Syntax)?;
    let strings = match document {
        Value::Null => return Ok(BTreeMap::new()),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| match value {
                Value::Null => Some((key, String::new())),
                Value::String(text) => Some((key, text)),
                _ => None,
            })
            .collect(),
        _ => None,
    };
    strings
        .ok_or_else(|| TextMapError::WrongTypes(loader().type_errors().unwrap_or_else(|error| vec![error.to_string()])))
}

/// How to read scalars.
#[derive(Clone, Copy)]
enum Scalars {
    /// With the types of this reader.
    Typed(YamlReader),
    /// As text, except for null.
    Text,
}

/// What to do about a key that a mapping has more than once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DuplicateKeys {
    /// Refuse it, as Charmcraft does: taking the last one could hide half of the charm's relations.
    Refuse,
    /// Take the last one, as Go's yaml.v2 does, for which a merge key is like its source's keys in that place.
    TakeLast,
}

/// Converts a document's events to JSON.
struct Loader<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    scalars: Scalars,
    duplicate_keys: DuplicateKeys,
    /// The values of anchors, with their number of values.
    anchors: HashMap<usize, (Value, usize)>,
    values: usize,
}

impl<'a> Loader<'a> {
    fn new(text: &'a str, scalars: Scalars, duplicate_keys: DuplicateKeys) -> Self {
        Self { text, parser: Parser::new_from_str(text), scalars, duplicate_keys, anchors: HashMap::new(), values: 0 }
    }

    fn document(mut self) -> Result<Value, YamlError> {
        check_characters(self.text)?;
        let mut document = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(document.unwrap_or_default()),
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(_) if document.is_some() => {
                    return Err(error_at(YamlErrorKind::SeveralDocuments, &span.start));
                }
                Event::DocumentStart(_) => {
                    let (event, span) = self.next()?;
                    document = Some(self.node(event, span, 0)?);
                }
                _ => return Err(error_at(YamlErrorKind::OutsideDocument, &span.start)),
            }
        }
    }

    /// The values that are not of a type that fits a map of text, as Go's yaml.v2 lists them.
    fn type_errors(mut self) -> Result<Vec<String>, YamlError> {
        check_characters(self.text)?;
        let type_error = |found: &str, expected, span: &Span| {
            format!("line {}: cannot unmarshal {found} into {expected}", span.start.line())
        };
        let mut errors = vec![];
        let mut depth = 0;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(errors),
                Event::MappingStart(..) | Event::SequenceStart(..) => {
                    let found = if matches!(event, Event::MappingStart(..)) { "!!map" } else { "!!seq" };
                    match depth {
                        0 if found == "!!seq" => return Ok(vec![type_error(found, "map[string]string", &span)]),
                        1 => errors.push(type_error(found, "string", &span)),
                        _ => {}
                    }
                    depth += 1;
                }
                Event::MappingEnd | Event::SequenceEnd => depth -= 1,
                Event::Scalar(text, style, ..) if depth == 0 => {
                    let value = if style == ScalarStyle::Plain {
                        YamlReader::Juju.resolve(&text).map_err(|kind| error_at(kind, &span.start))?
                    } else {
                        Value::from("")
                    };
                    let tag = match value {
                        Value::Bool(_) => "!!bool",
                        Value::Number(number) if number.is_f64() => "!!float",
                        Value::Number(_) => "!!int",
                        _ => "!!str",
                    };
                    // The library cuts long text, by bytes.
                    let shown = match text.get(..7) {
                        Some(start) if text.len() > 10 => format!("{start}..."),
                        _ => text.to_string(),
                    };
                    errors.push(type_error(&format!("{tag} `{shown}`"), "map[string]string", &span));
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), YamlError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(error_at(YamlErrorKind::Syntax(error.info().to_owned()), error.marker())),
            None => Err(YamlError::UnexpectedEnd),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Value, YamlError> {
        if depth > MAX_DEPTH {
            return Err(error_at(YamlErrorKind::TooDeep(MAX_DEPTH), &span.start));
        }
        let before = self.values;
        self.count(1, &span)?;
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => (self.scalar(&text, style, tag.as_deref(), &span)?, anchor),
            Event::SequenceStart(anchor, _) => (self.list(depth)?, anchor),
            Event::MappingStart(anchor, _) => (self.map(depth)?, anchor),
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let (value, values) = known.ok_or_else(|| error_at(YamlErrorKind::AliasInItself, &span.start))?;
                self.count(values, &span)?;
                return Ok(value);
            }
            _ => return Err(error_at(YamlErrorKind::MissingValue, &span.start)),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), self.values - before));
        }
        Ok(value)
    }

    /// Limit the number of values: nested aliases could exceed the memory.
    fn count(&mut self, values: usize, span: &Span) -> Result<(), YamlError> {
        self.values += values;
        if self.values > MAX_VALUES {
            return Err(error_at(YamlErrorKind::TooLarge(MAX_VALUES), &span.start));
        }
        Ok(())
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Result<Value, YamlError> {
        let plain = style == ScalarStyle::Plain;
        // `!text` is text, and so is anything with a custom tag.
        let tag = tag.map(|tag| if tag.is_yaml_core_schema() { tag.suffix.as_str() } else { "str" });
        let reader = match self.scalars {
            Scalars::Typed(reader) => reader,
            Scalars::Text if plain && tag.is_none() && yaml_scalar::is_null(text) => return Ok(Value::Null),
            Scalars::Text => return Ok(text.into()),
        };
        match tag {
            None if plain => reader.resolve(text).map_err(|kind| error_at(kind, &span.start)),
            None | Some("str" | "binary") => Ok(text.into()),
            Some(tag) => {
                let value = reader.resolve(text).map_err(|kind| error_at(kind, &span.start))?;
                match (tag, value) {
                    ("null", Value::Null) => Ok(Value::Null),
                    ("bool", Value::Bool(value)) => Ok(value.into()),
                    ("int", Value::Number(number)) if !number.is_f64() => Ok(number.into()),
                    ("float", Value::Number(number)) => Ok(number.as_f64().into()),
                    ("timestamp", Value::String(text)) => Ok(text.into()),
                    (tag, _) => {
                        let kind = YamlErrorKind::Tag { text: text.to_owned(), tag: tag.to_owned() };
                        Err(error_at(kind, &span.start))
                    }
                }
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, YamlError> {
        let mut items = vec![];
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::Array(items)),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    /// A mapping, with merge keys (`<<: *defaults`) applied.
    fn map(&mut self, depth: usize) -> Result<Value, YamlError> {
        let mut map = Map::new();
        let mut merged = vec![];
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let is_merge_key = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.key(event, span, depth)?;
            let (event, value_span) = self.next()?;
            let value = self.node(event, value_span, depth + 1)?;
            if !is_merge_key {
                if self.duplicate_keys == DuplicateKeys::Refuse && map.contains_key(&key) {
                    return Err(error_at(YamlErrorKind::DuplicateKey(key), &span.start));
                }
                map.insert(key, value);
                continue;
            }
            let sources = match value {
                Value::Array(items) => items,
                source => vec![source],
            };
            // Earlier sources take precedence.
            for source in sources.into_iter().rev() {
                let Value::Object(source) = source else {
                    return Err(error_at(YamlErrorKind::MergeKey, &span.start));
                };
                match self.duplicate_keys {
                    DuplicateKeys::Refuse => merged.push(source),
                    DuplicateKeys::TakeLast => map.extend(source),
                }
            }
        }
        for (key, value) in merged.into_iter().rev().flatten() {
            map.entry(key).or_insert(value);
        }
        Ok(Value::Object(map))
    }

    /// A key of a mapping. If Juju expects text, it accepts the text of other types too, such as `1` or `yes`;
    /// Charmcraft does not.
    fn key(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<String, YamlError> {
        if let (Event::Scalar(text, ..), Scalars::Typed(YamlReader::Juju) | Scalars::Text) = (&event, self.scalars) {
            return Ok(text.clone().into_owned());
        }
        match self.node(event, span, depth + 1)? {
            Value::String(key) => Ok(key),
            key => Err(error_at(YamlErrorKind::KeyNotText(key.to_string()), &span.start)),
        }
    }
}

/// Refuse the control characters that the readers of Charmcraft and Juju refuse anywhere, even in a comment.
fn check_characters(text: &str) -> Result<(), YamlError> {
    for (text, line) in text.split('\n').zip(1..) {
        let is_refused =
            |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\u{85}') || matches!(c, '\u{fffe}' | '\u{ffff}');
        if let Some((column, c)) = text.chars().zip(1..).find_map(|(c, column)| is_refused(c).then_some((column, c))) {
            return Err(YamlError::At { kind: YamlErrorKind::ControlCharacter(c), line, column });
        }
    }
    Ok(())
}

/// An error at this position.
fn error_at(kind: YamlErrorKind, marker: &Marker) -> YamlError {
    YamlError::At { kind, line: marker.line(), column: marker.col() + 1 }
}

#[cfg(test)]
mod tests;
