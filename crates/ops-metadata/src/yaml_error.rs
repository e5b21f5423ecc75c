//! Why a YAML document is not read.

use crate::yaml::{MAX_DEPTH, MAX_VALUES};

/// Why a document is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// Something in it is wrong. Lines count from 1, and so do columns, as editors have it.
    #[error("{fault} at line {line} column {column}")]
    At {
        /// What is wrong.
        fault: YamlFault,
        /// In which line.
        line: usize,
        /// In which column.
        column: usize,
    },
    /// It ends in the middle.
    #[error("it ends too early")]
    End,
}

/// What can be wrong in a YAML document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YamlFault {
    /// It is no YAML, in the words of the YAML library.
    #[error("{0}")]
    Syntax(String),
    /// It has a control character that is not escaped.
    #[error("control characters are not allowed: U+{:04X}", u32::from(*.0))]
    ControlCharacter(char),
    /// A second document begins.
    #[error("there is more than one document")]
    SeveralDocuments,
    /// Something stands outside of the document.
    #[error("this belongs to no document")]
    Stray,
    /// It nests too deep.
    #[error("it nests more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// It has too many values, aliases included.
    #[error("it holds more than {MAX_VALUES} values")]
    TooLarge,
    /// An alias is part of its own value.
    #[error("an alias stands within what it stands for")]
    AliasInItself,
    /// A value is missing.
    #[error("a value is missing")]
    MissingValue,
    /// A number is infinite or none, which JSON cannot say.
    #[error("{0} is no number that a charm can have; put it into quotes if it is text")]
    NotFinite(String),
    /// A value is not of the type that its tag says.
    #[error("{text:?} is no !!{tag}")]
    Tag {
        /// The value.
        text: String,
        /// The tag.
        tag: String,
    },
    /// A mapping has a key twice.
    #[error("the key {0:?} is given twice")]
    RepeatedKey(String),
    /// What `<<` merges is no mapping.
    #[error("the merge key << takes mappings only")]
    MergeKey,
    /// A key is not a text.
    #[error("the key {0} is not a string; put it into quotes")]
    KeyNotText(String),
}

/// Why a document is not a map of text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextMapError {
    /// It is no YAML.
    #[error("yaml: {0}")]
    Syntax(YamlError),
    /// It, or values in it, have another shape: what stands in which line.
    #[error("yaml: unmarshal errors:\n  {}", .0.join("\n  "))]
    Shape(Vec<String>),
}
