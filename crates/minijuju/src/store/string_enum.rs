//! Enums whose values are Juju's words: the same text in the database and in output.

/// The text is not a value of the enum.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {expected} {text:?}")]
pub struct UnknownValue {
    /// What was expected, such as `relation role`.
    pub expected: &'static str,
    pub text: String,
}

/// Declares an enum with a text for each value, by which it is stored, printed and parsed. Parsing another text is an
/// [`UnknownValue`] error.
macro_rules! string_enum {
    (
        $(#[$attribute:meta])*
        $visible:vis enum $name:ident($expected:literal) { $($(#[$doc:meta])* $value:ident = $text:literal,)+ }
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
                    $($name::$value => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::store::string_enum::UnknownValue;

            fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
                let unknown = || $crate::store::string_enum::UnknownValue { expected: $expected, text: text.to_owned() };
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

pub(super) use string_enum;

#[cfg(test)]
mod tests {
    use super::UnknownValue;
    use crate::store::Life;

    #[test]
    fn each_value_is_parsed_from_its_text() {
        for life in Life::ALL {
            assert_eq!(life.to_string().parse(), Ok(*life));
        }
    }

    #[test]
    fn an_unknown_text_is_an_error_that_quotes_it() {
        let unknown = "undead".parse::<Life>().unwrap_err();
        assert_eq!(unknown, UnknownValue { expected: "life", text: "undead".to_owned() });
        assert_eq!(unknown.to_string(), "unknown life \"undead\"");
    }
}
