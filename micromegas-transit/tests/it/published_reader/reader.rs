//! The rules of published readers, as strict as they are: whatever they do not know is an error,
//! and any error costs the whole block.

use std::collections::HashMap;
use std::io::Read;

use minicbor::Decoder;

/// What such a reader finds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    U8(u8),
    U32(u32),
    U64(u64),
    I64(i64),
    F64(f64),
    Object(String, Vec<(String, Value)>),
}

impl Value {
    /// The member called `name`; reaching through text and numbers is an error.
    pub(super) fn get(&self, name: &str) -> &Self {
        let Self::Object(_, members) = self else { panic!("{self:?} has no members") };
        &members.iter().find(|(member, _)| member == name).unwrap().1
    }

    pub(super) fn type_name(&self) -> &str {
        let Self::Object(name, _) = self else { panic!("{self:?} has no type") };
        name
    }

    pub(super) fn text(&self) -> &str {
        let Self::Text(text) = self else { panic!("{self:?} is no text") };
        text
    }

    /// Accessors accept `u8` for `u32`, and either signedness of 64 bits.
    pub(super) fn small(&self) -> u32 {
        match self {
            Self::U8(value) => (*value).into(),
            Self::U32(value) => *value,
            other => panic!("{other:?} is no u32"),
        }
    }

    pub(super) fn word(&self) -> i64 {
        match self {
            Self::I64(value) => *value,
            Self::U64(value) => value.cast_signed(),
            other => panic!("{other:?} is no 64-bit integer"),
        }
    }
}

#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: String,
    pub(super) size: usize,
    pub(super) members: Vec<Member>,
    pub(super) is_reference: bool,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) type_name: String,
    pub(super) offset: usize,
    pub(super) size: usize,
    pub(super) is_reference: bool,
}

/// The keys of a definite map in order, and the position of each one's value.
pub(super) fn entries(document: &[u8]) -> Vec<(String, usize)> {
    let mut decoder = Decoder::new(document);
    let count = decoder.map().unwrap().unwrap();
    let mut entries = Vec::new();
    for _ in 0..count {
        let key = decoder.str().unwrap().to_owned();
        entries.push((key, decoder.position()));
        decoder.skip().unwrap();
    }
    entries
}

/// A decoder at the value of a key.
pub(super) fn value_at<'b>(document: &'b [u8], key: &str) -> Decoder<'b> {
    let (_, position) = entries(document).into_iter().find(|(name, _)| name == key).unwrap();
    Decoder::new(&document[position..])
}

/// Reads one table of a stream document.
pub(super) fn types(document: &[u8], key: &str) -> Vec<Type> {
    let mut decoder = value_at(document, key);
    let count = decoder.array().unwrap().unwrap();
    (0..count).map(|_| read_type(&mut decoder)).collect()
}

fn read_type(decoder: &mut Decoder<'_>) -> Type {
    assert_eq!(decoder.map().unwrap(), Some(4));
    let mut read = Type { name: String::new(), size: 0, members: Vec::new(), is_reference: false };
    for _ in 0..4 {
        match decoder.str().unwrap() {
            "name" => read.name = decoder.str().unwrap().to_owned(),
            "size" => read.size = decoder.u32().unwrap() as usize,
            "is_reference" => read.is_reference = decoder.bool().unwrap(),
            "members" => {
                let count = decoder.array().unwrap().unwrap();
                read.members = (0..count).map(|_| read_member(decoder)).collect();
            }
            other => panic!("a type has no {other}"),
        }
    }
    read
}

fn read_member(decoder: &mut Decoder<'_>) -> Member {
    assert_eq!(decoder.map().unwrap(), Some(5));
    let mut read = Member {
        name: String::new(),
        type_name: String::new(),
        offset: 0,
        size: 0,
        is_reference: false,
    };
    for _ in 0..5 {
        match decoder.str().unwrap() {
            "name" => read.name = decoder.str().unwrap().to_owned(),
            "type_name" => read.type_name = decoder.str().unwrap().to_owned(),
            "offset" => read.offset = decoder.u32().unwrap() as usize,
            "size" => read.size = decoder.u32().unwrap() as usize,
            "is_reference" => read.is_reference = decoder.bool().unwrap(),
            other => panic!("a member has no {other}"),
        }
    }
    read
}

/// Decompresses with another implementation than ours.
pub(super) fn decompress(frame: &[u8]) -> Vec<u8> {
    assert_eq!(frame[..4], [0x04, 0x22, 0x4d, 0x18]);
    let mut content = Vec::new();
    lz4_flex::frame::FrameDecoder::new(frame).read_to_end(&mut content).unwrap();
    content
}

type Dependencies = HashMap<u64, Value>;

/// Splits a buffer into type index and payload.
fn records<'b>(table: &[Type], mut bytes: &'b [u8]) -> Vec<(usize, &'b [u8])> {
    let mut found = Vec::new();
    while let Some((type_index, rest)) = bytes.split_first() {
        let type_index = usize::from(*type_index);
        let (size, rest) = match table[type_index].size {
            0 => (u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize, &rest[4..]),
            size => (size, rest),
        };
        let (payload, rest) = rest.split_at(size);
        found.push((type_index, payload));
        bytes = rest;
    }
    found
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes[offset..offset + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(bytes[offset..offset + 8].try_into().unwrap())
}

/// Reads codec, size and UTF-8.
fn dyn_string(bytes: &[u8]) -> Value {
    assert_eq!(bytes[0], 2, "our texts are UTF-8");
    let size = u32_at(bytes, 1) as usize;
    Value::Text(String::from_utf8(bytes[5..5 + size].to_vec()).unwrap())
}

pub(super) fn read_dependencies(table: &[Type], bytes: &[u8]) -> Dependencies {
    let mut dependencies = Dependencies::new();
    for (type_index, payload) in records(table, bytes) {
        let read = &table[type_index];
        let (id, value) = match read.name.as_str() {
            "StaticStringDependency" => (u64_at(payload, 0), dyn_string(&payload[8..])),
            "PropertySetDependency" => {
                (u64_at(payload, 0), property_set(table, payload, &dependencies))
            }
            name => {
                assert!(read.size > 0, "nobody reads dependencies of type {name}");
                let object = object(table, read, payload, &dependencies);
                let Value::U64(id) = *object.get("id") else { panic!("an id is a u64") };
                (id, object)
            }
        };
        assert_eq!(dependencies.insert(id, value), None, "id {id} is defined twice");
    }
    dependencies
}

fn property_set(table: &[Type], payload: &[u8], dependencies: &Dependencies) -> Value {
    let property = table.iter().find(|read| read.name == "Property").unwrap();
    let count = u32_at(payload, 8) as usize;
    assert_eq!(payload.len(), 12 + count * property.size);
    let members = payload[12..].chunks(property.size).map(|payload| {
        let pair = object(table, property, payload, dependencies);
        (pair.get("name").text().to_owned(), Value::Text(pair.get("value").text().to_owned()))
    });
    Value::Object("PropertySet".to_owned(), members.collect())
}

pub(super) fn read_objects(
    table: &[Type],
    bytes: &[u8],
    dependencies: &Dependencies,
) -> Vec<Value> {
    let read = |(type_index, payload): (usize, &[u8])| {
        let read: &Type = &table[type_index];
        match read.name.as_str() {
            "LogStringEventV2" => Value::Object(
                read.name.clone(),
                vec![
                    ("time".to_owned(), Value::I64(u64_at(payload, 8).cast_signed())),
                    ("msg".to_owned(), dyn_string(&payload[16..])),
                    ("desc".to_owned(), dependencies[&u64_at(payload, 0)].clone()),
                ],
            ),
            "TaggedLogString" => Value::Object(
                read.name.clone(),
                vec![
                    ("time".to_owned(), Value::I64(u64_at(payload, 16).cast_signed())),
                    ("msg".to_owned(), dyn_string(&payload[24..])),
                    ("desc".to_owned(), dependencies[&u64_at(payload, 0)].clone()),
                    ("properties".to_owned(), dependencies[&u64_at(payload, 8)].clone()),
                ],
            ),
            "TaggedLogInteropEvent" => {
                let target = table.iter().find(|read| read.name == "StaticStringRef").unwrap();
                let properties = 9 + target.size;
                Value::Object(
                    read.name.clone(),
                    vec![
                        ("time".to_owned(), Value::I64(u64_at(payload, 0).cast_signed())),
                        ("level".to_owned(), Value::U32(payload[8].into())),
                        ("target".to_owned(), dependencies[&u64_at(payload, 9)].clone()),
                        (
                            "properties".to_owned(),
                            dependencies[&u64_at(payload, properties)].clone(),
                        ),
                        ("msg".to_owned(), dyn_string(&payload[properties + 8..])),
                    ],
                )
            }
            name => {
                assert!(read.size > 0, "nobody reads events of type {name}");
                object(table, read, payload, dependencies)
            }
        }
    };
    records(table, bytes).into_iter().map(read).collect()
}

/// Reads a struct; the types that members may have are these and no others.
fn object(table: &[Type], read: &Type, payload: &[u8], dependencies: &Dependencies) -> Value {
    let member = |member: &Member| {
        let bytes = &payload[member.offset..member.offset + member.size];
        let value = if member.is_reference {
            assert!(member.size >= 8);
            dependencies[&u64_at(bytes, 0)].clone()
        } else {
            match (member.type_name.as_str(), member.size) {
                ("u8" | "uint8", 1) => Value::U8(bytes[0]),
                ("u32" | "uint32", 4) => Value::U32(u32_at(bytes, 0)),
                ("u64" | "uint64", 8) => Value::U64(u64_at(bytes, 0)),
                ("i64" | "int64", 8) => Value::I64(u64_at(bytes, 0).cast_signed()),
                ("f64", 8) => Value::F64(f64::from_bits(u64_at(bytes, 0))),
                (name, _) => {
                    let nested = table.iter().find(|read| read.name == name).unwrap();
                    let value = object(table, nested, &bytes[..nested.size], dependencies);
                    if nested.is_reference { value.get("id").clone() } else { value }
                }
            }
        };
        (member.name.clone(), value)
    };
    Value::Object(read.name.clone(), read.members.iter().map(member).collect())
}
