//! The content hash of a module, `h1:…`: over the digests and names of its files, whatever packs them.

use std::io::{Read, Seek};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA256};
use zip::ZipArchive;

use crate::host::digest;

use super::rules::Member;

/// The hash of the members of an archive. `seen` is told how many bytes were read so far, and says whether
/// to go on.
///
/// # Errors
/// What is wrong with the archive, in words; `None` when `seen` wants no more.
pub(super) fn h1<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    members: &[Member],
    seen: &mut dyn FnMut(u64) -> bool,
) -> Result<String, Option<String>> {
    let mut read = 0;
    let mut lines = Vec::with_capacity(members.len());
    for member in members {
        let file = zip.by_index(member.index).map_err(|error| Some(error.to_string()))?;
        // The archive's word on the length is not trusted further than this.
        let mut file = file.take(member.size + 1);
        let hex = digest::sha256_reader(&mut file)
            .map_err(|error| Some(format!("`{}`: {error}", member.name.escape_debug())))?;
        if file.limit() != 1 {
            return Err(Some(format!("`{}` has another length than it says", member.name.escape_debug())));
        }
        lines.push((&member.name, hex));
        read += member.size;
        if !seen(read) {
            return Err(None);
        }
    }
    Ok(of_lines(lines.iter().map(|(name, hex)| (name.as_str(), hex.as_str()))))
}

/// The hash over names and digests.
fn of_lines<'a>(lines: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    let mut context = Context::new(&SHA256);
    for (name, hex) in lines {
        context.update(format!("{hex}  {name}\n").as_bytes());
    }
    format!("h1:{}", STANDARD.encode(context.finish()))
}

/// Whether a text is such a hash.
pub fn is_h1(text: &str) -> bool {
    text.strip_prefix("h1:").and_then(|hash| STANDARD.decode(hash).ok()).is_some_and(|hash| hash.len() == 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_go_command() {
        // From the tests of golang.org/x/mod/sumdb/dirhash: the digest of a summary.
        let lines = [("xyz", digest::sha256(b"data for xyz")), ("abc", digest::sha256(b"data for abc"))];
        let summary =
            format!("{}  abc\n{}  xyz\n", digest::sha256(b"data for abc"), digest::sha256(b"data for xyz"));
        let mut context = Context::new(&SHA256);
        context.update(summary.as_bytes());
        let expected = format!("h1:{}", STANDARD.encode(context.finish()));
        assert_eq!(of_lines(lines.iter().map(|(name, hex)| (*name, hex.as_str()))), expected);
        assert!(is_h1(&expected));
        // The empty directory.
        assert_eq!(of_lines([].into_iter()), "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        for bad in ["", "h1:", "h1:QUJD", "h2:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "h1:?"] {
            assert!(!is_h1(bad), "{bad}");
        }
    }
}
