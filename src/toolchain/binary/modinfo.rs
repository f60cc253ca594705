//! The text in which the Go linker records modules and settings: one line each, fields parted by tabs.
//!
//! ```text
//! path  example.test/app/cmd/app                  the main package
//! mod   example.test/app   v1.2.3   h1:…           the main module
//! dep   example.test/lib   v0.9.0   h1:…           a module compiled in
//! =>    example.test/fork  v0.9.1   h1:…           what replaced the module above
//! build CGO_ENABLED=1                              a setting; key and value quoted where needed
//! ```

use crate::model::BuildInfo;
use crate::model::build_info::ModuleRef;

use super::quoted;

/// Reads the text. Lines of a kind that later releases may add are passed over.
///
/// # Errors
/// The line that cannot be read and why.
pub(super) fn parse(text: &str) -> Result<BuildInfo, String> {
    let mut info = BuildInfo::default();
    // Which module a `=>` line is about.
    let mut last: Option<Last> = None;
    for line in text.lines() {
        let (kind, rest) = line.split_once('\t').unwrap_or((line, ""));
        match kind {
            "path" => info.package = rest.to_owned(),
            "mod" => {
                info.main = module(line, rest)?;
                last = Some(Last::Main);
            }
            "dep" => {
                info.dependencies.push(module(line, rest)?);
                last = Some(Last::Dependency);
            }
            "=>" => {
                let replaced = match last {
                    Some(Last::Main) => Some(&mut info.main),
                    Some(Last::Dependency) => info.dependencies.last_mut(),
                    None => None,
                };
                let replaced = replaced.ok_or_else(|| wrong(line, "it replaces nothing"))?;
                replaced.replaced_by = Some(Box::new(module(line, rest)?));
                last = None;
            }
            "build" => info.settings.push(setting(line, rest)?),
            _ => {}
        }
    }
    Ok(info)
}

#[derive(Clone, Copy)]
enum Last {
    Main,
    Dependency,
}

fn module(line: &str, rest: &str) -> Result<ModuleRef, String> {
    let fields: Vec<&str> = rest.split('\t').collect();
    let (path, version, sum) = match fields[..] {
        [path, version] => (path, version, ""),
        [path, version, sum] => (path, version, sum),
        _ => return Err(wrong(line, "a module has two or three fields")),
    };
    Ok(ModuleRef {
        path: path.to_owned(),
        version: version.to_owned(),
        sum: sum.to_owned(),
        replaced_by: None,
    })
}

fn setting(line: &str, rest: &str) -> Result<(String, String), String> {
    let (key, rest) = if rest.starts_with(['"', '`']) {
        let (key, rest) =
            quoted::read_prefix(rest).ok_or_else(|| wrong(line, "its key is not quoted well"))?;
        (key, rest.strip_prefix('=').ok_or_else(|| wrong(line, "it has no `=`"))?)
    } else {
        let (key, rest) = rest.split_once('=').ok_or_else(|| wrong(line, "it has no `=`"))?;
        (key.to_owned(), rest)
    };
    if key.is_empty() {
        return Err(wrong(line, "it has no key"));
    }
    let value = if rest.starts_with(['"', '`']) {
        match quoted::read_prefix(rest) {
            Some((value, "")) => value,
            _ => return Err(wrong(line, "its value is not quoted well")),
        }
    } else {
        rest.to_owned()
    };
    Ok((key, value))
}

fn wrong(line: &str, why: &str) -> String {
    format!("`{}`: {why}", line.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_a_record() {
        let text = "path\texample.test/app/cmd/app\nmod\texample.test/app\tv1.2.3\th1:abc=\n\
                    dep\texample.test/lib\tv0.9.0\n=>\texample.test/fork\tv0.9.1\th1:def=\n\
                    dep\texample.test/other\tv2.0.0+incompatible\th1:ghi=\nfuture\tline\n\
                    build\tCGO_ENABLED=1\nbuild\tCGO_CFLAGS=\nbuild\t-ldflags=\"-X main.V=a b\"\n\
                    build\t\"odd key\"=`raw`\n";
        let info = parse(text).expect("read");
        assert_eq!(info.package, "example.test/app/cmd/app");
        assert_eq!((info.main.path.as_str(), info.main.sum.as_str()), ("example.test/app", "h1:abc="));
        assert_eq!(info.version().expect("a version").as_str(), "v1.2.3");
        assert_eq!(info.dependencies.len(), 2);
        let replaced = info.dependencies[0].replaced_by.as_deref().expect("replaced");
        assert_eq!((replaced.path.as_str(), replaced.version.as_str()), ("example.test/fork", "v0.9.1"));
        assert_eq!(info.setting("CGO_ENABLED"), Some("1"));
        assert_eq!(info.setting("CGO_CFLAGS"), Some(""));
        assert_eq!(info.setting("-ldflags"), Some("-X main.V=a b"));
        assert_eq!(info.setting("odd key"), Some("raw"));
    }

    #[test]
    fn refuses_what_cannot_be_meant() {
        for (text, why) in [
            ("mod\tonly", "two or three fields"),
            ("dep\ta\tb\tc\td", "two or three fields"),
            ("=>\ta\tv1.0.0\t", "replaces nothing"),
            ("dep\ta\tv1.0.0\n=>\tb\tv1.0.0\n=>\tc\tv1.0.0", "replaces nothing"),
            ("build\tnokey", "no `=`"),
            ("build\t=x", "no key"),
            ("build\tk=\"open", "not quoted well"),
            ("build\tk=\"a\"b", "not quoted well"),
            ("build\t\"open", "not quoted well"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    /// Writes the record as Go's `debug.BuildInfo.String` does.
    fn write(info: &BuildInfo) -> String {
        let mut text = format!("path\t{}\n", info.package);
        let mut module = |word: &str, module: &ModuleRef| {
            text.push_str(&format!("{word}\t{}\t{}", module.path, module.version));
            match &module.replaced_by {
                None => text.push_str(&format!("\t{}\n", module.sum)),
                Some(new) => text.push_str(&format!("\n=>\t{}\t{}\t{}\n", new.path, new.version, new.sum)),
            }
        };
        module("mod", &info.main);
        info.dependencies.iter().for_each(|dependency| module("dep", dependency));
        for (key, value) in &info.settings {
            let quote = |text: &str, special: &[char]| {
                if text.contains(special) { format!("\"{}\"", escape(text)) } else { text.to_owned() }
            };
            let key = quote(key, &['=', ' ', '\t', '\r', '\n', '"', '`']);
            text.push_str(&format!("build\t{key}={}\n", quote(value, &[' ', '\t', '\r', '\n', '"', '`'])));
        }
        text
    }

    fn escape(text: &str) -> String {
        text.chars()
            .map(|symbol| match symbol {
                '"' | '\\' => format!("\\{symbol}"),
                '\n' => "\\n".to_owned(),
                '\t' => "\\t".to_owned(),
                symbol if symbol.is_control() => format!("\\u{:04x}", u32::from(symbol)),
                symbol => symbol.to_string(),
            })
            .collect()
    }

    fn module_ref() -> impl Strategy<Value = ModuleRef> {
        ("[a-z./!-]{1,20}", "v[0-9]\\.[0-9]\\.[0-9](-rc\\.1)?", "(h1:[A-Za-z0-9+/]{4}=)?")
            .prop_map(|(path, version, sum)| ModuleRef { path, version, sum, replaced_by: None })
    }

    fn maybe_replaced() -> impl Strategy<Value = ModuleRef> {
        (module_ref(), proptest::option::of(module_ref())).prop_map(|(mut module, new)| {
            if let Some(new) = new {
                // The sum of a replaced module is not written.
                module.sum.clear();
                module.replaced_by = Some(Box::new(new));
            }
            module
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn what_go_writes_is_read_back(
            package in "[a-z./]{1,20}",
            main in maybe_replaced(),
            dependencies in proptest::collection::vec(maybe_replaced(), 0..4),
            settings in proptest::collection::vec(("[-A-Za-z=\" ]{1,8}", "[ -~é\n\t\\\\\"`]{0,12}"), 0..4),
        ) {
            let info = BuildInfo { go_version: String::new(), package, main, dependencies, settings };
            let read = parse(&write(&info));
            prop_assert_eq!(read, Ok(info));
        }

        #[test]
        fn nothing_makes_it_fall(text in "((mod|dep|=>|build|path)?[\t\n=\"`\\\\a-z]{0,12}\n?){0,8}|\\PC{0,80}") {
            let _ = parse(&text);
        }
    }
}
