//! Image streams, of Rust clients since 0.26 and of Unreal.

use micromegas_transit::{Limits, LossReason, TypeLayout};

use crate::wire::{Bytes, Queue, dynamic, fixed, open, payload, plan};

fn image(time: i64, name: &str, format: &str, data: &[u8]) -> Bytes {
    Bytes::new().i64(time).utf8(name).utf8(format).u32(data.len() as u32).raw(data)
}

#[test]
fn images_of_rust_clients_are_read() {
    let data: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let objects = Queue::new()
        .dynamic(0, image(7, "screen", "image/png", &data))
        .dynamic(0, image(-8, "", "", &[]))
        // What follows the last field is ignored.
        .dynamic(0, image(9, "é", "image/jpeg", b"jpeg").raw(b"trailing"));
    let plan = plan(Vec::new(), vec![dynamic("ImageEvent")]);
    let block = open(&plan, &Queue::new(), &objects);
    let images = block.images();
    assert!(images.losses.is_empty(), "{:?}", images.losses);
    assert_eq!(images.record_count, 3);
    let columns = images.columns;
    assert_eq!(columns.record, [0, 1, 2]);
    assert_eq!(columns.ticks, [7, -8, 9]);
    assert_eq!(columns.name.iter().collect::<Vec<_>>(), ["screen", "", "é"]);
    assert_eq!(columns.format.iter().collect::<Vec<_>>(), ["image/png", "", "image/jpeg"]);
    assert_eq!(columns.data.len(), 3);
    assert_eq!(columns.data.get(0), Some(&data[..]));
    assert_eq!(columns.data.get(1), Some(&[][..]));
    assert_eq!(columns.data.get(2), Some(&b"jpeg"[..]));
    assert_eq!(columns.data.get(3), None);
    // They are nobody else's events, and nobody's loss.
    assert!(block.logs().losses.is_empty());
    assert!(block.net_spans().losses.is_empty());
}

#[test]
fn images_of_unreal_are_read() {
    let event = TypeLayout {
        members: fixed("", 0, &[("time", "uint64", 0, 8)]).members,
        ..dynamic("ImageEvent")
    };
    let plan = plan(vec![dynamic("StaticStringDependency")], vec![event]);
    let record = Bytes::new().u64(5).wide("Screenshot").text(0, b"image/png").u32(3).raw(b"png");
    let images = open(&plan, &Queue::new(), &Queue::new().dynamic(0, record)).images();
    assert!(images.losses.is_empty());
    assert_eq!(images.columns.name.get(0), Some("Screenshot"));
    assert_eq!(images.columns.format.get(0), Some("image/png"));
    assert_eq!(images.columns.data.get(0), Some(&b"png"[..]));
}

#[test]
fn an_image_cut_anywhere_costs_itself() {
    let whole = image(1, "name", "image/png", b"data");
    let plan = plan(Vec::new(), vec![dynamic("ImageEvent")]);
    for cut in 0..whole.0.len() {
        let objects = Queue::new()
            .dynamic(0, Bytes(whole.0[..cut].to_vec()))
            .dynamic(0, image(2, "next", "f", b"d"));
        let images = open(&plan, &Queue::new(), &objects).images();
        assert_eq!(images.losses.total(), 1, "cut at {cut}");
        let columns = images.columns;
        assert_eq!((columns.record, columns.ticks), (vec![1], vec![2]));
        assert_eq!(columns.name.iter().collect::<Vec<_>>(), ["next"]);
        assert_eq!(columns.format.iter().collect::<Vec<_>>(), ["f"]);
        assert_eq!(columns.data.offsets, [0, 1]);
    }
}

#[test]
fn names_and_data_are_limited() {
    let objects = Queue::new()
        .dynamic(0, image(1, "longer than ten", "f", b""))
        .dynamic(0, image(2, "n", "longer than ten", b""))
        .dynamic(0, image(3, "n", "f", &[0; 40]))
        .dynamic(0, image(4, "n", "f", &[0; 40]))
        .dynamic(0, image(5, "n", "f", b""));
    let plan = plan(Vec::new(), vec![dynamic("ImageEvent")]);
    let limits = Limits { string_bytes: 10, text_bytes: 50, ..Limits::default() };
    let images = plan.open(&payload(&Queue::new(), &objects), &limits).unwrap().images();
    assert_eq!(images.columns.ticks, [3, 5]);
    assert_eq!(images.losses.count(LossReason::TextLimitExceeded), 3);
}
