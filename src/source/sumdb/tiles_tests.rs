//! Logs made here, and every lie about them.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::super::testing::{Grown, root};
use super::super::tree::{self, Hash, Head};
use super::{Broken, Log, Tile};

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|number| tree::leaf(&number.to_be_bytes())).collect()
}

fn grown(count: u64) -> Grown {
    let mut grown = Grown::default();
    (0..count).for_each(|number| grown.add(&number.to_be_bytes()));
    grown
}

fn head(log: &Grown) -> Head {
    Head::parse(&log.head_text()).unwrap()
}

type Forged = Broken<()>;

type Reader<'a> = Box<dyn FnMut(Tile) -> Result<Vec<u8>, ()> + 'a>;

fn open(grown: &Grown, head: Head) -> Result<Log<Reader<'_>>, Forged> {
    let read: Reader<'_> = Box::new(move |tile| grown.tile(&tile.path()).ok_or(()));
    Log::open(head, read)
}

#[test]
fn tiles_are_named_as_the_go_command_names_them() {
    for (level, number, width, path) in [
        (0, 0, 256, "tile/8/0/000"),
        (1, 999, 256, "tile/8/1/999"),
        (0, 1000, 7, "tile/8/0/x001/000.p/7"),
        (2, 1_234_067, 256, "tile/8/2/x001/x234/067"),
    ] {
        assert_eq!(Tile { level, number, width }.path(), path);
    }
}

#[test]
fn every_record_and_every_former_root_of_small_logs_is_proven() {
    for size in 0..70 {
        let log = grown(size);
        let all = leaves(size);
        let top = Head { size, root: root(&all) };
        assert_eq!(head(&log), top, "{size}");
        let mut opened = open(&log, top).unwrap();
        for (index, leaf) in all.iter().enumerate() {
            assert_eq!(opened.record(index as u64), Ok(Some(*leaf)));
        }
        assert_eq!(opened.record(size), Ok(None));
        for old in 0..=size {
            let former = root(&all[..usize::try_from(old).unwrap()]);
            assert_eq!(opened.root_at(old), Ok(Some(former)), "{old} of {size}");
        }
        assert_eq!(opened.root_at(size + 1), Ok(None));
    }
}

#[test]
fn logs_of_several_levels_are_proven_where_tiles_meet() {
    for size in [255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_049] {
        let log = grown(size);
        let all = leaves(size);
        let mut opened = open(&log, head(&log)).unwrap();
        assert_eq!(head(&log).root, root(&all));
        for index in [0, 1, 255, 256, 257, size / 2, size - 2, size - 1].into_iter().filter(|&at| at < size) {
            assert_eq!(opened.record(index), Ok(Some(all[usize::try_from(index).unwrap()])), "{index}");
        }
        for old in [0, 1, 255, 256, 300, size / 2, size - 1, size].into_iter().filter(|&old| old <= size) {
            let former = root(&all[..usize::try_from(old).unwrap()]);
            assert_eq!(opened.root_at(old), Ok(Some(former)), "{old} of {size}");
        }
    }
}

#[test]
fn a_tile_of_the_wrong_length_is_none() {
    let log = grown(300);
    for length in [0, 1, 31, 32 * 44 - 1, 32 * 44 + 1, 32 * 256] {
        let read = |_: Tile| Ok::<_, ()>(vec![0; length]);
        assert!(matches!(Log::open(head(&log), read), Err(Broken::Forged(_))), "{length}");
    }
    assert!(matches!(Log::open(head(&log), |_: Tile| Err::<Vec<u8>, _>(7)), Err(Broken::Unread(7))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_flipped_bit_is_refused(size in 1u64..1500, index: u64, old: u64, tile_at: usize, bit: usize) {
        let index = index % size;
        let old = old % (size + 1);
        let log = grown(size);
        let all = leaves(size);
        // Which tiles the questions need; then each question again with one bit of one of them flipped.
        let mut asked: Vec<Tile> = Vec::new();
        {
            let mut opened = Log::open(head(&log), |tile: Tile| {
                asked.push(tile);
                log.tile(&tile.path()).ok_or(())
            }).unwrap();
            prop_assert_eq!(opened.record(index), Ok(Some(all[usize::try_from(index).unwrap()])));
            let former = root(&all[..usize::try_from(old).unwrap()]);
            prop_assert_eq!(opened.root_at(old), Ok(Some(former)));
        }
        let victim = asked[tile_at % asked.len()];
        let lying = |tile: Tile| {
            let mut bytes = log.tile(&tile.path()).ok_or(())?;
            if tile == victim {
                let bit = bit % (bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            Ok::<_, ()>(bytes)
        };
        let refused = match Log::open(head(&log), lying) {
            Err(broken) => matches!(broken, Broken::Forged(_)),
            Ok(mut opened) => {
                let one = matches!(opened.record(index), Err(Broken::Forged(_)));
                one | matches!(opened.root_at(old), Err(Broken::Forged(_)))
            }
        };
        prop_assert!(refused, "{victim:?}");
    }

    #[test]
    fn a_head_of_another_log_is_refused(size in 1u64..1500, bit in 0usize..256, other in 1u64..1500) {
        let log = grown(size);
        let mut wrong = head(&log);
        wrong.root[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(open(&log, wrong).is_err());
        if other != size {
            let longer = Head { size: other, ..head(&log) };
            prop_assert!(open(&log, longer).is_err());
        }
    }
}
