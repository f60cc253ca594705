//! `config show` and `config check`.

use super::args::Config;
use super::exit::Exit;
use super::{Call, Ended};
use crate::config::{Loaded, SECTIONS};
use crate::render::table::Table;

/// Prints the settings, or says whether they can be used.
pub(super) fn run(call: &Call<'_>, what: &Config) -> Ended {
    let loaded = call.load()?;
    match *what {
        Config::Show { json: true, .. } => call.console.json(&loaded.values)?,
        Config::Show { origin, json: false } => call.console.print(&shown(&loaded, origin))?,
        Config::Check => {
            let path = loaded.file.path();
            let text = match path.exists() {
                true => format!("{}: good", path.display()),
                false => format!("{}: there is no such file; the defaults are good", path.display()),
            };
            call.console.line(&text)?;
        }
    }
    Ok(Exit::Done)
}

/// In the syntax of the file, so that it can be the start of one.
fn shown(loaded: &Loaded, origin: bool) -> String {
    let mut text = String::new();
    for section in SECTIONS {
        let mut table = Table::default();
        for setting in &loaded.values {
            let Some((of, name)) = setting.key.split_once('.') else { continue };
            if of == section.name {
                let origin = if origin { format!("# {}", setting.origin) } else { String::new() };
                table.row([format!("{name} = {}", setting.value), origin]);
            }
        }
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}[{}]\n{}", section.name, table.text(0)));
    }
    text
}
