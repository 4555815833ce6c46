//! Columns derived from reflection.

use micromegas_transit::{
    ColumnValues, Decoded, EventColumns, EventKind, Limits, LossReason, MemberKind, StreamPlan,
    TypeLayout,
};

use crate::wire::{Bytes, Queue, dynamic, fixed, open, payload, plan, reference, texts};

fn dependencies() -> Vec<TypeLayout> {
    vec![
        dynamic("StaticStringDependency"),
        dynamic("PropertySetDependency"),
        fixed(
            "ActorClass",
            40,
            &[
                ("id", "u64", 0, 8),
                ("name", "& str", 8, 8),
                ("tags", "& PropertySet", 16, 8),
                ("mass", "f32", 24, 4),
                ("size", "Extent", 28, 8),
            ],
        ),
        fixed("Extent", 8, &[("x", "u32", 0, 4), ("y", "u32", 4, 4)]),
        fixed("Property", 16, &[("name", "& str", 0, 8), ("value", "& str", 8, 8)]),
    ]
}

fn dependency_queue() -> Queue {
    let class = |id, name, tags, mass: f32, size: u32| {
        let mass = mass.to_bits();
        Bytes::new().u64(id).u64(name).u64(tags).u32(mass).u32(size).u32(size + 1).padding(4)
    };
    Queue::new()
        .dynamic(0, Bytes::new().u64(1).utf8("Pawn"))
        .dynamic(0, Bytes::new().u64(2).utf8("Crate"))
        .dynamic(0, Bytes::new().u64(3).utf8("bounce"))
        .dynamic(1, Bytes::new().u64(4).u32(1).u64(1).u64(2))
        .fixed(2, class(10, 1, 4, 1.5, 7))
        .fixed(2, class(11, 2, 0, 2.5, 9))
}

fn columns_of(plan: &StreamPlan, objects: &Queue, type_index: u8) -> Decoded<EventColumns> {
    open(plan, &dependency_queue(), objects).event_columns(type_index)
}

#[test]
fn every_width_of_number_is_widened() {
    let members = [
        ("bool", "bool", 0, 1),
        ("u8", "u8", 1, 1),
        ("u16", "uint16", 2, 2),
        ("u32", "u32", 4, 4),
        ("u64", "usize", 8, 8),
        ("i8", "i8", 16, 1),
        ("opaque", "[u8; 1]", 17, 1),
        ("i16", "int16", 18, 2),
        ("i32", "i32", 20, 4),
        ("i64", "int64", 24, 8),
        ("f32", "float", 32, 4),
        ("wrong", "u64", 36, 4),
        ("f64", "double", 40, 8),
        ("outside", "u64", 44, 8),
    ];
    let plan = plan(Vec::new(), vec![fixed("Numbers", 48, &members)]);
    let kinds: Vec<_> =
        plan.event_members(0).into_iter().map(|member| (member.name, member.kind)).collect();
    let expected = [
        ("bool", MemberKind::Bool),
        ("u8", MemberKind::Unsigned),
        ("u16", MemberKind::Unsigned),
        ("u32", MemberKind::Unsigned),
        ("u64", MemberKind::Unsigned),
        ("i8", MemberKind::Signed),
        ("i16", MemberKind::Signed),
        ("i32", MemberKind::Signed),
        ("i64", MemberKind::Signed),
        ("f32", MemberKind::Float),
        ("f64", MemberKind::Float),
    ];
    assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));
    let record = Bytes::new()
        .raw(&[1, 200])
        .raw(&60_000_u16.to_le_bytes())
        .u32(u32::MAX)
        .u64(u64::MAX)
        .raw(&[0xff, 0])
        .raw(&(-2_i16).to_le_bytes())
        .u32((-3_i32).cast_unsigned())
        .i64(i64::MIN)
        .u32(0.5_f32.to_bits())
        .u32(0)
        .f64(-0.25);
    let objects = Queue::new().fixed(0, record).fixed(0, Bytes::new().raw(&[0; 48]));
    let decoded = open(&plan, &Queue::new(), &objects).event_columns(0);
    assert!(decoded.losses.is_empty());
    let columns = decoded.columns;
    assert_eq!((columns.type_name.as_str(), &columns.record[..]), ("Numbers", &[0, 1][..]));
    let expected = [
        ("bool", ColumnValues::Bool(vec![true, false])),
        ("u8", ColumnValues::Unsigned(vec![200, 0])),
        ("u16", ColumnValues::Unsigned(vec![60_000, 0])),
        ("u32", ColumnValues::Unsigned(vec![u32::MAX.into(), 0])),
        ("u64", ColumnValues::Unsigned(vec![u64::MAX, 0])),
        ("i8", ColumnValues::Signed(vec![-1, 0])),
        ("i16", ColumnValues::Signed(vec![-2, 0])),
        ("i32", ColumnValues::Signed(vec![-3, 0])),
        ("i64", ColumnValues::Signed(vec![i64::MIN, 0])),
        ("f32", ColumnValues::Float(vec![0.5, 0.0])),
        ("f64", ColumnValues::Float(vec![-0.25, 0.0])),
    ];
    let found: Vec<_> = columns
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.values.clone()))
        .collect();
    assert_eq!(found, expected);
    assert!(columns.columns.iter().all(|column| column.present.is_empty()));
}

fn contact_objects() -> Vec<TypeLayout> {
    vec![
        fixed("Elsewhere", 8, &[("time", "i64", 0, 8)]),
        fixed(
            "Contact",
            72,
            &[
                ("time", "i64", 0, 8),
                ("at", "Point", 8, 16),
                ("cause", "StringId", 24, 16),
                ("class", "& ActorClass", 40, 16),
                ("tags", "& PropertySet", 56, 8),
                ("never", "& str", 64, 8),
            ],
        ),
        fixed("Point", 16, &[("x", "f64", 0, 8), ("y", "Inner", 8, 8)]),
        fixed("Inner", 8, &[("z", "u64", 0, 8)]),
        reference("StringId", 16, "usize", 8),
    ]
}

fn contact(time: i64, cause: u64, class: u64, tags: u64) -> Bytes {
    let at = Bytes::new().f64(time as f64).u64(time.cast_unsigned() + 1);
    let cause = Bytes::new().padding(8).u64(cause);
    Bytes::new().i64(time).raw(&at.0).raw(&cause.0).u64(class).padding(8).u64(tags).u64(0)
}

#[test]
fn references_and_nested_types_become_columns_with_dotted_names() {
    let objects = Queue::new()
        .fixed(0, Bytes::new().i64(1))
        // Whose class is not there at all.
        .fixed(1, contact(2, 3, 0, 4))
        .fixed(1, contact(3, 3, 11, 0))
        .fixed(1, contact(4, 0, 10, 4));
    let plan = plan(dependencies(), contact_objects());
    let block = open(&plan, &dependency_queue(), &objects);
    let decoded = block.event_columns(1);
    assert!(decoded.losses.is_empty(), "{:?}", decoded.losses);
    assert_eq!(decoded.record_count, 4);
    let columns = decoded.columns;
    assert_eq!(columns.record, [1, 2, 3]);
    let names: Vec<_> = columns.columns.iter().map(|column| column.name.as_str()).collect();
    let expected = [
        "time",
        "at.x",
        "at.y.z",
        "cause",
        "class.name",
        "class.tags",
        "class.mass",
        "class.size.x",
        "class.size.y",
        "tags",
        "never",
    ];
    assert_eq!(names, expected);

    let column = |name| columns.get(name).unwrap();
    let values = |name| column(name).values.clone();
    assert_eq!(values("time"), ColumnValues::Signed(vec![2, 3, 4]));
    assert_eq!(values("at.x"), ColumnValues::Float(vec![2.0, 3.0, 4.0]));
    assert_eq!(values("at.y.z"), ColumnValues::Unsigned(vec![3, 4, 5]));
    assert_eq!(values("class.mass"), ColumnValues::Float(vec![0.0, 2.5, 1.5]));
    assert_eq!(column("class.mass").present, [false, true, true]);
    assert_eq!(values("class.size.y"), ColumnValues::Unsigned(vec![0, 10, 8]));
    let text = |name| match &column(name).values {
        ColumnValues::Text(indices) => texts(block.strings(), indices),
        other => panic!("{name} is {other:?}"),
    };
    assert_eq!(text("cause"), ["bounce", "bounce", ""]);
    assert_eq!(column("cause").present, [true, true, false]);
    assert_eq!(text("class.name"), ["", "Crate", "Pawn"]);
    assert_eq!(text("never"), ["", "", ""]);
    assert_eq!(column("never").present, [false; 3]);
    assert_eq!(values("tags"), ColumnValues::Properties(vec![0, 0, 0]));
    assert_eq!(column("tags").present, [true, false, true]);
    assert_eq!(values("class.tags"), ColumnValues::Properties(vec![0, 0, 0]));
    assert_eq!(column("class.tags").present, [false, false, true]);
}

#[test]
fn a_reference_to_nothing_costs_the_value_and_is_counted() {
    let objects = Queue::new()
        .fixed(1, contact(1, 3, 10, 4))
        .fixed(1, contact(2, 99, 98, 4))
        // A property set where the others have a text.
        .fixed(1, contact(3, 4, 10, 4));
    let plan = plan(dependencies(), contact_objects());
    let decoded = columns_of(&plan, &objects, 1);
    assert_eq!(decoded.columns.record, [0, 1, 2]);
    assert_eq!(decoded.columns.get("cause").unwrap().present, [true, false, false]);
    assert_eq!(decoded.columns.get("class.mass").unwrap().present, [true, false, true]);
    assert_eq!(decoded.losses.count(LossReason::MissingDependency), 3);
    let loss = decoded.losses.iter().next().unwrap();
    assert_eq!((loss.first_record, loss.first_offset), (1, 73));
}

#[test]
fn types_are_listed_with_the_columns_they_go_to() {
    let mut objects = contact_objects();
    objects.insert(1, dynamic("Sized"));
    objects.insert(2, dynamic("LogStringEventV2"));
    objects.insert(3, dynamic("ImageEvent"));
    objects.insert(4, fixed("BeginThreadSpanEvent", 8, &[("time", "i64", 0, 8)]));
    let plan = plan(dependencies(), objects);
    let types: Vec<_> =
        plan.event_types().map(|event| (event.type_index, event.name, event.kind)).collect();
    let expected = [
        (0, "Elsewhere", EventKind::Custom),
        (1, "Sized", EventKind::CustomDynamic),
        (2, "LogStringEventV2", EventKind::Log),
        (3, "ImageEvent", EventKind::Image),
        (4, "BeginThreadSpanEvent", EventKind::Unreadable),
        (5, "Contact", EventKind::Custom),
        (6, "Point", EventKind::Custom),
        (7, "Inner", EventKind::Custom),
    ];
    assert_eq!(types, expected);
}

#[test]
fn types_without_members_and_indices_without_types_give_no_columns() {
    let plan = plan(Vec::new(), vec![fixed("Mark", 1, &[]), dynamic("Sized")]);
    let objects = Queue::new()
        .fixed(0, Bytes::new().u8(0))
        .dynamic(1, Bytes::new().u64(1))
        .fixed(0, Bytes::new().u8(0));
    let marks = columns_of(&plan, &objects, 0);
    assert_eq!(marks.columns.record, [0, 2]);
    assert!(marks.columns.columns.is_empty() && marks.losses.is_empty());
    let sized = columns_of(&plan, &objects, 1);
    assert!(sized.columns.record.is_empty());
    assert_eq!(sized.losses.count(LossReason::UnknownType), 1);
    for absent in [2, 255] {
        let none = columns_of(&plan, &objects, absent);
        assert!(none.columns.record.is_empty() && none.losses.is_empty());
    }
}

#[test]
fn a_cut_buffer_gives_the_events_before_the_cut() {
    let whole = Queue::new().fixed(1, contact(1, 3, 10, 4)).fixed(1, contact(2, 3, 10, 4));
    let plan = plan(dependencies(), contact_objects());
    for cut in 0..whole.0.len() {
        let decoded = columns_of(&plan, &Queue(whole.0[..cut].to_vec()), 1);
        assert_eq!(decoded.columns.record.len(), cut / 73, "cut at {cut}");
        assert_eq!(decoded.losses.buffer_ended_early(), cut % 73 != 0, "cut at {cut}");
    }
}

#[test]
fn members_that_overlap_do_not_fill_memory() {
    let members: Vec<_> = (0..1000).map(|_| ("m", "u64", 0, 8)).collect();
    let plan = plan(Vec::new(), vec![fixed("Overlapping", 8, &members)]);
    let objects = (0..100).fold(Queue::new(), |queue, i| queue.fixed(0, Bytes::new().u64(i)));
    let limits = Limits { derived_bytes: 90_000, ..Limits::default() };
    let block = plan.open(&payload(&Queue::new(), &objects), &limits).unwrap();
    let decoded = block.event_columns(0);
    assert_eq!(decoded.columns.record.len(), 10);
    assert_eq!(decoded.losses.count(LossReason::DerivedLimitExceeded), 90);
    let loss = decoded.losses.iter().next().unwrap();
    assert_eq!((loss.first_record, loss.first_offset), (10, 90));
}

#[test]
fn all_types_of_a_clients_own_are_decoded_in_one_pass() {
    let mut objects = contact_objects();
    objects.insert(1, dynamic("Sized"));
    objects
        .insert(2, fixed("LogStaticStrEvent", 16, &[("desc", "& D", 0, 8), ("time", "i64", 8, 8)]));
    let queue = Queue::new()
        .fixed(3, contact(1, 3, 10, 4))
        .fixed(0, Bytes::new().i64(5))
        .dynamic(1, Bytes::new().u64(1))
        .fixed(2, Bytes::new().u64(1).i64(1))
        .fixed(3, contact(2, 99, 10, 4))
        .fixed(0, Bytes::new().i64(6));
    let plan = plan(dependencies(), objects);
    let block = open(&plan, &dependency_queue(), &queue);
    let all = block.custom_events();
    assert_eq!(all.record_count, 6);
    let names: Vec<_> = all.columns.iter().map(|columns| columns.type_name.as_str()).collect();
    assert_eq!(names, ["Elsewhere", "Contact"]);
    assert_eq!(all.columns[0], block.event_columns(0).columns);
    assert_eq!(all.columns[1], block.event_columns(3).columns);
    assert_eq!(all.columns[0].record, [1, 5]);
    assert_eq!(all.columns[1].record, [0, 4]);
    assert_eq!(all.losses.count(LossReason::UnknownType), 1);
    assert_eq!(all.losses.count(LossReason::MissingDependency), 1);
    assert_eq!(all.losses.total(), 2);
}

#[test]
fn a_type_without_events_has_its_columns_all_the_same() {
    let plan = plan(dependencies(), contact_objects());
    let block = open(&plan, &dependency_queue(), &Queue::new());
    let contacts = block.event_columns(1).columns;
    let names: Vec<_> = contacts.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["time", "at.x", "at.y.z", "cause", "class", "tags", "never"]);
    assert!(contacts.record.is_empty());
    assert!(block.custom_events().columns.is_empty());
}

#[test]
fn the_number_of_columns_is_limited() {
    // Two references to a struct of five leaves besides its id.
    let members = [("a", "& ActorClass", 0, 8), ("b", "& ActorClass", 8, 8), ("t", "i64", 16, 8)];
    let objects = vec![fixed("Pair", 24, &members)];
    let queue = Queue::new().fixed(0, Bytes::new().u64(10).u64(11).i64(5));
    let plan = plan(dependencies(), objects);
    let columns_within = |members_per_record| {
        let limits = Limits { members_per_record, ..Limits::default() };
        let block = plan.open(&payload(&dependency_queue(), &queue), &limits).unwrap();
        let decoded = block.event_columns(0);
        assert_eq!(decoded.columns.record, [0]);
        assert!(decoded.columns.get("t").is_some());
        (decoded.columns.columns.len(), decoded.losses.count(LossReason::DerivedLimitExceeded))
    };
    assert_eq!(columns_within(1024), (11, 0));
    assert_eq!(columns_within(3 + 10), (11, 0));
    assert_eq!(columns_within(3 + 7), (8, 1));
    assert_eq!(columns_within(3), (1, 2));
}

#[test]
fn a_dependency_that_refers_to_nothing_costs_the_value_and_is_counted() {
    let nameless = Bytes::new().u64(12).u64(99).u64(0).u32(0).u32(7).u32(8).padding(4);
    let dependency_queue = dependency_queue().fixed(2, nameless);
    let queue = Queue::new().fixed(1, contact(1, 3, 10, 4)).fixed(1, contact(2, 3, 12, 4));
    let plan = plan(dependencies(), contact_objects());
    let decoded = open(&plan, &dependency_queue, &queue).event_columns(1);
    assert_eq!(decoded.columns.get("class.name").unwrap().present, [true, false]);
    assert!(decoded.columns.get("class.size.x").unwrap().present.is_empty());
    assert_eq!(decoded.losses.count(LossReason::MissingDependency), 1);
    assert_eq!(decoded.losses.total(), 1);
}
