//! Small harm done to bytes and texts that were right.

use proptest::prelude::*;

/// One change.
#[derive(Debug, Clone)]
pub(crate) enum Harm {
    Put(prop::sample::Index, char),
    Take(prop::sample::Index),
    Swap(prop::sample::Index, char),
    Cut(prop::sample::Index),
    Double(prop::sample::Index, prop::sample::Index),
}

/// Up to `most` changes that put in characters of `alphabet`.
pub(crate) fn harms(alphabet: &'static str, most: usize) -> impl Strategy<Value = Vec<Harm>> {
    let symbol = || prop::sample::select(alphabet.chars().collect::<Vec<_>>());
    let at = any::<prop::sample::Index>;
    let harm = prop_oneof![
        4 => (at(), symbol()).prop_map(|(at, symbol)| Harm::Put(at, symbol)),
        4 => at().prop_map(Harm::Take),
        4 => (at(), symbol()).prop_map(|(at, symbol)| Harm::Swap(at, symbol)),
        1 => at().prop_map(Harm::Cut),
        1 => (at(), at()).prop_map(|(from, to)| Harm::Double(from, to)),
    ];
    prop::collection::vec(harm, 0..=most)
}

/// The text after the changes.
pub(crate) fn harmed(text: &str, harms: &[Harm]) -> String {
    let mut symbols: Vec<char> = text.chars().collect();
    for harm in harms {
        if symbols.is_empty() {
            break;
        }
        let length = symbols.len();
        match harm {
            Harm::Put(at, symbol) => symbols.insert(at.index(length), *symbol),
            Harm::Take(at) => drop(symbols.remove(at.index(length))),
            Harm::Swap(at, symbol) => symbols[at.index(length)] = *symbol,
            Harm::Cut(at) => symbols.truncate(at.index(length)),
            Harm::Double(from, to) => {
                let (a, b) = (from.index(length), to.index(length));
                let piece: Vec<char> = symbols[a.min(b)..a.max(b)].to_vec();
                let end = a.max(b);
                symbols.splice(end..end, piece);
            }
        }
    }
    symbols.into_iter().collect()
}
