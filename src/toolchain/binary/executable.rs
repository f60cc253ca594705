//! An executable on disk: which kind it is, whether it is whole, where its Go record lies. Only what is
//! needed is read, which is a few pages of a file of many megabytes.

use std::fs::File;
use std::io::BufReader;
use std::ops::Range;
use std::path::Path;

use object::read::ReadRef;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{
    Architecture, FileKind, Object, ObjectKind, ObjectSection, ObjectSegment, ReadCache, SectionFlags, elf,
    pe,
};

use crate::host::files::{Owner, open_nofollow};
use crate::model::{Class, Failure, Outcome};

type Data = ReadCache<BufReader<File>>;

/// The operating systems' formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Elf,
    MachO,
    Pe,
}

/// An open executable.
pub(super) struct Executable {
    data: Data,
    pub(super) format: Format,
    pub(super) architecture: Architecture,
    pub(super) kind: ObjectKind,
    /// Where in the file the Go record may lie.
    pub(super) record: Option<Range<u64>>,
}

/// What the headers say.
struct Headers {
    architecture: Architecture,
    kind: ObjectKind,
    record: Option<Range<u64>>,
    /// The end of the last byte that they speak of.
    end: u64,
}

impl Executable {
    /// Opens the file and reads its headers.
    ///
    /// # Errors
    /// `Disk` when it cannot be read, `Security` when it is no regular file of one name, `Proof` when it
    /// is no executable, or one that was cut off.
    pub(super) fn open(path: &Path) -> Outcome<Self> {
        let file = open_nofollow(path, Owner::Any)?;
        let data = ReadCache::new(BufReader::new(file));
        let broken = |why: String| {
            Failure::new(Class::Proof, format!("`{}` is no complete executable", path.display())).cause(why)
        };
        let length = (&data).len().map_err(|()| broken("its length cannot be told".to_owned()))?;
        let kind = FileKind::parse(&data).map_err(|error| broken(error.to_string()))?;
        let (format, headers) = match kind {
            FileKind::Elf32 => (Format::Elf, elf::<elf::FileHeader32<object::Endianness>>(&data)),
            FileKind::Elf64 => (Format::Elf, elf::<elf::FileHeader64<object::Endianness>>(&data)),
            FileKind::MachO32 | FileKind::MachO64 => (Format::MachO, other(&data)),
            FileKind::Pe32 | FileKind::Pe64 => (Format::Pe, other(&data)),
            kind => return Err(broken(format!("it is a file of the kind {kind:?}"))),
        };
        let headers = headers.map_err(|error| broken(error.to_string()))?;
        if headers.end > length {
            return Err(broken(format!("it has {length} bytes and should have {} at least", headers.end)));
        }
        let Headers { architecture, kind, record, .. } = headers;
        Ok(Self { data, format, architecture, kind, record })
    }

    /// Bytes at an offset of the file; `None` beyond its end.
    pub(super) fn bytes(&self, offset: u64, length: u64) -> Option<&[u8]> {
        (&self.data).read_bytes_at(offset, length).ok()
    }
}

/// ELF by its raw headers: the reader for all formats would load the symbol table.
fn elf<E: FileHeader<Endian = object::Endianness>>(data: &Data) -> object::Result<Headers> {
    let header = E::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let mut end = 0;
    let mut see = |range: Option<(u64, u64)>| {
        if let Some((offset, size)) = range {
            end = end.max(offset.saturating_add(size));
        }
    };
    for segment in header.program_headers(endian, data)? {
        see(Some(segment.file_range(endian)));
    }
    let mut record = None;
    for section in sections.iter() {
        let range = section.file_range(endian);
        see(range);
        if sections.section_name(endian, section)? == b".go.buildinfo" {
            record = range.map(|(offset, size)| offset..offset.saturating_add(size));
        }
    }
    Ok(Headers {
        architecture: match header.e_machine(endian) {
            elf::EM_X86_64 => Architecture::X86_64,
            elf::EM_AARCH64 => Architecture::Aarch64,
            elf::EM_386 => Architecture::I386,
            elf::EM_ARM => Architecture::Arm,
            elf::EM_RISCV => Architecture::Riscv64,
            elf::EM_PPC64 => Architecture::PowerPc64,
            elf::EM_S390 => Architecture::S390x,
            elf::EM_LOONGARCH => Architecture::LoongArch64,
            _ => Architecture::Unknown,
        },
        kind: match header.e_type(endian) {
            elf::ET_EXEC => ObjectKind::Executable,
            // A position-independent program has an interpreter or an entry, a library neither.
            elf::ET_DYN if header.e_entry(endian).into() != 0 => ObjectKind::Executable,
            elf::ET_DYN => ObjectKind::Dynamic,
            elf::ET_REL => ObjectKind::Relocatable,
            _ => ObjectKind::Unknown,
        },
        record,
        end,
    })
}

/// Mach-O and PE.
fn other(data: &Data) -> object::Result<Headers> {
    let file = object::File::parse(data)?;
    let mut end = 0_u64;
    for (offset, size) in file.segments().map(|segment| segment.file_range()) {
        end = end.max(offset.saturating_add(size));
    }
    let mut record = None;
    for section in file.sections() {
        let Some((offset, size)) = section.file_range() else { continue };
        end = end.max(offset.saturating_add(size));
        let holds_record = match section.flags() {
            // In PE the record has no section of its own: it is in the first one with writable data.
            SectionFlags::Coff { characteristics } => characteristics.0 & WRITABLE_DATA == WRITABLE_DATA,
            _ => section.name_bytes()? == b"__go_buildinfo",
        };
        if record.is_none() && holds_record && size > 0 {
            record = Some(offset..offset.saturating_add(size));
        }
    }
    Ok(Headers { architecture: file.architecture(), kind: file.kind(), record, end })
}

const WRITABLE_DATA: u32 =
    pe::IMAGE_SCN_CNT_INITIALIZED_DATA.0 | pe::IMAGE_SCN_MEM_READ.0 | pe::IMAGE_SCN_MEM_WRITE.0;
