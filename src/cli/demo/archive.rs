//! A module zip: every name under `MODULE@VERSION/`, the same bytes from the same content.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::model::{Class, Failure, Outcome};

/// Packs `files` (path inside the module, content) in the given order.
pub(super) fn module_zip(module: &str, version: &str, files: &[(String, String)]) -> Outcome<Vec<u8>> {
    // The clock stays out: a version published twice must have the same hash.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        let name = format!("{module}@{version}/{path}");
        zip.start_file(&name, options)
            .and_then(|()| Ok(zip.write_all(content.as_bytes())?))
            .map_err(|error| broken(&name, &error))?;
    }
    let packed = zip.finish().map_err(|error| broken(module, &error))?;
    Ok(packed.into_inner())
}

fn broken(name: &str, error: &zip::result::ZipError) -> Failure {
    Failure::new(Class::Internal, format!("cannot pack `{name}` into a module zip")).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_module_and_version_and_bytes_repeat() {
        let files = vec![("go.mod".to_owned(), "module Ex.test/A\n".to_owned())];
        let packed = module_zip("Ex.test/A", "v1.0.0", &files).expect("packs");
        assert_eq!(packed, module_zip("Ex.test/A", "v1.0.0", &files).expect("packs"));
        let mut zip = zip::ZipArchive::new(Cursor::new(packed)).expect("is a zip");
        let file = zip.by_index(0).expect("has one file");
        assert_eq!(
            file.name().expect("a name"),
            "Ex.test/A@v1.0.0/go.mod",
            "the zip keeps capitals as they are"
        );
    }
}
