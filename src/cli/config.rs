//! `config show` and `config check`.

use super::absent::explain;
use super::args::Config;
use super::console::Stop;
use super::exit::Exit;
use super::service::{Reached, reach};
use super::{Call, Ended};
use crate::config::{Loaded, SECTIONS};
use crate::control::Request;
use crate::model::Setting;
use crate::render::table::Table;

/// Prints the settings, or says whether they can be used.
pub(super) fn run(call: &Call<'_>, what: &Config) -> Ended {
    let loaded = call.load()?;
    match *what {
        Config::Show { local, origin, json } => show(call, loaded, local, origin, json)?,
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

/// Prints them, and says whose they are.
fn show(call: &Call<'_>, loaded: Loaded, local: bool, origin: bool, json: bool) -> Result<(), Stop> {
    let file = loaded.file.path().display().to_string();
    let (values, whose) = match local {
        true => (loaded.values, format!("these are the settings by `{file}`, as they are read now")),
        false => match reach(&loaded.settings) {
            Reached::Service(mut service) => {
                let values = service.ask(Request::Settings)?;
                let program = &service.welcome().program;
                (values, format!("these are the settings of the running service (version {program})"))
            }
            Reached::Absent(absent) => {
                let why = explain(&loaded.settings, absent).line();
                let whose = format!("these are the settings by `{file}`; the service was not asked: {why}");
                (loaded.values, whose)
            }
        },
    };
    match json {
        true => call.console.json(&values)?,
        false => call.console.print(&shown(&values, origin))?,
    }
    call.console.talk(&whose);
    Ok(())
}

/// In the syntax of the file, so that it can be the start of one.
fn shown(values: &[Setting], origin: bool) -> String {
    let mut text = String::new();
    for section in SECTIONS {
        let mut table = Table::default();
        for setting in values {
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
