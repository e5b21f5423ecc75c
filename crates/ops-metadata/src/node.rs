//! A position in a metadata file: a value, and its path for errors.

use serde_json::{Map, Value};

use crate::MetadataError;

/// A value in a file. It borrows its parent, so that the path costs nothing unless there is an error.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    /// The file's name, for errors.
    file: &'a str,
    /// This value's key in its parent; empty for the root.
    key: &'a str,
    parent: Option<&'a Node<'a>>,
    value: &'a Value,
}

impl<'a> Node<'a> {
    /// The whole file.
    pub(crate) fn root(file: &'a str, value: &'a Value) -> Self {
        Self { file, key: "", parent: None, value }
    }

    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    pub(crate) fn key(&self) -> &'a str {
        self.key
    }

    /// An error about this value.
    pub(crate) fn invalid(&self, reason: impl Into<String>) -> MetadataError {
        let mut keys = vec![];
        let mut next = Some(self);
        while let Some(node) = next {
            if !node.key.is_empty() {
                keys.push(node.key);
            }
            next = node.parent;
        }
        keys.reverse();
        MetadataError::Invalid { file: self.file.to_owned(), key: keys.join("."), reason: reason.into() }
    }

    /// An error that another type or form was expected.
    pub(crate) fn expected(&self, what: &str) -> MetadataError {
        let found = match self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("the boolean {value}"),
            Value::Number(value) if value.is_f64() => format!("the number {value}"),
            Value::Number(value) => format!("the integer {value}"),
            Value::String(value) if value.chars().count() > 40 => "a string".to_owned(),
            Value::String(value) => format!("the string {value:?}"),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "a mapping".to_owned(),
        };
        self.invalid(format!("expected {what}, found {found}"))
    }

    /// The value of a key, or `None` if the key is missing or null.
    pub(crate) fn get(&'a self, key: &'a str) -> Option<Node<'a>> {
        let value = self.value.get(key)?;
        (!value.is_null()).then_some(Node { file: self.file, key, parent: Some(self), value })
    }

    /// The value of a required key.
    pub(crate) fn require(&'a self, key: &'a str) -> Result<Node<'a>, MetadataError> {
        self.get(key).ok_or_else(|| self.invalid(format!("`{key}` is missing")))
    }

    /// The entries of a mapping by name. Like Charmcraft, treats null (`requires:` without a value) as an empty
    /// mapping.
    pub(crate) fn entries(&'a self) -> Result<impl Iterator<Item = Node<'a>>, MetadataError> {
        Ok(self.map()?.into_iter().flatten().map(|(key, value)| Node {
            file: self.file,
            key,
            parent: Some(self),
            value,
        }))
    }

    /// The mapping, or `None` for null.
    pub(crate) fn map(&self) -> Result<Option<&'a Map<String, Value>>, MetadataError> {
        match self.value {
            Value::Null => Ok(None),
            Value::Object(map) => Ok(Some(map)),
            _ => Err(self.expected("a mapping")),
        }
    }

    /// The items of a list.
    pub(crate) fn items(&'a self) -> Result<impl Iterator<Item = Node<'a>>, MetadataError> {
        let items = self.value.as_array().ok_or_else(|| self.expected("a list"))?;
        // The list's own key is precise enough: items have no names.
        Ok(items.iter().map(|value| Node { file: self.file, key: "", parent: Some(self), value }))
    }

    /// The string.
    pub(crate) fn string(&self) -> Result<&'a str, MetadataError> {
        self.value.as_str().ok_or_else(|| self.expected("a string"))
    }

    /// The boolean. Like Charmcraft, also accepts quoted ones.
    pub(crate) fn boolean(&self) -> Result<bool, MetadataError> {
        match self.value {
            Value::Bool(value) => Ok(*value),
            Value::String(word) => match word.as_str() {
                "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Ok(true),
                "no" | "No" | "NO" | "off" | "Off" | "OFF" => Ok(false),
                _ => Err(self.expected("a boolean")),
            },
            _ => Err(self.expected("a boolean")),
        }
    }

    /// The string of a key, if the key exists.
    pub(crate) fn string_at(&self, key: &str) -> Result<Option<String>, MetadataError> {
        self.get(key).map(|node| node.string().map(str::to_owned)).transpose()
    }

    /// The boolean of a key; `false` if it is missing.
    pub(crate) fn boolean_at(&self, key: &str) -> Result<bool, MetadataError> {
        self.get(key).map_or(Ok(false), |node| node.boolean())
    }

    /// The strings in the list of a key; empty if the key is missing.
    pub(crate) fn strings_at(&self, key: &str) -> Result<Vec<String>, MetadataError> {
        let Some(list) = self.get(key) else { return Ok(vec![]) };
        list.items()?.map(|item| item.string().map(str::to_owned)).collect()
    }

    /// The string or list of strings of a key.
    pub(crate) fn one_or_more_at(&self, key: &str) -> Result<Vec<String>, MetadataError> {
        match self.get(key).map(|node| node.value) {
            Some(Value::String(one)) => Ok(vec![one.clone()]),
            _ => self.strings_at(key),
        }
    }
}
