//! A checksum database for tests: a growing log, its tiles, and a key to sign with. It shares no code
//! with what it tests.

#![allow(dead_code, reason = "this file is part of several test programs")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

type Hash = [u8; 32];

fn sha(bytes: &[u8]) -> Hash {
    digest(&SHA256, bytes).as_ref().try_into().expect("32 bytes")
}

fn node(left: &Hash, right: &Hash) -> Hash {
    sha(&[&[1], &left[..], &right[..]].concat())
}

/// The root over hashes, as RFC 6962 defines it.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha(b""),
        [leaf] => *leaf,
        _ => {
            let left = leaves.len().next_power_of_two() / 2;
            node(&root(&leaves[..left]), &root(&leaves[left..]))
        }
    }
}

/// A log.
#[derive(Default, Clone)]
pub(crate) struct Grown {
    records: Vec<Vec<u8>>,
    /// Hashes by level of tiles.
    levels: Vec<Vec<Hash>>,
}

impl Grown {
    pub(crate) fn add(&mut self, record: &[u8]) {
        self.records.push(record.to_vec());
        self.push(0, sha(&[&[0], record].concat()));
    }

    fn push(&mut self, level: usize, hash: Hash) {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        self.levels[level].push(hash);
        let length = self.levels[level].len();
        if length.is_multiple_of(256) {
            let full = root(&self.levels[level][length - 256..]);
            self.push(level + 1, full);
        }
    }

    /// A log with the first records of this one.
    pub(crate) fn at(&self, size: usize) -> Self {
        let mut log = Self::default();
        self.records[..size].iter().for_each(|record| log.add(record));
        log
    }

    pub(crate) fn size(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn leaves(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The text of its head.
    pub(crate) fn head_text(&self) -> String {
        let root = STANDARD.encode(root(self.leaves()));
        format!("go.sum database tree\n{}\n{root}\n", self.size())
    }

    /// The answer to a lookup of the record at `number`.
    pub(crate) fn lookup(&self, number: usize, signer: &Signer) -> String {
        let record = String::from_utf8(self.records[number].clone()).expect("text");
        format!("{number}\n{record}\n{}", signer.sign(&self.head_text()))
    }

    /// The tile at a path `tile/8/0/x001/234.p/5`.
    pub(crate) fn tile(&self, path: &str) -> Option<Vec<u8>> {
        let rest = path.strip_prefix("tile/8/")?;
        let (level, rest) = rest.split_once('/')?;
        let (number, width) = rest.split_once(".p/").unwrap_or((rest, "256"));
        let number: usize = number.replace(['x', '/'], "").parse().ok()?;
        let width: usize = width.parse().ok()?;
        let hashes = self.levels.get(level.parse::<usize>().ok()?)?;
        Some(hashes.get(number * 256..number * 256 + width)?.concat())
    }
}

/// Somebody with a key.
pub(crate) struct Signer {
    name: String,
    pair: Ed25519KeyPair,
}

impl Signer {
    pub(crate) fn new(name: &str, seed: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a key");
        Self { name: name.to_owned(), pair }
    }

    fn algorithm_and_key(&self) -> Vec<u8> {
        [&[1], self.pair.public_key().as_ref()].concat()
    }

    fn hash(&self) -> [u8; 4] {
        let whole = sha(&[self.name.as_bytes(), b"\n", &self.algorithm_and_key()].concat());
        [whole[0], whole[1], whole[2], whole[3]]
    }

    /// `NAME+HASH+KEY`.
    pub(crate) fn key(&self) -> String {
        let hash = u32::from_be_bytes(self.hash());
        format!("{}+{hash:08x}+{}", self.name, STANDARD.encode(self.algorithm_and_key()))
    }

    /// A note with this text.
    pub(crate) fn sign(&self, text: &str) -> String {
        let signature = [&self.hash(), self.pair.sign(text.as_bytes()).as_ref()].concat();
        format!("{text}\n\u{2014} {} {}\n", self.name, STANDARD.encode(signature))
    }
}
