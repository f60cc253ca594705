//! `tui`.

use super::args::{Theme, Tui};
use super::console::Stop;
use super::exit::Exit;
use super::{Call, Ended, replay};
use crate::config::ConfigFile;
use crate::host::ssh::Ssh;
use crate::tui::caps::ThemeName;
use crate::tui::{self, Connector, Ending, Options};

/// Shows the dashboard until the user leaves it.
pub(super) fn run(call: &Call<'_>, request: Tui) -> Ended {
    let options = Options {
        read_only: request.read_only,
        theme: request.theme.map(theme),
        ascii: request.ascii,
        mouse: request.mouse,
        fps: request.fps,
        remote: request.host.clone(),
        captions: None,
    };
    if let Some(file) = &request.replay {
        return replay::run(call, &request, file, options);
    }
    let connector = connector(call, &request)?;
    let ending = tui::run(options, connector)?;
    if ending == Ending::Detached {
        call.console.talk("detached; the service goes on");
    }
    Ok(Exit::of_ending(ending))
}

/// The way to the service: here, or over ssh.
fn connector(call: &Call<'_>, request: &Tui) -> Result<Connector, Stop> {
    let Some(host) = &request.host else {
        return Ok(Connector::Local(call.settings()?.paths.socket));
    };
    let mut command = vec!["sentinel-updater".to_owned()];
    // A name that was given is one over there.
    if let ConfigFile::Named(file) = &call.sources.file {
        command.extend(["--config".to_owned(), file.to_string_lossy().into_owned()]);
    }
    for (key, value) in &call.sources.flags {
        command.extend(["--set".to_owned(), format!("{key}={value}")]);
    }
    command.extend(["attach".to_owned(), "--stdio".to_owned()]);
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    Ok(Connector::Remote(Ssh::new(host, &words)?))
}

fn theme(theme: Theme) -> ThemeName {
    match theme {
        Theme::Dark => ThemeName::Dark,
        Theme::Light => ThemeName::Light,
        Theme::Mono => ThemeName::Mono,
    }
}
