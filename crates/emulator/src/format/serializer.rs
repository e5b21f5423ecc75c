//! Converts anything that serde can serialize to a [`Value`].

use std::fmt;

use serde::ser::{self, Serialize};

use super::Value;

/// Why a value cannot be printed in Juju's formats.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot print this value: {0}")]
pub struct Unprintable(String);

impl ser::Error for Unprintable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Convert `value` to the types that Juju's formats distinguish: structures keep the order of their fields, and maps
/// are sorted when printed.
///
/// # Errors
/// `value` has a map with keys that are not strings, or an integer beyond 64 bits.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, Unprintable> {
    value.serialize(ValueSerializer)
}

/// A point in time, without quotes in YAML and as a string in JSON: `2026-11-22T08:15:01Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub jiff::Timestamp);

/// The name under which the type is serialized.
const INSTANT: &str = "Instant";

impl Serialize for Instant {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(INSTANT, &self.0.to_string())
    }
}

struct ValueSerializer;

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<Value, Unprintable> {
            Ok(Value::Int(i64::from(value)))
        })*
    };
}

impl ser::Serializer for ValueSerializer {
    type Ok = Value;
    type Error = Unprintable;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    integers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64);
    integers!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32);

    fn serialize_bool(self, value: bool) -> Result<Value, Unprintable> {
        Ok(Value::Bool(value))
    }

    fn serialize_u64(self, value: u64) -> Result<Value, Unprintable> {
        Ok(i64::try_from(value).map_or(Value::Unsigned(value), Value::Int))
    }

    fn serialize_f32(self, value: f32) -> Result<Value, Unprintable> {
        Ok(Value::Float(f64::from(value)))
    }

    fn serialize_f64(self, value: f64) -> Result<Value, Unprintable> {
        Ok(Value::Float(value))
    }

    fn serialize_char(self, value: char) -> Result<Value, Unprintable> {
        Ok(Value::Text(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<Value, Unprintable> {
        Ok(Value::Text(value.to_owned()))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Value, Unprintable> {
        Err(ser::Error::custom("it holds bytes"))
    }

    fn serialize_none(self) -> Result<Value, Unprintable> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Unprintable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Unprintable> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Unprintable> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Unprintable> {
        Ok(Value::Text(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Value, Unprintable> {
        let value = value.serialize(self)?;
        match &value {
            // Check the type's name, which serde passes on: text from a charm or a user is never such a type.
            Value::Text(text) if name == INSTANT => Ok(text.parse().map_or(value, Value::Time)),
            _ => Ok(value),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Unprintable> {
        Ok(Value::Fields(vec![(variant.to_owned(), to_value(value)?)]))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, Unprintable> {
        Ok(Items(Vec::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items, Unprintable> {
        Ok(Items(Vec::new()))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items, Unprintable> {
        Ok(Items(Vec::new()))
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Items, Unprintable> {
        Ok(Items(Vec::new()))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Unprintable> {
        Ok(Entries { pairs: Vec::new(), key: None, sorted: true })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries, Unprintable> {
        Ok(Entries { pairs: Vec::new(), key: None, sorted: false })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Entries, Unprintable> {
        Ok(Entries { pairs: Vec::new(), key: None, sorted: false })
    }
}

struct Items(Vec<Value>);

impl Items {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unprintable> {
        self.0.push(to_value(value)?);
        Ok(())
    }
}

macro_rules! items {
    ($($trait:ident.$method:ident),*) => {
        $(impl ser::$trait for Items {
            type Ok = Value;
            type Error = Unprintable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unprintable> {
                self.push(value)
            }

            fn end(self) -> Result<Value, Unprintable> {
                Ok(Value::List(self.0))
            }
        })*
    };
}

items!(
    SerializeSeq.serialize_element,
    SerializeTuple.serialize_element,
    SerializeTupleStruct.serialize_field,
    SerializeTupleVariant.serialize_field
);

struct Entries {
    pairs: Vec<(String, Value)>,
    key: Option<String>,
    sorted: bool,
}

impl Entries {
    fn value(self) -> Value {
        if self.sorted { Value::Map(self.pairs) } else { Value::Fields(self.pairs) }
    }
}

impl ser::SerializeMap for Entries {
    type Ok = Value;
    type Error = Unprintable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unprintable> {
        self.key = Some(match to_value(key)? {
            Value::Text(text) => text,
            Value::Int(number) => number.to_string(),
            other => return Err(ser::Error::custom(format!("it has the key {other:?}, which is not text"))),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unprintable> {
        let key = self.key.take().unwrap_or_default();
        self.pairs.push((key, to_value(value)?));
        Ok(())
    }

    fn end(self) -> Result<Value, Unprintable> {
        Ok(self.value())
    }
}

macro_rules! fields {
    ($($trait:ident),*) => {
        $(impl ser::$trait for Entries {
            type Ok = Value;
            type Error = Unprintable;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Unprintable> {
                self.pairs.push((key.to_owned(), to_value(value)?));
                Ok(())
            }

            fn end(self) -> Result<Value, Unprintable> {
                Ok(self.value())
            }
        })*
    };
}

fields!(SerializeStruct, SerializeStructVariant);

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::{json, yaml};
    use super::Instant;

    #[derive(serde::Serialize)]
    struct Model {
        name: &'static str,
        cloud: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        region: Option<&'static str>,
        units: HashMap<&'static str, u64>,
    }

    #[test]
    fn fields_keep_their_order_and_maps_are_sorted() {
        let units = [("app/10", 1), ("app/9", 2)].into();
        let model = Model { name: "dev", cloud: None, region: None, units };
        assert_eq!(yaml::to_string(&model).unwrap(), "name: dev\ncloud: null\nunits:\n  app/9: 2\n  app/10: 1\n");
        assert_eq!(json::to_string(&model).unwrap(), r#"{"name":"dev","cloud":null,"units":{"app/10":1,"app/9":2}}"#);
    }

    #[test]
    fn a_point_in_time_is_unquoted_in_yaml() {
        let instant = Instant("2026-11-22T08:15:01Z".parse().unwrap());
        assert_eq!(yaml::to_string(&[instant]).unwrap(), "- 2026-11-22T08:15:01Z\n");
        assert_eq!(json::to_string(&[instant]).unwrap(), "[\"2026-11-22T08:15:01Z\"]");
    }

    #[test]
    fn keys_that_are_not_text_are_refused() {
        assert!(yaml::to_string(&HashMap::from([(true, 1)])).is_err());
    }
}
