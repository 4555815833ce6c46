//! Blocks of nothing but dependencies, as small and as many as can be: their tables take no more
//! than the block itself.

use micromegas_transit::{
    Limits, MemberLayout, OpenBlock, Payload, StreamLayout, StreamPlan, TypeLayout, compress_frame,
};

use crate::CONSTANT_BYTES;
use crate::counting::allocations_of;

/// An id as those clients send that give addresses.
fn address(number: u64) -> [u8; 8] {
    (0x7f00_0000_0000 + number * 24).to_le_bytes()
}

fn fixed(name: &str, members: &[&str]) -> TypeLayout {
    let word = |(position, name): (usize, &&str)| MemberLayout {
        name: (*name).to_owned(),
        type_name: "u64".to_owned(),
        offset: position as u32 * 8,
        size: 8,
        is_reference: !["id", "line", "level"].contains(name),
    };
    let size = members.len() as u32 * 8;
    let members = members.iter().enumerate().map(word).collect();
    TypeLayout { name: name.to_owned(), size, members, is_reference: false }
}

fn layout() -> StreamLayout {
    let property = TypeLayout { is_reference: true, ..fixed("Property", &["name", "value"]) };
    let dependencies = vec![
        TypeLayout::dynamic("StaticString"),
        TypeLayout::dynamic("StaticStringDependency"),
        TypeLayout::dynamic("PropertySetDependency"),
        fixed("SpanMetadataDependency", &["id", "name", "target", "file", "line"]),
        fixed("MetricMetadataDependency", &["id", "name", "unit", "target"]),
        fixed("LogMetadataDependency", &["id", "fmt_str", "target", "level"]),
        fixed("SpanLocationDependency", &["id", "target", "file"]),
        fixed("OwnDependency", &["id"]),
        property,
    ];
    StreamLayout { dependencies, objects: Vec::new() }
}

fn dynamic_record(type_index: u8, payload: &[u8]) -> Vec<u8> {
    [&[type_index], &(payload.len() as u32).to_le_bytes()[..], payload].concat()
}

fn static_string(number: u64, text: &[u8]) -> Vec<u8> {
    dynamic_record(0, &[&address(number), text].concat())
}

/// A text of three bytes, each another one.
fn short_text(number: u64) -> [u8; 3] {
    [0, 7, 14].map(|shift| (number >> shift) as u8 & 0x7f)
}

fn string_dependency(number: u64, text: &[u8]) -> Vec<u8> {
    const UTF8: u8 = 2;
    let size = (text.len() as u32).to_le_bytes();
    dynamic_record(1, &[&address(number)[..], &[UTF8], &size, text].concat())
}

/// A set of this many properties, whose names and values are the first string.
fn property_set(number: u64, count: usize) -> Vec<u8> {
    let pair = [address(0), address(0)].concat();
    let count_bytes = (count as u32).to_le_bytes();
    dynamic_record(2, &[&address(number)[..], &count_bytes, &pair.repeat(count)].concat())
}

/// A record of an id and of references to the first string.
fn descriptor(type_index: u8, number: u64, reference_count: usize) -> Vec<u8> {
    [&[type_index][..], &address(number), &address(0).repeat(reference_count)].concat()
}

/// Opens a block of these dependencies, of which none may be lost, and holds what that allocates
/// against the promise.
fn check(what: &str, dependencies: &[u8]) {
    let payload = Payload {
        dependencies: compress_frame(dependencies).into(),
        objects: compress_frame(&[]).into(),
    };
    let limits = Limits::default();
    let plan = StreamPlan::compile(&layout(), &limits).unwrap();
    let (block, allocations) = allocations_of(|| plan.open(&payload, &limits).unwrap());
    assert!(block.dependency_losses().is_empty(), "{what}: {:?}", block.dependency_losses());
    let bound = 2 * dependencies.len() + column_bytes(&block) + CONSTANT_BYTES;
    let peak = allocations.peak_bytes;
    assert!(peak <= bound, "{what}: {peak} of {bound} for {}", dependencies.len());
}

fn column_bytes(block: &OpenBlock<'_>) -> usize {
    let (strings, sets) = (block.strings(), block.property_sets());
    let offsets = size_of_val(&strings.offsets[..]) + size_of_val(&sets.offsets[..]);
    offsets + strings.bytes.len() + size_of_val(&sets.pairs[..])
}

#[test]
fn many_small_dependencies_take_no_more_memory_than_the_block() {
    type Write = fn(u64) -> Vec<u8>;
    let kinds: [(&str, Write); 11] = [
        ("equal strings", |number| static_string(number, b"")),
        ("other strings", |number| static_string(number, &short_text(number))),
        ("string dependencies", |number| string_dependency(number, &short_text(number))),
        ("long strings", |number| static_string(number, format!("{number:040}").as_bytes())),
        ("empty sets", |number| property_set(number, 0)),
        ("sets", |number| property_set(number, 2)),
        ("span descriptors", |number| descriptor(3, number, 4)),
        ("metric descriptors", |number| descriptor(4, number, 3)),
        ("log descriptors", |number| descriptor(5, number, 3)),
        ("locations", |number| descriptor(6, number, 2)),
        ("own dependencies", |number| descriptor(7, number, 0)),
    ];
    for (what, write) in kinds {
        for count in [100, 3_000, 100_000] {
            let mut dependencies = static_string(0, b"text");
            dependencies.extend((1..count).flat_map(write));
            check(what, &dependencies);
        }
    }
}

#[test]
fn dependencies_of_all_kinds_together_take_no_more_memory_than_the_block() {
    let mut dependencies = static_string(0, b"text");
    for number in 1..100_000 {
        dependencies.extend(static_string(number, &short_text(number)));
        dependencies.extend(property_set(number, 1));
        dependencies.extend(descriptor(3, number, 4));
        dependencies.extend(descriptor(4, number, 3));
        dependencies.extend(descriptor(5, number, 3));
        dependencies.extend(descriptor(6, number, 2));
        dependencies.extend(descriptor(7, number, 0));
    }
    check("all", &dependencies);
}
