//! The documented example file, made from the table: what `config init` writes.

use super::paths::Platform;
use super::settings::{KEYS, SECTIONS};
use super::table::Base;

/// Longest line of a comment, in characters.
const WIDTH: usize = 100;

const HEAD: &str = "\
# Configuration of sentinel-updater.
#
# Every setting is here with its default; take the `#` off a line to change it. What stands here is weaker
# than a variable of the environment, which is weaker than a flag. `sentinel-updater config check` tests
# this file, `sentinel-updater config show --origin` tells what is in force and why.
";

/// The example file with the defaults of a platform; `cores` decides the number of build jobs.
pub fn example(platform: Platform, cores: usize) -> String {
    let base = Base::of(platform, cores);
    let mut text = HEAD.to_owned();
    for section in SECTIONS {
        text.push_str(&format!("\n# {}\n[{}]\n", section.doc.trim(), section.name));
        for key in KEYS.iter().filter(|key| key.section == section.name) {
            text.push('\n');
            comment(&mut text, key.doc.trim());
            comment(&mut text, &format!("Accepted: {}.", key.accepts));
            if !key.env.is_empty() {
                comment(&mut text, &format!("Environment: {}.", key.env.join(", ")));
            }
            text.push_str(&format!("#{} = {}\n", key.name, (key.default)(&base)));
        }
    }
    text
}

/// Adds a comment, broken at spaces.
fn comment(text: &mut String, sentence: &str) {
    let mut line = String::from("#");
    for word in sentence.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}
