//! The record's envelope, as Go 1.18 and later write it:
//!
//! ```text
//!   0  14 bytes  \xff Go buildinf:        at a multiple of 16
//!  14   1 byte   size of a pointer
//!  15   1 byte   flags; bit 1: the strings follow inline
//!  32            length (varint) and text: the Go release
//!                length (varint) and text: modules and settings, between two marks of 16 bytes
//! ```

use std::ops::Range;
use std::path::Path;

use crate::host::text;
use crate::model::build_info::ModuleRef;
use crate::model::{BuildInfo, Class, Failure, Outcome};

use super::executable::Executable;
use super::modinfo;

const MAGIC: &[u8] = b"\xff Go buildinf:";
const HEADER: u64 = 32;
const INLINE: u8 = 2;
/// The marks around the text are this long each.
const MARK: usize = 16;
/// How much of the section is searched. The linker puts the record at its start; in PE, where the
/// section holds other data too, it is still within the first pages.
const SEARCHED: u64 = 1 << 20;
/// The longest text that is believed, in bytes. A module with a thousand dependencies has 100 KiB.
const LONGEST: u64 = 16 << 20;

/// What was found in a binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Found {
    /// Its record.
    Info(Box<BuildInfo>),
    /// A record in the form before Go 1.18, which points into the running program: not read.
    BeforeGo118,
    /// None: not a Go program, or one that was built without.
    Nothing,
}

/// Reads the record of the binary at `path`. Every text in it is sanitised.
///
/// # Errors
/// As [`Executable::open`]; `Proof` when the record is damaged.
pub(in super::super) fn read(path: &Path) -> Outcome<Found> {
    let file = Executable::open(path)?;
    let Some(start) = file.record.clone().and_then(|range| find(&file, range)) else {
        return Ok(Found::Nothing);
    };
    let damaged = |why: String| {
        Failure::new(Class::Proof, format!("the build information in `{}` is damaged", path.display()))
            .cause(why)
    };
    let cut = || damaged("it ends too early".to_owned());
    let header = file.bytes(start, HEADER).ok_or_else(cut)?;
    if header[15] & INLINE == 0 {
        return Ok(Found::BeforeGo118);
    }
    let (go_version, next) = string(&file, start + HEADER).ok_or_else(cut)?;
    let (framed, _) = string(&file, next).ok_or_else(cut)?;
    let inner = unframe(framed);
    let text = std::str::from_utf8(inner).map_err(|error| damaged(error.to_string()))?;
    let mut info = modinfo::parse(text).map_err(damaged)?;
    info.go_version = String::from_utf8_lossy(go_version).into_owned();
    sanitise(&mut info);
    if info.go_version.is_empty() {
        return Ok(Found::Nothing);
    }
    Ok(Found::Info(Box::new(info)))
}

fn find(file: &Executable, range: Range<u64>) -> Option<u64> {
    let length = (range.end - range.start).min(SEARCHED);
    let bytes = file.bytes(range.start, length)?;
    let at = bytes.chunks(16).position(|chunk| chunk.starts_with(MAGIC))?;
    Some(range.start + 16 * at as u64)
}

/// The string at an offset and where it ends.
fn string(file: &Executable, offset: u64) -> Option<(&[u8], u64)> {
    let mut length = 0_u64;
    let mut next = offset;
    for shift in (0..64).step_by(7) {
        let byte = *file.bytes(next, 1)?.first()?;
        next += 1;
        length |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            if length > LONGEST {
                return None;
            }
            return Some((file.bytes(next, length)?, next + length));
        }
    }
    None
}

/// The text between the marks; empty where there are none (a program built without modules).
fn unframe(framed: &[u8]) -> &[u8] {
    let Some(end) = framed.len().checked_sub(MARK) else { return &[] };
    match framed.get(MARK..end) {
        Some(text) if text.ends_with(b"\n") => text,
        _ => &[],
    }
}

fn sanitise(info: &mut BuildInfo) {
    let BuildInfo { go_version, package, main, dependencies, settings } = info;
    let modules = std::iter::once(main).chain(dependencies).flat_map(|module| {
        let ModuleRef { path, version, sum, replaced_by } = module;
        let new = replaced_by.as_deref_mut().map(|new| [&mut new.path, &mut new.version, &mut new.sum]);
        [path, version, sum].into_iter().chain(new.into_iter().flatten())
    });
    let settings = settings.iter_mut().flat_map(|(key, value)| [key, value]);
    for text in [go_version, package].into_iter().chain(modules).chain(settings) {
        *text = text::clean(text);
    }
}
