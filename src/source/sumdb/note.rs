//! Signed notes: a text, an empty line, and signatures of which one is by a key that is trusted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};

/// The number of Ed25519 in keys.
const ALGORITHM: u8 = 1;
/// What a signature's line begins with.
const MARK: &str = "\u{2014} ";
/// More signatures than anybody needs.
const MOST_SIGNATURES: usize = 100;

/// A public key with a name: `NAME+HASH+KEY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    name: String,
    /// The first bytes of the hash over name and key: a signature names its key by them.
    hash: [u8; 4],
    key: [u8; 32],
}

impl Key {
    /// Reads a key.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        // The key itself may hold a plus.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("it is not NAME+HASH+KEY");
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err("it has no name");
        }
        let bytes = STANDARD.decode(key).map_err(|_| "its key is not base64")?;
        let Some((&ALGORITHM, key)) = bytes.split_first() else {
            return Err("its key is not an Ed25519 one");
        };
        let key = key.try_into().map_err(|_| "its key has not 32 bytes")?;
        let key = Self { name: name.to_owned(), hash: key_hash(name, &bytes), key };
        let says = u32::from_str_radix(hash, 16).ok().filter(|_| hash.len() == 8 && !hash.starts_with('+'));
        if says != Some(u32::from_be_bytes(key.hash)) {
            return Err("its hash is not that of its name and key");
        }
        Ok(key)
    }

    /// Whose key it is.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Name and hash: no other key has both.
    pub(super) fn id(&self) -> String {
        format!("{}+{:08x}", self.name, u32::from_be_bytes(self.hash))
    }

    /// The text of a note that this key signed, its last line's end included.
    ///
    /// # Errors
    /// Why it is not to be believed, in words.
    pub(super) fn open<'a>(&self, note: &'a str) -> Result<&'a str, &'static str> {
        if note.chars().any(|c| c.is_control() && c != '\n') {
            return Err("it holds control characters");
        }
        // An empty line may be part of the text, too: the signatures are after the last one.
        let split = note.rfind("\n\n").ok_or("it has no signatures")? + 1;
        let (text, signatures) = (&note[..split], &note[split + 1..]);
        if signatures.is_empty() || !signatures.ends_with('\n') {
            return Err("its signatures are cut off");
        }
        let mut verified = false;
        for (count, line) in signatures.trim_end_matches('\n').split('\n').enumerate() {
            if count == MOST_SIGNATURES {
                return Err("it has too many signatures");
            }
            let (name, signature) = signature(line).ok_or("one of its signatures is malformed")?;
            let (hash, signature) =
                signature.split_first_chunk::<4>().ok_or("one of its signatures is cut off")?;
            // Others may sign as well; nothing follows from that.
            if name != self.name || *hash != self.hash {
                continue;
            }
            let key = UnparsedPublicKey::new(&ED25519, &self.key);
            key.verify(text.as_bytes(), signature).map_err(|_| "its signature does not fit")?;
            verified = true;
        }
        if verified { Ok(text) } else { Err("it is not signed by the trusted key") }
    }
}

/// Name and bytes of a line `— NAME BASE64`.
fn signature(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, signature) = line.strip_prefix(MARK)?.split_once(' ')?;
    let bytes = STANDARD.decode(signature).ok()?;
    (!name.is_empty()).then_some((name, bytes))
}

fn key_hash(name: &str, algorithm_and_key: &[u8]) -> [u8; 4] {
    let whole = digest(&SHA256, &[name.as_bytes(), b"\n", algorithm_and_key].concat());
    let mut hash = [0; 4];
    hash.copy_from_slice(&whole.as_ref()[..4]);
    hash
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::testing::Signer;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_say_what_is_wrong_with_them() {
        let signer = Signer::new("sum.test", 1);
        let text = signer.key();
        assert_eq!(Key::parse(&text).unwrap().name(), "sum.test");
        let (name, rest) = text.split_once('+').unwrap();
        let (hash, key) = rest.split_once('+').unwrap();
        for bad in [
            String::new(),
            name.to_owned(),
            format!("{name}+{hash}"),
            format!("+{hash}+{key}"),
            format!("other.test+{hash}+{key}"),
            format!("{name}+00000000+{key}"),
            format!("{name}+{hash}0+{key}"),
            format!("{name}+{hash}+{}", STANDARD.encode([ALGORITHM; 32])),
            format!("{name}+{hash}+{}", STANDARD.encode([2; 33])),
            format!("{name}+{hash}+?"),
        ] {
            assert!(Key::parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_note_of_the_real_database_is_believed() {
        let key = Key::parse(super::super::database::GO_KEY).unwrap();
        let note = "go.sum database tree\n71769961\nO0jlIxwRb2vZYS1na726XLlaDCtCqKUVLld+AY32AGA=\n\n\
                    \u{2014} sum.golang.org Az3grufbQia/eVmOpUINcw1UBa6rB6ikK2tQHD1unUUvIMEXtMyuoYzc+kL7vaGESkPcmXTD1s5Cu55o14FrOYfragA=\n";
        assert!(key.open(note).unwrap().ends_with("AGA=\n"));
        assert_eq!(key.open(&note.replace("71769961", "71769962")), Err("its signature does not fit"));
    }

    #[test]
    fn only_the_trusted_signature_counts() {
        let (signer, other) = (Signer::new("sum.test", 1), Signer::new("sum.test", 2));
        let key = Key::parse(&signer.key()).unwrap();
        let text = "first\n\nsecond\n";
        let note = signer.sign(text);
        assert_eq!(key.open(&note), Ok(text));
        let both = format!("{}{}", other.sign(text), note.rsplit_once("\n\n").unwrap().1);
        assert_eq!(key.open(&both), Ok(text));
        for (bad, why) in [
            (other.sign(text), "not signed by the trusted"),
            (text.to_owned(), "malformed"),
            ("x\n".to_owned(), "no signatures"),
            (note.trim_end().to_owned(), "cut off"),
            (note.replace("second", "secund"), "does not fit"),
            (note.replace(MARK, "- "), "malformed"),
            (note.replace("sum.test ", "sum.tesd "), "not signed by the trusted"),
            (format!("{text}\n{MARK}sum.test QUJD\n"), "cut off"),
            (note.replace("first", "fir\rst"), "control"),
        ] {
            let error = key.open(&bad).unwrap_err();
            assert!(error.contains(why), "{bad:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_changed_character_is_refused(at in 0usize..200, with in "[a-zA-Z0-9 +/=\n]") {
            let signer = Signer::new("sum.test", 1);
            let note = signer.sign("go.sum database tree\n31\nQUJD\n");
            let at = at % note.len();
            prop_assume!(note.is_char_boundary(at) && note.is_char_boundary(at + 1) && note[at..=at] != with);
            let changed = format!("{}{with}{}", &note[..at], &note[at + 1..]);
            prop_assert!(Key::parse(&signer.key()).unwrap().open(&changed).is_err());
        }

        #[test]
        fn never_panics(text in "\\PC{0,40}|[a-z+\n \u{2014}=]{0,60}") {
            let signer = Signer::new("sum.test", 1);
            let _ = (Key::parse(&text), Key::parse(&signer.key()).unwrap().open(&text).is_ok());
        }
    }
}
