//! The comparison itself.

use std::fs;

use super::folder::{Golden, all, is_blessing, path};
use super::{legacy, own, render, seeds, unreal, unreal_net};

fn hand_made() -> Vec<Golden> {
    [own::goldens(), legacy::goldens(), unreal::goldens(), unreal_net::goldens()].concat()
}

#[test]
fn every_golden_block_decodes_as_it_always_has() {
    if is_blessing() {
        hand_made().iter().for_each(Golden::write);
    }
    for golden in all() {
        let found = render::block(&golden.process, &golden.stream, &golden.block);
        let file = path(&golden.name, "json");
        if is_blessing() {
            fs::write(file, found).unwrap();
            seeds::write(&golden);
            continue;
        }
        let expected = fs::read_to_string(&file).unwrap();
        for (line, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
            assert_eq!(found, expected, "{}.json, line {}", golden.name, line + 1);
        }
        assert_eq!(found.len(), expected.len(), "{}.json", golden.name);
    }
}

#[test]
fn hand_made_goldens_are_what_their_writers_write() {
    if is_blessing() {
        return;
    }
    for golden in hand_made() {
        assert!(golden == Golden::read(&golden.name), "{} differs from its files", golden.name);
    }
}
