//! What is to be printed as JSON or YAML, on the way there.
//!
//! Go prints the fields of a struct in their order and the keys of a map sorted, JSON's by bytes and YAML's as people
//! would. So the two stay apart here, which they would not in a `serde_json::Value`.

use std::fmt;

use serde::Serialize;
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// The name of newtypes whose text YAML writes bare, whatever it looks like.
pub(super) const BARE: &str = "$bare";

/// The name of newtypes around structs whose fields all have their zero values, which YAML leaves out of other structs.
pub(super) const ZERO: &str = "$zero";

/// The name of a field whose own fields stand in its place.
pub(super) const INLINE: &str = "|";

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number too large for the former.
    Uint(u64),
    /// A number.
    Float(f64),
    /// Text.
    Text(String),
    /// Text that YAML writes bare.
    Bare(String),
    /// What YAML leaves out of structs.
    Zero(Box<Node>),
    /// Values in order.
    List(Vec<Node>),
    /// Keys and values that the printer sorts.
    Map(Vec<(String, Node)>),
    /// Fields in order. One that the two formats call differently is named `JSON|YAML`; without a name for YAML, what
    /// is in it stands in its place there.
    Struct(Vec<(String, Node)>),
}

/// A field's name in JSON.
pub(super) fn json_name(name: &str) -> &str {
    name.split_once('|').map_or(name, |(json, _)| json)
}

/// A field's name in YAML.
pub(super) fn yaml_name(name: &str) -> &str {
    name.split_once('|').map_or(name, |(_, yaml)| yaml)
}

/// Why something cannot be printed as JSON or YAML.
#[derive(Debug, thiserror::Error)]
#[error("cannot print this as a document: {0}")]
pub(super) struct NodeError(String);

impl serde::ser::Error for NodeError {
    fn custom<T: fmt::Display>(why: T) -> NodeError {
        NodeError(why.to_string())
    }
}

impl Node {
    /// Takes a value apart.
    ///
    /// # Panics
    /// Where a key is no text, or a value refuses: the structures of this module are neither.
    pub(super) fn of(value: &(impl Serialize + ?Sized)) -> Node {
        value.serialize(ToNode).expect("output structures have text for keys and nothing that fails")
    }
}

struct ToNode;

/// A list, map or struct in the making.
struct Making {
    list: Vec<Node>,
    entries: Vec<(String, Node)>,
    key: Option<String>,
    wrap: Option<&'static str>,
}

impl Making {
    fn new() -> Making {
        Making { list: Vec::new(), entries: Vec::new(), key: None, wrap: None }
    }

    fn within(name: &'static str) -> Making {
        Making { wrap: Some(name), ..Making::new() }
    }

    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), NodeError> {
        self.list.push(value.serialize(ToNode)?);
        Ok(())
    }

    fn field(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), NodeError> {
        match value.serialize(ToNode)? {
            Node::Struct(entries) if name == INLINE => self.entries.extend(entries),
            node => self.entries.push((name.to_owned(), node)),
        }
        Ok(())
    }

    fn wrapped(wrap: Option<&'static str>, node: Node) -> Node {
        match wrap {
            Some(name) => Node::Struct(vec![(name.to_owned(), node)]),
            None => node,
        }
    }
}

impl Serializer for ToNode {
    type Ok = Node;
    type Error = NodeError;
    type SerializeSeq = Making;
    type SerializeTuple = Making;
    type SerializeTupleStruct = Making;
    type SerializeTupleVariant = Making;
    type SerializeMap = Making;
    type SerializeStruct = Making;
    type SerializeStructVariant = Making;

    fn serialize_bool(self, v: bool) -> Result<Node, NodeError> {
        Ok(Node::Bool(v))
    }
    fn serialize_i8(self, v: i8) -> Result<Node, NodeError> {
        Ok(Node::Int(v.into()))
    }
    fn serialize_i16(self, v: i16) -> Result<Node, NodeError> {
        Ok(Node::Int(v.into()))
    }
    fn serialize_i32(self, v: i32) -> Result<Node, NodeError> {
        Ok(Node::Int(v.into()))
    }
    fn serialize_i64(self, v: i64) -> Result<Node, NodeError> {
        Ok(Node::Int(v))
    }
    fn serialize_u8(self, v: u8) -> Result<Node, NodeError> {
        Ok(Node::Int(v.into()))
    }
    fn serialize_u16(self, v: u16) -> Result<Node, NodeError> {
        Ok(Node::Int(v.into()))
    }
    fn serialize_u32(self, v: u32) -> Result<Node, NodeError> {
        Ok(Node::Int(v.into()))
    }
    fn serialize_u64(self, v: u64) -> Result<Node, NodeError> {
        Ok(i64::try_from(v).map_or(Node::Uint(v), Node::Int))
    }
    fn serialize_f32(self, v: f32) -> Result<Node, NodeError> {
        Ok(Node::Float(v.into()))
    }
    fn serialize_f64(self, v: f64) -> Result<Node, NodeError> {
        Ok(Node::Float(v))
    }
    fn serialize_char(self, v: char) -> Result<Node, NodeError> {
        Ok(Node::Text(v.to_string()))
    }
    fn serialize_str(self, v: &str) -> Result<Node, NodeError> {
        Ok(Node::Text(v.to_owned()))
    }
    fn serialize_bytes(self, v: &[u8]) -> Result<Node, NodeError> {
        v.serialize(self)
    }
    fn serialize_none(self) -> Result<Node, NodeError> {
        Ok(Node::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node, NodeError> {
        // A pointer is there even if it points to a struct of nothing, which YAML would leave out.
        Ok(match value.serialize(self)? {
            Node::Struct(entries) if entries.is_empty() => Node::Map(entries),
            node => node,
        })
    }
    fn serialize_unit(self) -> Result<Node, NodeError> {
        Ok(Node::Null)
    }
    fn serialize_unit_struct(self, _name: &'static str) -> Result<Node, NodeError> {
        Ok(Node::Null)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Node, NodeError> {
        Ok(Node::Text(variant.to_owned()))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Node, NodeError> {
        Ok(match value.serialize(self)? {
            Node::Text(text) if name == BARE => Node::Bare(text),
            node if name == ZERO => Node::Zero(Box::new(node)),
            node => node,
        })
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Node, NodeError> {
        Ok(Making::wrapped(Some(variant), value.serialize(self)?))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Making, NodeError> {
        Ok(Making::new())
    }
    fn serialize_tuple(self, _: usize) -> Result<Making, NodeError> {
        Ok(Making::new())
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Making, NodeError> {
        Ok(Making::new())
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Making, NodeError> {
        Ok(Making::within(variant))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Making, NodeError> {
        Ok(Making::new())
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Making, NodeError> {
        Ok(Making::new())
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Making, NodeError> {
        Ok(Making::within(variant))
    }
}

impl SerializeSeq for Making {
    type Ok = Node;
    type Error = NodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NodeError> {
        self.item(value)
    }
    fn end(self) -> Result<Node, NodeError> {
        Ok(Node::List(self.list))
    }
}

impl SerializeTuple for Making {
    type Ok = Node;
    type Error = NodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NodeError> {
        self.item(value)
    }
    fn end(self) -> Result<Node, NodeError> {
        Ok(Node::List(self.list))
    }
}

impl SerializeTupleStruct for Making {
    type Ok = Node;
    type Error = NodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NodeError> {
        self.item(value)
    }
    fn end(self) -> Result<Node, NodeError> {
        Ok(Node::List(self.list))
    }
}

impl SerializeTupleVariant for Making {
    type Ok = Node;
    type Error = NodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NodeError> {
        self.item(value)
    }
    fn end(self) -> Result<Node, NodeError> {
        Ok(Making::wrapped(self.wrap, Node::List(self.list)))
    }
}

impl SerializeMap for Making {
    type Ok = Node;
    type Error = NodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NodeError> {
        match key.serialize(ToNode)? {
            Node::Text(key) => self.key = Some(key),
            Node::Int(number) => self.key = Some(number.to_string()),
            other => return Err(NodeError::custom(format!("a key is {other:?}"))),
        }
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NodeError> {
        let key = self.key.take().ok_or_else(|| NodeError::custom("a value has no key"))?;
        self.field(&key, value)
    }
    fn end(self) -> Result<Node, NodeError> {
        Ok(Node::Map(self.entries))
    }
}

impl SerializeStruct for Making {
    type Ok = Node;
    type Error = NodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), NodeError> {
        self.field(key, value)
    }
    fn end(self) -> Result<Node, NodeError> {
        Ok(Node::Struct(self.entries))
    }
}

impl SerializeStructVariant for Making {
    type Ok = Node;
    type Error = NodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), NodeError> {
        self.field(key, value)
    }
    fn end(self) -> Result<Node, NodeError> {
        Ok(Making::wrapped(self.wrap, Node::Struct(self.entries)))
    }
}
