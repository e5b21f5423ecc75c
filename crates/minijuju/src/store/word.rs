//! Enums whose values are Juju's words: the same text in the database and in output.

/// A text is not one of an enum's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {of} {text:?}")]
pub struct UnknownWord {
    /// What kind of word was expected.
    pub of: &'static str,
    pub text: String,
}

/// Declares an enum with one word for each value, by which it is stored, printed and parsed. Another word is an
/// [`UnknownWord`].
macro_rules! words {
    (
        $(#[$attribute:meta])*
        $visible:vis enum $name:ident($of:literal) { $($(#[$doc:meta])* $value:ident = $word:literal,)+ }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visible enum $name {
            $($(#[$doc])* $value,)+
        }

        impl $name {
            /// All values, in the order of declaration.
            pub const ALL: &[$name] = &[$($name::$value,)+];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$value => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::store::word::UnknownWord;

            fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
                let unknown = || $crate::store::word::UnknownWord { of: $of, text: text.to_owned() };
                Self::ALL.iter().find(|value| value.as_str() == text).copied().ok_or_else(unknown)
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                value.as_str()?.parse().map_err(|unknown| rusqlite::types::FromSqlError::Other(Box::new(unknown)))
            }
        }

        impl rusqlite::types::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                self.as_str().to_sql()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(super) use words;

#[cfg(test)]
mod tests {
    use super::UnknownWord;
    use crate::store::Life;

    #[test]
    fn each_value_is_read_from_the_word_that_it_is_written_as() {
        for life in Life::ALL {
            assert_eq!(life.to_string().parse(), Ok(*life));
        }
    }

    #[test]
    fn a_word_that_an_enum_does_not_have_is_an_error_that_quotes_it() {
        let unknown = "undead".parse::<Life>().unwrap_err();
        assert_eq!(unknown, UnknownWord { of: "life", text: "undead".to_owned() });
        assert_eq!(unknown.to_string(), "unknown life \"undead\"");
    }
}
