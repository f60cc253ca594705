//! The hashes of a transparency log (RFC 6962) and the head that sums one up.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA256};

/// A SHA-256 hash.
pub(super) type Hash = [u8; 32];

/// Leaves and inner nodes are hashed with different first bytes, so that none can pass for the other.
const LEAF: u8 = 0;
const NODE: u8 = 1;
/// The first line of a signed head.
const TITLE: &str = "go.sum database tree";

/// A log of so many records with this root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// How many records.
    pub(super) size: u64,
    /// The root of the tree over them.
    pub(super) root: Hash,
}

impl Head {
    /// Reads the text of a head; more lines may follow.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let title = lines.next()?;
        let size: u64 = lines.next().filter(|line| is_number(line))?.parse().ok()?;
        let root = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
        // The last line ends, too.
        lines.next()?;
        (title == TITLE && size <= i64::MAX.unsigned_abs()).then_some(Self { size, root })
    }
}

/// A plain decimal number: no sign, no needless zero.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

/// The hash of a record.
pub(super) fn leaf(record: &[u8]) -> Hash {
    hash(&[&[LEAF], record])
}

/// The hash over two subtrees.
pub(super) fn node(left: &Hash, right: &Hash) -> Hash {
    hash(&[&[NODE], left, right])
}

/// The root over a complete subtree: as many hashes as a power of two.
pub(super) fn complete(hashes: &[Hash]) -> Hash {
    debug_assert!(hashes.len().is_power_of_two(), "a complete subtree");
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = level.chunks_exact(2).map(|pair| node(&pair[0], &pair[1])).collect();
    }
    level[0]
}

/// The root over complete subtrees of falling size, from left to right. `None` without any.
pub(super) fn fold(subtrees: impl DoubleEndedIterator<Item = Hash>) -> Option<Hash> {
    subtrees.rev().reduce(|right, left| node(&left, &right))
}

/// The root of the empty log.
pub(super) fn empty() -> Hash {
    hash(&[])
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn hex(hash: &Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn hashes_are_those_of_the_standard() {
        // The well-known vectors of certificate transparency.
        assert_eq!(hex(&empty()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex(&leaf(b"")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        let both = node(&leaf(b""), &leaf(&[0]));
        assert_eq!(hex(&both), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        let three = fold([both, leaf(&[0x10])].into_iter()).unwrap();
        assert_eq!(hex(&three), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
    }

    #[test]
    fn heads_are_read_strictly() {
        let root = STANDARD.encode([7; 32]);
        let good = format!("{TITLE}\n31\n{root}\nmore\n");
        assert_eq!(Head::parse(&good), Some(Head { size: 31, root: [7; 32] }));
        for bad in [
            String::new(),
            format!("{TITLE}\n31\n{root}"),
            format!("other tree\n31\n{root}\n"),
            format!("{TITLE}\n031\n{root}\n"),
            format!("{TITLE}\n-1\n{root}\n"),
            format!("{TITLE}\n+1\n{root}\n"),
            format!("{TITLE}\n99999999999999999999\n{root}\n"),
            format!("{TITLE}\n9223372036854775808\n{root}\n"),
            format!("{TITLE}\n31\n{}\n", STANDARD.encode([7; 31])),
            format!("{TITLE}\r\n31\n{root}\n"),
        ] {
            assert_eq!(Head::parse(&bad), None, "{bad:?}");
        }
    }
}
