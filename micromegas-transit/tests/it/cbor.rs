//! Documents in every form in which clients send them.

use std::collections::BTreeMap;

use micromegas_transit::{
    Block, Error, MemberLayout, Payload, ProcessInfo, StreamInfo, StreamLayout, TypeLayout,
};
use proptest::prelude::*;
use uuid::Uuid;

/// A value to be encoded.
#[derive(Debug, Clone)]
enum Node {
    Text(String),
    Integer(i64),
    Bool(bool),
    Null,
    /// Bytes of a payload, for which clients have several forms.
    Payload(Vec<u8>),
    /// A value that is encoded already.
    Encoded(Vec<u8>),
    List(Vec<Node>),
    Map(Vec<(&'static str, Node)>),
}

/// How bytes are sent.
#[derive(Debug, Clone, Copy)]
enum BytesForm {
    /// Rust clients since 0.29, and Unreal.
    Whole,
    Chunks,
    /// Rust clients until 0.28.
    Integers,
}

/// How one client encodes.
#[derive(Debug, Clone, Copy)]
struct Form {
    indefinite: bool,
    chunked_text: bool,
    wide_integers: bool,
    bytes: BytesForm,
    extra_keys: bool,
    /// By how much the keys of each map are rotated.
    rotation: usize,
}

const RUST: Form = Form {
    indefinite: false,
    chunked_text: false,
    wide_integers: false,
    bytes: BytesForm::Whole,
    extra_keys: false,
    rotation: 0,
};

impl Form {
    fn header(self, out: &mut Vec<u8>, major: u8, value: u64) {
        let major = major << 5;
        match value {
            _ if self.wide_integers => {
                out.push(major | 27);
                out.extend(value.to_be_bytes());
            }
            0..24 => out.push(major | value as u8),
            24..256 => out.extend([major | 24, value as u8]),
            256..65536 => {
                out.push(major | 25);
                out.extend((value as u16).to_be_bytes());
            }
            65536..0x1_0000_0000 => {
                out.push(major | 26);
                out.extend((value as u32).to_be_bytes());
            }
            _ => {
                out.push(major | 27);
                out.extend(value.to_be_bytes());
            }
        }
    }

    fn text(self, out: &mut Vec<u8>, text: &str) {
        if !self.chunked_text {
            self.header(out, 3, text.len() as u64);
            out.extend(text.as_bytes());
            return;
        }
        out.push(0x7f);
        for char in text.chars() {
            self.header(out, 3, char.len_utf8() as u64);
            out.extend(char.encode_utf8(&mut [0; 4]).as_bytes());
        }
        out.push(0xff);
    }

    fn bytes(self, out: &mut Vec<u8>, bytes: &[u8]) {
        match self.bytes {
            BytesForm::Whole => {
                self.header(out, 2, bytes.len() as u64);
                out.extend(bytes);
            }
            BytesForm::Chunks => {
                out.push(0x5f);
                for chunk in bytes.chunks(3) {
                    self.header(out, 2, chunk.len() as u64);
                    out.extend(chunk);
                }
                out.push(0xff);
            }
            BytesForm::Integers => {
                let integers = bytes.iter().map(|byte| Node::Integer((*byte).into())).collect();
                self.encode(out, &Node::List(integers));
            }
        }
    }

    fn begin(self, out: &mut Vec<u8>, major: u8, count: usize) {
        if self.indefinite {
            out.push(major << 5 | 31);
        } else {
            self.header(out, major, count as u64);
        }
    }

    fn end(self, out: &mut Vec<u8>) {
        if self.indefinite {
            out.push(0xff);
        }
    }

    fn encode(self, out: &mut Vec<u8>, node: &Node) {
        match node {
            Node::Text(text) => self.text(out, text),
            Node::Integer(value) if *value < 0 => self.header(out, 1, !value.cast_unsigned()),
            Node::Integer(value) => self.header(out, 0, value.cast_unsigned()),
            Node::Bool(value) => out.push(if *value { 0xf5 } else { 0xf4 }),
            Node::Null => out.push(0xf6),
            Node::Payload(bytes) => self.bytes(out, bytes),
            Node::Encoded(bytes) => out.extend(bytes),
            Node::List(items) => {
                self.begin(out, 4, items.len());
                items.iter().for_each(|item| self.encode(out, item));
                self.end(out);
            }
            Node::Map(entries) => {
                let mut entries = entries.clone();
                let has_own_names = entries.iter().any(|(key, _)| *key == "a property");
                if self.extra_keys && !has_own_names {
                    entries.push(("an unknown key", Node::List(vec![Node::Null; 3])));
                    entries.insert(0, ("another", Node::Payload(vec![1, 2, 3, 4])));
                    let nested = RUST.document(&Node::List(vec![properties(), properties()]));
                    entries.push(("a third", Node::Encoded(nested)));
                }
                let rotation = self.rotation % entries.len().max(1);
                entries.rotate_left(rotation);
                self.begin(out, 5, entries.len());
                for (key, value) in &entries {
                    self.text(out, key);
                    self.encode(out, value);
                }
                self.end(out);
            }
        }
    }

    fn document(self, node: &Node) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out, node);
        out
    }
}

fn text(text: &str) -> Node {
    Node::Text(text.to_owned())
}

fn properties() -> Node {
    Node::Map(vec![("a property", text("its value")), ("é", text(""))])
}

fn process_node(process_id: &str, parent: Node, time: &str) -> Node {
    Node::Map(vec![
        ("process_id", text(process_id)),
        ("exe", text("/usr/bin/demo")),
        ("username", text("ada")),
        ("realname", text("Ada é")),
        ("computer", text("host")),
        ("distro", text("")),
        ("cpu_brand", text("cpu")),
        ("tsc_frequency", Node::Integer(2_500_000_000)),
        ("start_time", text(time)),
        ("start_ticks", Node::Integer(-12_345)),
        ("parent_process_id", parent),
        ("properties", properties()),
    ])
}

const PROCESS_ID: &str = "0123abcd-0000-4000-8000-00000000abcd";
const TIME: &str = "2024-05-06T07:08:09.123Z";

fn stream_node() -> Node {
    let member = |name, type_name, offset, size, is_reference| {
        Node::Map(vec![
            ("name", text(name)),
            ("type_name", text(type_name)),
            ("offset", Node::Integer(offset)),
            ("size", Node::Integer(size)),
            ("is_reference", Node::Bool(is_reference)),
        ])
    };
    let layout = |name, size, members, is_reference| {
        Node::Map(vec![
            ("name", text(name)),
            ("size", Node::Integer(size)),
            ("members", Node::List(members)),
            ("is_reference", Node::Bool(is_reference)),
        ])
    };
    let id = member("id", "usize", 0, 8, true);
    Node::Map(vec![
        ("process_id", text(PROCESS_ID)),
        ("stream_id", text("0123abcd-0000-4000-8000-000000000001")),
        ("dependencies_metadata", Node::List(vec![layout("StringId", 16, vec![id], true)])),
        ("objects_metadata", Node::List(vec![layout("Event", 300, Vec::new(), false)])),
        ("tags", Node::List(vec![text("log"), text("own")])),
        ("properties", properties()),
    ])
}

fn expected_layout() -> StreamLayout {
    let id = MemberLayout {
        name: "id".into(),
        type_name: "usize".into(),
        offset: 0,
        size: 8,
        is_reference: true,
    };
    StreamLayout {
        dependencies: vec![TypeLayout {
            name: "StringId".into(),
            size: 16,
            members: vec![id],
            is_reference: true,
        }],
        objects: vec![TypeLayout {
            name: "Event".into(),
            size: 300,
            members: Vec::new(),
            is_reference: false,
        }],
    }
}

fn block_node(payload: &[u8]) -> Node {
    Node::Map(vec![
        ("block_id", text("0123ABCD-0000-4000-8000-00000000ABCD")),
        ("stream_id", text("0123abcd-0000-4000-8000-000000000001")),
        ("process_id", text(PROCESS_ID)),
        ("begin_time", text(TIME)),
        ("begin_ticks", Node::Integer(-7)),
        ("end_time", text("2024-05-06T07:08:09.123456789+00:00")),
        ("end_ticks", Node::Integer(i64::MAX)),
        (
            "payload",
            Node::Map(vec![
                ("dependencies", Node::Payload(vec![0, 23, 24, 255])),
                ("objects", Node::Payload(payload.to_vec())),
            ]),
        ),
        ("object_offset", Node::Integer(1 << 40)),
        ("nb_objects", Node::Integer(70_000)),
    ])
}

fn forms() -> impl Strategy<Value = Form> {
    let bytes =
        prop_oneof![Just(BytesForm::Whole), Just(BytesForm::Chunks), Just(BytesForm::Integers)];
    (any::<[bool; 4]>(), bytes, 0_usize..12).prop_map(
        |([indefinite, chunked_text, wide_integers, extra_keys], bytes, rotation)| Form {
            indefinite,
            chunked_text,
            wide_integers,
            bytes,
            extra_keys,
            rotation,
        },
    )
}

fn check_all(form: Form, payload: &[u8]) {
    let process = form.document(&process_node(PROCESS_ID, Node::Null, TIME));
    let process = ProcessInfo::from_cbor(process.into()).unwrap();
    assert_eq!(process.process_id.to_string(), PROCESS_ID);
    assert_eq!((process.exe.as_str(), process.realname.as_str()), ("/usr/bin/demo", "Ada é"));
    assert_eq!((process.tsc_frequency, process.start_ticks), (2_500_000_000, -12_345));
    assert_eq!((process.distro.as_str(), process.parent_process_id), ("", None));
    let expected = BTreeMap::from([
        ("a property".to_owned(), "its value".to_owned()),
        ("é".to_owned(), String::new()),
    ]);
    assert_eq!(process.properties, expected);

    let stream = StreamInfo::from_cbor(form.document(&stream_node()).into()).unwrap();
    assert_eq!(stream.process_id.to_string(), PROCESS_ID);
    assert_eq!(stream.layout, expected_layout());
    assert_eq!(stream.tags, ["log", "own"]);
    assert_eq!(stream.properties, expected);

    let block = Block::from_cbor(form.document(&block_node(payload)).into()).unwrap();
    assert_eq!(block.block_id.to_string(), PROCESS_ID);
    assert_eq!((block.begin_ticks, block.end_ticks), (-7, i64::MAX));
    assert_eq!((block.object_offset, block.event_count), (1 << 40, 70_000));
    assert_eq!(block.end_time.timestamp_subsec_nanos(), 123_456_789);
    let opened = block.payload.open().unwrap();
    assert_eq!(opened.dependencies[..], [0, 23, 24, 255]);
    assert_eq!(opened.objects[..], *payload);
    // What a lake has stored as it came is read just so.
    assert_eq!(Payload::from_cbor(block.payload.into_bytes()).unwrap(), opened);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_form_says_the_same(
        form in forms(),
        payload in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        check_all(form, &payload);
    }
}

#[test]
fn the_forms_of_published_clients() {
    let integers = Form { bytes: BytesForm::Integers, ..RUST };
    let unreal = Form { indefinite: true, rotation: 3, ..RUST };
    let payload: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    for form in [RUST, integers, unreal] {
        check_all(form, &payload);
    }
}

#[test]
fn a_document_cut_anywhere_is_an_error() {
    for indefinite in [false, true] {
        for bytes in [BytesForm::Whole, BytesForm::Chunks, BytesForm::Integers] {
            let form =
                Form { indefinite, bytes, extra_keys: true, chunked_text: indefinite, ..RUST };
            let process = form.document(&process_node(PROCESS_ID, Node::Null, TIME));
            let stream = form.document(&stream_node());
            let block = form.document(&block_node(b"payload"));
            let cut = |document: &[u8], read: &dyn Fn(Vec<u8>) -> bool| {
                for end in 0..document.len() {
                    assert!(!read(document[..end].to_vec()), "cut at {end}");
                }
                let mut followed = document.to_vec();
                followed.push(0);
                assert!(!read(followed), "something follows");
                assert!(read(document.to_vec()));
            };
            cut(&process, &|bytes| ProcessInfo::from_cbor(bytes.into()).is_ok());
            cut(&stream, &|bytes| StreamInfo::from_cbor(bytes.into()).is_ok());
            cut(&block, &|bytes| Block::from_cbor(bytes.into()).is_ok());
        }
    }
}

#[test]
fn parents_may_be_null_empty_absent_or_an_id() {
    let read = |node: &Node| ProcessInfo::from_cbor(RUST.document(node).into());
    let with = |parent| read(&process_node(PROCESS_ID, parent, TIME)).map(|p| p.parent_process_id);
    assert_eq!(with(Node::Null), Ok(None));
    assert_eq!(with(text("")), Ok(None));
    assert_eq!(with(text(&PROCESS_ID.to_uppercase())), Ok(Uuid::try_parse(PROCESS_ID).ok()));
    assert!(with(text("somebody")).is_err());
    assert!(with(Node::Integer(0)).is_err());
    let Node::Map(mut entries) = process_node(PROCESS_ID, Node::Null, TIME) else { return };
    entries.retain(|(key, _)| *key != "parent_process_id");
    assert_eq!(read(&Node::Map(entries)).map(|p| p.parent_process_id), Ok(None));
}

#[test]
fn ids_may_be_in_upper_case() {
    let upper = process_node(&PROCESS_ID.to_uppercase(), Node::Null, TIME);
    let read = ProcessInfo::from_cbor(RUST.document(&upper).into()).unwrap();
    assert_eq!(read.process_id.to_string(), PROCESS_ID);
}

#[test]
fn times_have_any_number_of_digits_and_any_offset() {
    let nanoseconds = |time: &str| {
        let node = process_node(PROCESS_ID, Node::Null, time);
        let read = ProcessInfo::from_cbor(RUST.document(&node).into())?;
        Ok::<_, Error>(read.start_time.timestamp_nanos_opt().unwrap())
    };
    let whole = 1_714_979_289_000_000_000;
    let table = [
        ("2024-05-06T07:08:09Z", 0),
        ("2024-05-06T07:08:09.1Z", 100_000_000),
        ("2024-05-06T07:08:09.123Z", 123_000_000),
        ("2024-05-06T07:08:09.123456Z", 123_456_000),
        ("2024-05-06T07:08:09.123456789Z", 123_456_789),
        ("2024-05-06T07:08:09.123456789+00:00", 123_456_789),
        ("2024-05-06T09:38:09.5+02:30", 500_000_000),
        ("2024-05-05T23:08:09-08:00", 0),
    ];
    for (time, fraction) in table {
        assert_eq!(nanoseconds(time), Ok(whole + fraction), "{time}");
    }
    for time in ["", "yesterday", "2024-05-06", "2024-05-06T07:08:09", "1714979289"] {
        let error = nanoseconds(time).unwrap_err();
        assert!(matches!(error, Error::InvalidValue { key: "start_time", .. }), "{time}");
    }
}

#[test]
fn a_missing_key_is_named() {
    for index in 0..12 {
        let Node::Map(mut entries) = process_node(PROCESS_ID, Node::Null, TIME) else { return };
        let (key, _) = entries.remove(index);
        let read = ProcessInfo::from_cbor(RUST.document(&Node::Map(entries)).into());
        match read {
            Ok(_) => assert_eq!(key, "parent_process_id"),
            Err(error) => {
                assert!(matches!(error, Error::MissingKey { key: named, .. } if named == key));
            }
        }
    }
}

#[test]
fn lists_without_end_are_refused() {
    let many = |count| Node::List(vec![text(""); count]);
    let with = |tags| {
        let Node::Map(mut entries) = stream_node() else { return None };
        entries.retain(|(key, _)| *key != "tags");
        entries.push(("tags", tags));
        Some(StreamInfo::from_cbor(RUST.document(&Node::Map(entries)).into()))
    };
    assert!(with(many(1024)).unwrap().is_ok());
    assert!(matches!(with(many(1025)), Some(Err(Error::LimitExceeded { limit: 1024, .. }))));
    // A header that promises more than there is allocates nothing.
    let mut hostile = RUST.document(&stream_node());
    hostile.truncate(hostile.len() - 1);
    hostile.extend([0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert!(StreamInfo::from_cbor(hostile.into()).is_err());
}
