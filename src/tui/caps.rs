//! What the terminal can show.

use crate::model::{Class, Failure, Outcome};

/// What the terminal can show, and how it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// How many colours.
    pub colors: Colors,
    /// What the background is like.
    pub theme: ThemeName,
    /// Only ASCII: borders, glyphs, ellipses.
    pub ascii: bool,
}

impl Default for Caps {
    fn default() -> Self {
        Self { colors: Colors::Sixteen, theme: ThemeName::Dark, ascii: false }
    }
}

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colors {
    /// None are wanted (`NO_COLOR`): bold, dim, underlined and reversed text only.
    None,
    /// The sixteen that the user chose for the terminal.
    Sixteen,
    /// 256 and more.
    Many,
}

/// A set of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeName {
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// Without colours.
    Mono,
}

/// What the user asked for: it counts more than what the environment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// This theme.
    pub theme: Option<ThemeName>,
    /// Only ASCII.
    pub ascii: bool,
}

/// What the environment says of the terminal. `env` gives the value of a variable.
///
/// # Errors
///
/// The terminal cannot be drawn on: there is none that the environment names, or a dumb one.
pub fn detect(env: &dyn Fn(&str) -> Option<String>, flags: Flags) -> Outcome<Caps> {
    let value = |name: &str| env(name).filter(|value| !value.is_empty());
    let windows = value("OS").is_some_and(|os| os == "Windows_NT");
    let term = value("TERM");
    let term = match term.as_deref() {
        // Its console has no name, and knows everything.
        None if windows => "xterm-256color",
        Some(term) if term != "dumb" => term,
        other => {
            let what = match other {
                None => "no terminal to draw on: TERM is not set".to_owned(),
                Some(term) => format!("the terminal cannot be drawn on: TERM is `{term}`"),
            };
            return Err(Failure::new(Class::Usage, what)
                .hint("use `sentinel-updater status --watch`, which needs no terminal"));
        }
    };
    let colors = if value("NO_COLOR").is_some() {
        Colors::None
    } else if value("COLORTERM").is_some() || term.contains("256color") || term.contains("direct") {
        Colors::Many
    } else if term.starts_with("vt1") || term.starts_with("vt2") || term.ends_with("-m") {
        Colors::None
    } else {
        Colors::Sixteen
    };
    let theme = flags.theme.unwrap_or_else(|| match value("COLORFGBG") {
        Some(pair) if is_light(&pair) => ThemeName::Light,
        _ => ThemeName::Dark,
    });
    // The first one that is set counts, as in the C library.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(value);
    let utf8 = locale.map_or(windows, |locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    // The font of the Linux console has frames, and few of the other signs.
    let ascii = flags.ascii || !utf8 || term == "linux" || term.starts_with("vt");
    let theme = if colors == Colors::None { ThemeName::Mono } else { theme };
    let colors = if theme == ThemeName::Mono { Colors::None } else { colors };
    Ok(Caps { colors, theme, ascii })
}

/// Whether the second colour of `COLORFGBG`, the background, is one of the light ones.
fn is_light(pair: &str) -> bool {
    let background = pair.rsplit(';').next().and_then(|number| number.trim().parse::<u8>().ok());
    background.is_some_and(|number| number == 7 || (9..16).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(variables: &[(&str, &str)], flags: Flags) -> Outcome<Caps> {
        let env =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        detect(&env, flags)
    }

    #[test]
    fn the_environment_decides() {
        use Colors::{Many, None as No, Sixteen};
        use ThemeName::{Dark, Light, Mono};
        let utf8 = ("LANG", "en_US.UTF-8");
        type Case<'a> = (&'a [(&'a str, &'a str)], (Colors, ThemeName, bool));
        let table: &[Case<'_>] = &[
            (&[("TERM", "xterm"), utf8], (Sixteen, Dark, false)),
            (&[("TERM", "xterm-256color"), utf8], (Many, Dark, false)),
            (&[("TERM", "tmux-direct"), utf8], (Many, Dark, false)),
            (&[("TERM", "xterm"), ("COLORTERM", "truecolor"), utf8], (Many, Dark, false)),
            (&[("TERM", "xterm"), ("NO_COLOR", "1"), utf8], (No, Mono, false)),
            (&[("TERM", "xterm"), ("NO_COLOR", ""), utf8], (Sixteen, Dark, false)),
            (&[("TERM", "linux"), utf8], (Sixteen, Dark, true)),
            (&[("TERM", "vt220"), utf8], (No, Mono, true)),
            (&[("TERM", "xterm")], (Sixteen, Dark, true)),
            (&[("TERM", "xterm"), utf8, ("LC_ALL", "C")], (Sixteen, Dark, true)),
            (&[("TERM", "xterm"), ("LANG", "C"), ("LC_CTYPE", "C.utf8")], (Sixteen, Dark, false)),
            (&[("TERM", "xterm"), utf8, ("LC_ALL", "")], (Sixteen, Dark, false)),
            (&[("TERM", "xterm"), utf8, ("COLORFGBG", "0;15")], (Sixteen, Light, false)),
            (&[("TERM", "xterm"), utf8, ("COLORFGBG", "0;default;7")], (Sixteen, Light, false)),
            (&[("TERM", "xterm"), utf8, ("COLORFGBG", "15;0")], (Sixteen, Dark, false)),
            (&[("TERM", "xterm"), utf8, ("COLORFGBG", "?")], (Sixteen, Dark, false)),
            (&[("OS", "Windows_NT")], (Many, Dark, false)),
        ];
        for (variables, (colors, theme, ascii)) in table {
            let expected = Caps { colors: *colors, theme: *theme, ascii: *ascii };
            assert_eq!(detected(variables, Flags::default()), Ok(expected), "{variables:?}");
        }
    }

    #[test]
    fn what_was_asked_for_counts_more() {
        let variables = [("TERM", "xterm"), ("LANG", "C.UTF-8"), ("COLORFGBG", "0;15")];
        let flags = Flags { theme: Some(ThemeName::Dark), ascii: true };
        let expected = Caps { colors: Colors::Sixteen, theme: ThemeName::Dark, ascii: true };
        assert_eq!(detected(&variables, flags), Ok(expected));
        let mono = detected(&variables, Flags { theme: Some(ThemeName::Mono), ascii: false });
        assert_eq!(mono.map(|caps| caps.colors), Ok(Colors::None));
    }

    #[test]
    fn what_cannot_be_drawn_on_is_refused_with_a_way_out() {
        for variables in [&[][..], &[("TERM", "")], &[("TERM", "dumb")]] {
            let failure = detected(variables, Flags::default()).expect_err("refused");
            assert_eq!(failure.class, Class::Usage);
            assert!(failure.to_string().contains("status --watch"), "{failure}");
        }
    }
}
