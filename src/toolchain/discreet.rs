//! A runner whose programs' words hold no password.
//!
//! Go and git repeat URLs in their errors. Go blots passwords out, but not a token that stands where a
//! user's name does, and git nothing.

use crate::model::Outcome;
use crate::ports::{Cancel, Exit, Program, Runner, Stream};

use super::Options;

/// What is shown instead.
const BLOT: &str = "…@";

/// Runs programs through another runner and takes the options' credentials out of what they say.
pub(super) struct Discreet {
    runner: Box<dyn Runner>,
    secrets: Vec<String>,
}

impl Discreet {
    /// Hides what the URLs in `options` hold before an `@`.
    pub(super) fn new(options: &Options, runner: Box<dyn Runner>) -> Self {
        let network = &options.network;
        let mut secrets: Vec<String> = [&options.modules.goproxy, &network.http_proxy, &network.https_proxy]
            .into_iter()
            .flat_map(|list| list.split([',', '|']))
            .filter_map(secret)
            .collect();
        // The longest first: one may be a part of another.
        secrets.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self { runner, secrets }
    }
}

impl Runner for Discreet {
    fn run(
        &mut self,
        program: &Program,
        cancel: &Cancel,
        on_line: &mut dyn FnMut(Stream, &str),
    ) -> Outcome<Exit> {
        let secrets = &self.secrets;
        self.runner.run(program, cancel, &mut |stream, line| match secrets.iter().any(|it| line.contains(it))
        {
            true => on_line(stream, &secrets.iter().fold(line.to_owned(), |line, it| line.replace(it, BLOT))),
            false => on_line(stream, line),
        })
    }
}

/// The secret of one URL with the `@` after it, by which it is known in a text. Without a password the
/// user's name is the secret: a token.
fn secret(url: &str) -> Option<String> {
    let url = url.trim();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (user, _) = rest.rsplit_once('@')?;
    let secret = user.split_once(':').map_or(user, |(_, password)| password);
    (!secret.is_empty()).then(|| format!("{secret}@"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says one line.
    struct Says(&'static str);

    impl Runner for Says {
        fn run(&mut self, _: &Program, _: &Cancel, on_line: &mut dyn FnMut(Stream, &str)) -> Outcome<Exit> {
            on_line(Stream::Err, self.0);
            Ok(Exit { code: Some(1), signal: None, out_of_memory: false })
        }
    }

    #[test]
    fn no_password_is_repeated() {
        let mut options = Options::new("/c", "/w", "/l");
        options.modules.goproxy =
            "https://me:HIDDEN@a.example,https://TOKEN@b.example|https://c.example".into();
        options.network.https_proxy = "me:SECRET@proxy.example:3128".into();
        for (said, heard) in [
            ("reading https://TOKEN@b.example/x: 401", "reading https://…@b.example/x: 401"),
            ("GET https://me:HIDDEN@a.example", "GET https://me:…@a.example"),
            (
                "proxyconnect: http://me:SECRET@proxy.example:3128",
                "proxyconnect: http://me:…@proxy.example:3128",
            ),
            ("nothing to hide at m@v1.0.0", "nothing to hide at m@v1.0.0"),
        ] {
            let program = Program {
                executable: "/x".into(),
                args: Vec::new(),
                env: Vec::new(),
                directory: "/".into(),
                stdin: None,
                limits: crate::ports::Limits {
                    timeout: std::time::Duration::from_secs(1),
                    memory_max: None,
                    offline: false,
                    user: None,
                },
            };
            let mut lines = Vec::new();
            Discreet::new(&options, Box::new(Says(said)))
                .run(&program, &Cancel::new(), &mut |_, line| lines.push(line.to_owned()))
                .expect("it ran");
            assert_eq!(lines, [heard]);
        }
    }
}
