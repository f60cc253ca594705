//! The log in tiles of 256 hashes, as it is served; nothing of them is believed that the head does not
//! vouch for.
//!
//! ```text
//!  head ◄── fold of the right edge: the incomplete last tile of each level
//!                 ▲
//!  any full tile: its root is a hash in a tile of the level above, and so on up to the edge
//! ```
//!
//! So every hash that comes out of here is chained to the root, whoever served the bytes.

use std::collections::BTreeMap;

use super::tree::{self, Hash, Head};

/// Hashes in a full tile, as a power of two.
const HEIGHT: u32 = 8;
const FULL: u64 = 1 << HEIGHT;

/// A tile: the hashes of level `8 * level` from `number * 256` on, `width` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tile {
    level: u32,
    number: u64,
    width: u64,
}

impl Tile {
    /// Its path below the database's base: `tile/8/0/x001/234.p/5`.
    pub(super) fn path(&self) -> String {
        let mut number = format!("{:03}", self.number % 1000);
        let mut rest = self.number / 1000;
        while rest > 0 {
            number = format!("x{:03}/{number}", rest % 1000);
            rest /= 1000;
        }
        let part = if self.width < FULL { format!(".p/{}", self.width) } else { String::new() };
        format!("tile/{HEIGHT}/{}/{number}{part}", self.level)
    }

    /// The full tile that this one has meanwhile grown into, perhaps.
    pub(super) fn grown(&self) -> Option<Self> {
        (self.width < FULL).then_some(Self { width: FULL, ..*self })
    }

    /// How many bytes it has.
    pub(super) fn bytes(&self) -> u64 {
        self.width * 32
    }
}

/// Why there is no hash.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken<E> {
    /// The tile could not be had.
    Unread(E),
    /// The tile is not the one that the head speaks of.
    Forged(Tile),
}

/// The log under one head. `read` gives a tile's bytes.
pub(super) struct Log<F> {
    head: Head,
    read: F,
    /// Tiles that the head vouches for.
    known: BTreeMap<(u32, u64), Vec<Hash>>,
}

impl<E, F: FnMut(Tile) -> Result<Vec<u8>, E>> Log<F> {
    /// Reads the right edge and checks that the head is its sum.
    ///
    /// # Errors
    /// [`Broken`].
    pub(super) fn open(head: Head, read: F) -> Result<Self, Broken<E>> {
        let mut log = Self { head, read, known: BTreeMap::new() };
        let mut edge = BTreeMap::new();
        let mut subtrees = Vec::new();
        let mut first = None;
        for level in (0..u64::BITS / HEIGHT).rev() {
            let hashes = head.size >> (level * HEIGHT);
            let tile = Tile { level, number: hashes >> HEIGHT, width: hashes & (FULL - 1) };
            if tile.width == 0 {
                continue;
            }
            let hashes = log.fetch(tile)?;
            let mut at = 0;
            for bit in (0..HEIGHT).rev().filter(|bit| tile.width >> bit & 1 == 1) {
                let end = at + (1 << bit);
                subtrees.push(tree::complete(&hashes[at..end]));
                at = end;
            }
            first = first.or(Some(tile));
            edge.insert((level, tile.number), hashes);
        }
        if tree::fold(subtrees.into_iter()).unwrap_or_else(tree::empty) != head.root {
            let tile = first.unwrap_or(Tile { level: 0, number: 0, width: 0 });
            return Err(Broken::Forged(tile));
        }
        log.known = edge;
        Ok(log)
    }

    /// The hash of record `index`. `None`: the log has no such record.
    ///
    /// # Errors
    /// [`Broken`].
    pub(super) fn record(&mut self, index: u64) -> Result<Option<Hash>, Broken<E>> {
        if index >= self.head.size {
            return Ok(None);
        }
        self.hashes(0, index, 1).map(|hashes| hashes.first().copied())
    }

    /// The root that this log had at `size` records. `None`: it has not so many.
    ///
    /// # Errors
    /// [`Broken`].
    pub(super) fn root_at(&mut self, size: u64) -> Result<Option<Hash>, Broken<E>> {
        if size > self.head.size {
            return Ok(None);
        }
        let mut subtrees = Vec::new();
        for bit in (0..u64::BITS).rev().filter(|bit| size >> bit & 1 == 1) {
            // The subtree of 2^bit records that ends where the lower bits begin.
            let index = (size >> bit) - 1;
            let (level, within) = (bit / HEIGHT, bit % HEIGHT);
            let hashes = self.hashes(level, index << within, 1 << within)?;
            subtrees.push(tree::complete(&hashes));
        }
        Ok(Some(tree::fold(subtrees.into_iter()).unwrap_or_else(tree::empty)))
    }

    /// Hashes of one tile.
    fn hashes(&mut self, level: u32, from: u64, count: u64) -> Result<Vec<Hash>, Broken<E>> {
        let tile = self.vouched(level, from >> HEIGHT)?;
        let at = usize::try_from(from & (FULL - 1)).unwrap_or(usize::MAX);
        let wanted = tile.get(at..).and_then(|rest| rest.get(..usize::try_from(count).ok()?));
        Ok(wanted.map(<[Hash]>::to_vec).unwrap_or_default())
    }

    /// A tile that the head vouches for: the edge is known from the start, and any other is full.
    fn vouched(&mut self, level: u32, number: u64) -> Result<Vec<Hash>, Broken<E>> {
        if let Some(hashes) = self.known.get(&(level, number)) {
            return Ok(hashes.clone());
        }
        let tile = Tile { level, number, width: FULL };
        let root = self.hashes(level + 1, number, 1)?;
        let hashes = self.fetch(tile)?;
        if root.first() != Some(&tree::complete(&hashes)) {
            return Err(Broken::Forged(tile));
        }
        self.known.insert((level, number), hashes.clone());
        Ok(hashes)
    }

    /// A tile as it is served, of the right length.
    fn fetch(&mut self, tile: Tile) -> Result<Vec<Hash>, Broken<E>> {
        let bytes = (self.read)(tile).map_err(Broken::Unread)?;
        if bytes.len() as u64 != tile.bytes() {
            return Err(Broken::Forged(tile));
        }
        let hash = |bytes: &[u8]| {
            let mut hash = [0; 32];
            hash.copy_from_slice(bytes);
            hash
        };
        Ok(bytes.chunks_exact(32).map(hash).collect())
    }
}

#[cfg(test)]
#[path = "tiles_tests.rs"]
mod tests;
