//! Clients older and newer than this reader: members added, removed, reordered, widened and
//! narrowed, and types that are not known.

use micromegas_transit::{
    AsyncSpanColumns, EventKind, LogColumns, LossReason, MemberLayout, MetricColumns, SpanColumns,
    TypeLayout,
};

use super::layouts::{self, Version};
use super::records::{event_value, record};
use super::streams::{dependencies_of, one_of_each};
use crate::wire::{Bytes, Queue, dynamic, fixed, open, plan};

/// Dependencies and objects of one stream.
type Tables = (Vec<TypeLayout>, Vec<TypeLayout>);

fn all_streams() -> Vec<Tables> {
    let version = Version::V33;
    vec![
        (layouts::log_dependencies(), layouts::log_objects(version)),
        (layouts::metric_dependencies(), layouts::metric_objects(version)),
        (layouts::thread_dependencies(version), layouts::thread_objects(version)),
    ]
}

/// Everything that becomes of a stream's events.
type Rows = (LogColumns, MetricColumns, SpanColumns, AsyncSpanColumns);

fn rows_of((dependencies, objects): &Tables) -> Rows {
    let plan = plan(dependencies.clone(), objects.clone());
    assert!(plan.event_types().all(|event| event.kind != EventKind::Unreadable));
    let (_, events) = one_of_each(objects, &plan);
    let block = open(&plan, &dependencies_of(dependencies), &events);
    assert!(block.dependency_losses().is_empty(), "{:?}", block.dependency_losses());
    let (logs, metrics) = (block.logs(), block.metrics());
    let (threads, asyncs) = (block.thread_spans(), block.async_spans());
    assert!(logs.losses.is_empty() && metrics.losses.is_empty());
    assert!(threads.losses.is_empty() && asyncs.losses.is_empty());
    (logs.columns, metrics.columns, threads.columns, asyncs.columns)
}

/// Structs, but not the reference types and properties that other types are made of.
fn structs(table: &mut [TypeLayout]) -> impl Iterator<Item = &mut TypeLayout> {
    table
        .iter_mut()
        .filter(|layout| layout.size > 0 && !layout.is_reference && layout.name != "Property")
}

/// Changes every struct of every stream, and expects the same rows.
fn check_unchanged(change: impl Fn(&mut TypeLayout)) {
    for tables in all_streams() {
        let mut changed = tables.clone();
        structs(&mut changed.0).for_each(&change);
        structs(&mut changed.1).for_each(&change);
        assert_ne!(changed, tables);
        assert_eq!(rows_of(&changed), rows_of(&tables));
    }
}

/// Lays the members out one after the other.
fn pack(layout: &mut TypeLayout) {
    let mut end = 0;
    for member in &mut layout.members {
        member.offset = end;
        end += member.size;
    }
    layout.size = end;
}

fn member(name: &str, type_name: &str, size: u32) -> MemberLayout {
    MemberLayout {
        name: name.into(),
        type_name: type_name.into(),
        offset: 0,
        size,
        is_reference: false,
    }
}

#[test]
fn members_may_be_added() {
    check_unchanged(|layout| {
        layout.members.insert(0, member("novelty", "u64", 8));
        layout.members.insert(2, member("unreadable", "[u8; 5]", 5));
        let known = MemberLayout { is_reference: true, ..member("dangling", "& Own", 8) };
        layout.members.push(known);
        pack(layout);
    });
}

#[test]
fn members_may_be_reordered() {
    check_unchanged(|layout| {
        layout.members.reverse();
        pack(layout);
    });
    // Names decide, whatever the order of the list is.
    check_unchanged(|layout| layout.members.rotate_left(1));
}

#[test]
fn members_may_be_widened() {
    check_unchanged(|layout| {
        for member in &mut layout.members {
            if member.is_reference {
                member.size = 16;
            } else if member.type_name == "u32" {
                (member.type_name, member.size) = ("u64".into(), 8);
            } else if member.type_name == "i64" {
                member.type_name = "uint64".into();
            }
        }
        pack(layout);
    });
}

#[test]
fn members_may_be_narrowed() {
    for (type_name, size) in [("uint8", 1), ("u16", 2)] {
        check_unchanged(|layout| {
            for member in &mut layout.members {
                if member.type_name == "u32" {
                    (member.type_name, member.size) = (type_name.into(), size);
                }
            }
            // A type without such members changes too.
            layout.members.push(self::member("end", "u8", 1));
            pack(layout);
        });
    }
}

#[test]
fn members_that_nobody_needs_may_be_removed() {
    check_unchanged(|layout| {
        layout.members.retain(|member| !["module_path", "lod"].contains(&member.name.as_str()));
        layout.members.push(member("end", "u8", 1));
        pack(layout);
    });
    // Without these, rows are there and say nothing about them.
    let (logs, metrics, threads, asyncs) = {
        let mut streams = all_streams().into_iter().map(|(mut dependencies, objects)| {
            for layout in structs(&mut dependencies) {
                let optional = ["target", "file", "line", "unit"];
                layout.members.retain(|member| !optional.contains(&member.name.as_str()));
                pack(layout);
            }
            rows_of(&(dependencies, objects))
        });
        let logs = streams.next().unwrap().0;
        let metrics = streams.next().unwrap().1;
        let threads = streams.next().unwrap();
        (logs, metrics, threads.2, threads.3)
    };
    assert_eq!(logs.record.len(), 9);
    assert_eq!(metrics.record.len(), 4);
    assert_eq!((&metrics.unit, &metrics.target), (&vec![0; 4], &vec![0; 4]));
    assert_eq!((threads.record.len(), asyncs.record.len()), (8, 8));
    assert!(threads.scopes.iter().all(|scope| (scope.target, scope.file, scope.line) == (0, 0, 0)));
}

#[test]
fn a_type_without_a_needed_member_is_lost_and_counted_alone() {
    for (dependencies, objects) in all_streams() {
        for type_index in 0..objects.len() {
            for member_index in 0..objects[type_index].members.len() {
                let mut objects = objects.clone();
                let layout = &mut objects[type_index];
                if layout.is_reference {
                    continue;
                }
                let removed = layout.members.remove(member_index);
                if ["parent_span_id", "depth"].contains(&removed.name.as_str()) {
                    continue;
                }
                pack(layout);
                let plan = plan(dependencies.clone(), objects.clone());
                let (names, events) = one_of_each(&objects, &plan);
                let block = open(&plan, &dependencies_of(&dependencies), &events);
                let decoded = [
                    (block.logs().losses, block.logs().columns.record),
                    (block.metrics().losses, block.metrics().columns.record),
                    (block.thread_spans().losses, block.thread_spans().columns.record),
                    (block.async_spans().losses, block.async_spans().columns.record),
                ];
                let mut records = Vec::new();
                for (losses, found) in decoded {
                    assert_eq!(losses.total(), 1, "{} of {}", removed.name, names[type_index]);
                    assert_eq!(losses.count(LossReason::UnreadableType), 1);
                    records.extend(found);
                }
                records.sort_unstable();
                let expected = 0..names.len() as u32;
                let expected: Vec<_> =
                    expected.filter(|index| *index != type_index as u32).collect();
                assert_eq!(records, expected, "{} of {}", removed.name, names[type_index]);
            }
        }
    }
}

#[test]
fn a_descriptor_without_a_needed_member_costs_the_events_that_refer_to_it() {
    let needed = [
        ("LogMetadataRecord", &["id", "fmt_str", "level"][..]),
        ("MetricMetadataDependency", &["id", "name"]),
        ("SpanRecord", &["id", "name"]),
        ("SpanLocationRecord", &["id"]),
    ];
    for (dependencies, objects) in all_streams() {
        for (type_name, members) in needed {
            for member in members {
                let mut dependencies = dependencies.clone();
                let Some(layout) = dependencies.iter_mut().find(|layout| layout.name == type_name)
                else {
                    continue;
                };
                layout.members.retain(|other| other.name != *member);
                let plan = plan(dependencies.clone(), objects.clone());
                let (names, events) = one_of_each(&objects, &plan);
                let block = open(&plan, &dependencies_of(&dependencies), &events);
                let losses = block.dependency_losses();
                assert_eq!(losses.count(LossReason::UnreadableType), 1, "{member}");
                assert_eq!(losses.total(), 1, "{member}");
                let (logs, metrics) = (block.logs(), block.metrics());
                let (threads, asyncs) = (block.thread_spans(), block.async_spans());
                let found = logs.columns.record.len()
                    + metrics.columns.record.len()
                    + threads.columns.record.len()
                    + asyncs.columns.record.len();
                let mut lost = 0;
                for losses in [logs.losses, metrics.losses, threads.losses, asyncs.losses] {
                    assert_eq!(losses.total(), losses.count(LossReason::MissingDependency));
                    lost += losses.total() as usize;
                }
                assert!(lost > 0, "{type_name} {member}");
                assert_eq!(found + lost, names.len(), "{type_name} {member}");
            }
        }
    }
}

#[test]
fn unknown_types_are_skipped_by_their_size_and_counted() {
    for (dependencies, mut objects) in all_streams() {
        objects.insert(0, fixed("FixedNovelty", 13, &[("x", "u32", 0, 4)]));
        objects.insert(3, dynamic("DynamicNovelty"));
        let mut dependencies = dependencies;
        dependencies.insert(0, fixed("DependencyNovelty", 9, &[("id", "u64", 0, 8)]));
        dependencies.insert(2, dynamic("DynamicDependencyNovelty"));
        let plan = plan(dependencies.clone(), objects.clone());
        let novelties = Queue::new()
            .fixed(0, Bytes::new().u64(1).padding(1))
            .dynamic(2, Bytes::new().padding(100))
            .0;
        let mut dependency_queue = Queue(novelties.clone());
        dependency_queue.0.extend(dependencies_of(&dependencies).0);
        dependency_queue.0.extend(novelties);

        let mut events = Queue::new();
        let mut known = Vec::new();
        let mut record_index = 0;
        for event in plan.event_types() {
            let layout = &objects[usize::from(event.type_index)];
            if layout.size == 0 || event.kind == EventKind::Custom {
                continue;
            }
            events = events
                .fixed(0, Bytes::new().padding(13))
                .dynamic(3, Bytes::new().padding(record_index as usize))
                .fixed(event.type_index, record(&objects, layout, |name| event_value(name, 1)));
            known.push(record_index + 2);
            record_index += 3;
        }
        let block = open(&plan, &dependency_queue, &events);
        // The dependency with an id is there twice; nobody can refer to the one without.
        let losses = block.dependency_losses();
        assert_eq!(losses.count(LossReason::DuplicateDependency), 1);
        assert_eq!(losses.count(LossReason::UnknownType), 2);
        assert_eq!(losses.total(), 3, "{losses:?}");
        let unknown = 2 * known.len() as u64;
        let mut found = Vec::new();
        let (logs, metrics) = (block.logs(), block.metrics());
        let (threads, asyncs) = (block.thread_spans(), block.async_spans());
        for (losses, record_count, records) in [
            (logs.losses, logs.record_count, logs.columns.record),
            (metrics.losses, metrics.record_count, metrics.columns.record),
            (threads.losses, threads.record_count, threads.columns.record),
            (asyncs.losses, asyncs.record_count, asyncs.columns.record),
        ] {
            assert_eq!(losses.count(LossReason::UnknownType), unknown);
            assert_eq!(losses.total(), unknown);
            let loss = losses.iter().next().unwrap();
            assert_eq!((loss.first_record, loss.first_offset), (0, 0));
            assert_eq!(record_count, record_index);
            found.extend(records);
        }
        found.sort_unstable();
        assert_eq!(found, known);
    }
}

#[test]
fn properties_may_change_their_layout() {
    let (mut dependencies, objects) = all_streams().swap_remove(0);
    let property = dependencies.iter_mut().find(|layout| layout.name == "Property").unwrap();
    *property = fixed(
        "Property",
        29,
        &[("novelty", "u8", 0, 1), ("value", "& str", 5, 16), ("name", "& str", 21, 8)],
    );
    let pair = |name, value| Bytes::new().padding(5).u64(value).padding(8).u64(name);
    let set = Bytes::new().u64(301).u32(2).raw(&pair(5, 6).0).raw(&pair(6, 5).0);
    let plan = plan(dependencies.clone(), objects);
    // Nothing but the strings.
    let strings = dependencies_of(&dependencies[..1]);
    let block = open(&plan, &strings.dynamic(3, set), &Queue::new());
    assert!(block.dependency_losses().is_empty(), "{:?}", block.dependency_losses());
    let text = |index: i32| block.strings().get(index as usize).unwrap();
    let pairs: Vec<_> = block
        .property_sets()
        .get(0)
        .unwrap()
        .iter()
        .map(|(name, value)| (text(*name), text(*value)))
        .collect();
    assert_eq!(pairs, [("key", "value"), ("value", "key")]);
}
