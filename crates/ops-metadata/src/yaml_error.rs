//! Why a YAML document cannot be read.

/// Why a YAML document cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YamlError {
    /// It has an error at this position. Lines and columns count from 1, as in editors.
    #[error("{kind} at line {line} column {column}")]
    At {
        /// What is wrong.
        kind: YamlErrorKind,
        /// The line of the error.
        line: usize,
        /// The column of the error.
        column: usize,
    },
    /// It ends before it is complete.
    #[error("it ends too early")]
    UnexpectedEnd,
}

/// What is wrong at a position in a YAML document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YamlErrorKind {
    /// A syntax error, in the words of the YAML library.
    #[error("{0}")]
    Syntax(String),
    /// An unescaped control character.
    #[error("control characters are not allowed: U+{:04X}", u32::from(*.0))]
    ControlCharacter(char),
    /// A second document starts.
    #[error("there is more than one document")]
    SeveralDocuments,
    /// Something is outside of the document.
    #[error("this belongs to no document")]
    OutsideDocument,
    /// It is nested more deeply than this limit.
    #[error("it nests more than {0} levels deep")]
    TooDeep(usize),
    /// It has more values than this limit, with aliases expanded.
    #[error("it holds more than {0} values")]
    TooLarge(usize),
    /// An alias is part of its own value.
    #[error("an alias refers to a value that contains it")]
    AliasInItself,
    /// A value is missing.
    #[error("a value is missing")]
    MissingValue,
    /// A number is infinite or not a number, which JSON cannot represent.
    #[error("{0} is not a valid number; put it into quotes if it is text")]
    NotFinite(String),
    /// A value does not fit its tag.
    #[error("{text:?} is not a !!{tag}")]
    Tag {
        /// The value as written.
        text: String,
        /// The tag's name.
        tag: String,
    },
    /// A mapping has a key twice.
    #[error("the key {0:?} is given twice")]
    DuplicateKey(String),
    /// `<<` merges something that is not a mapping.
    #[error("the merge key << accepts only mappings")]
    MergeKey,
    /// A key is not text.
    #[error("the key {0} is not a string; put it into quotes")]
    KeyNotText(String),
}

/// Why a document is not a map of text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextMapError {
    /// It is not YAML.
    #[error("yaml: {0}")]
    Syntax(YamlError),
    /// It or some of its values have the wrong type, with the lines.
    #[error("yaml: unmarshal errors:\n  {}", .0.join("\n  "))]
    WrongTypes(Vec<String>),
}
