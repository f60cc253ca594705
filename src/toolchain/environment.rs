//! The exact environment of everything that runs in a build. Nothing is inherited.

use std::path::{Path, PathBuf};

use super::Options;
use super::find::Tools;
use super::workspace::Room;

/// Whether a program of the build may fetch modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// From where the options say.
    Online,
    /// From what was fetched and checked before, and from nowhere else.
    Fetched,
}

/// Where modules are unpacked.
pub(super) fn module_cache(options: &Options) -> PathBuf {
    options.cache.join("mod")
}

/// Variables, sorted by name.
pub(super) fn variables(
    options: &Options,
    tools: &Tools,
    room: &Room,
    reach: Reach,
    jobs: u32,
) -> Vec<(String, String)> {
    let gopath = options.cache.join("gopath");
    let modules = module_cache(options);
    let mut all = Variables(Vec::new());
    all.set("PATH", search_path(options, tools));
    all.path("HOME", &room.home);
    all.path("TMPDIR", &room.tmp);
    all.path("GOTMPDIR", &room.tmp);
    all.path("GOBIN", &room.bin);
    all.path("GOPATH", &gopath);
    all.path("GOCACHE", &options.cache.join("build"));
    all.path("GOMODCACHE", &modules);
    // A file that `go env -w` wrote would silently outrank all of this.
    all.set("GOENV", "off");
    all.set("GOWORK", "off");
    // Without it the module cache can only be removed by changing its modes first.
    all.set("GOFLAGS", "-modcacherw");
    all.set("GOTOOLCHAIN", if options.fetch_toolchain { "auto" } else { "local" });
    // Unset, a missing compiler would silently turn it off and build stubs that fail at run time.
    all.set("CGO_ENABLED", if options.cgo { "1" } else { "0" });
    all.set("GOMAXPROCS", jobs.max(1).to_string());
    if let Some(cc) = tools.cc.as_ref().filter(|_| options.cgo) {
        all.path("CC", &cc.path);
    }
    match reach {
        Reach::Online => online(options, tools, &mut all),
        Reach::Fetched => {
            all.set("GOPROXY", file_url(&modules.join("cache/download")));
            // Checked when it was fetched; here nobody could be asked.
            all.set("GOSUMDB", "off");
            all.set("GOVCS", "*:off");
        }
    }
    all.0.sort();
    all.0
}

fn online(options: &Options, tools: &Tools, all: &mut Variables) {
    let modules = &options.modules;
    let asked = if modules.goproxy.is_empty() { &tools.go.default_proxy } else { &modules.goproxy };
    all.set("GOPROXY", without_direct(asked));
    // Version control runs programs on what a stranger wrote: only for one's own modules.
    let has_own = !modules.goprivate.is_empty();
    all.set("GOVCS", if has_own { "public:off,private:git" } else { "*:off" });
    all.optional("GOSUMDB", &modules.gosumdb);
    all.optional("GOPRIVATE", &modules.goprivate);
    all.optional("GONOPROXY", &modules.gonoproxy);
    all.optional("GONOSUMDB", &modules.gonosumdb);
    let network = &options.network;
    all.optional("HTTP_PROXY", &network.http_proxy);
    all.optional("HTTPS_PROXY", &network.https_proxy);
    all.optional("NO_PROXY", &network.no_proxy);
    if let Some(file) = &network.ca_file {
        all.path("SSL_CERT_FILE", file);
    }
    if let Some(file) = &network.netrc {
        all.path("NETRC", file);
    }
    if has_own {
        git(options, all);
    }
}

/// What git and the ssh below it need: nobody sits here whom they could ask.
fn git(options: &Options, all: &mut Variables) {
    all.set("GIT_TERMINAL_PROMPT", "0");
    // Empty, it also outranks a program that the system's configuration names.
    all.set("GIT_ASKPASS", "");
    all.set("SSH_ASKPASS_REQUIRE", "never");
    all.set("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ControlMaster=no -o ConnectTimeout=15");
    if let Some(file) = &options.network.ca_file {
        all.path("GIT_SSL_CAINFO", file);
    }
}

struct Variables(Vec<(String, String)>);

impl Variables {
    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    fn optional(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.set(name, value);
        }
    }

    fn path(&mut self, name: &str, value: &Path) {
        self.set(name, value.to_string_lossy());
    }
}

/// PATH: go's and the compiler's own places, what was asked for, and the system's.
fn search_path(options: &Options, tools: &Tools) -> String {
    let own = [Some(&tools.go.path), tools.cc.as_ref().map(|cc| &cc.path)];
    let own = own.into_iter().flatten().filter_map(|program| program.parent().map(Path::to_owned));
    let system = ["/usr/bin", "/bin"].map(PathBuf::from);
    let mut directories: Vec<PathBuf> = Vec::new();
    for directory in own.chain(options.path_extra.iter().cloned()).chain(system) {
        if !directories.contains(&directory) {
            directories.push(directory);
        }
    }
    // A directory with the separator in its name cannot be said; it is left out.
    directories.retain(|directory| std::env::join_paths([directory]).is_ok());
    std::env::join_paths(directories).unwrap_or_default().to_string_lossy().into_owned()
}

/// A proxy list without `direct`. With nothing left nothing is fetched.
pub(super) fn without_direct(list: &str) -> String {
    let mut kept = String::new();
    // What follows the last kept name says when go goes on to the next one.
    let mut separator = None;
    for part in list.split_inclusive([',', '|']) {
        let name = part.trim_end_matches([',', '|']).trim();
        let end = part.chars().next_back().filter(|last| matches!(last, ',' | '|'));
        if matches!(name, "direct" | "") {
            continue;
        }
        kept.extend(separator);
        kept.push_str(name);
        separator = end;
    }
    if kept.is_empty() { "off".to_owned() } else { kept }
}

/// `file://` for a path, with what a URL cannot hold escaped.
fn file_url(path: &Path) -> String {
    let mut url = "file://".to_owned();
    let path = path.to_string_lossy().replace('\\', "/");
    if !path.starts_with('/') {
        url.push('/');
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~:".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::super::find::{Cc, Go};
    use super::*;

    fn tools() -> Tools {
        let version = super::super::GoVersion::parse("go1.26.8").expect("a version");
        Tools {
            go: Go {
                path: "/usr/local/go/bin/go".into(),
                version,
                release: "go1.26.8".to_owned(),
                default_proxy: "https://proxy.example,direct".to_owned(),
            },
            cc: Some(Cc { path: "/usr/bin/gcc".into(), version: "gcc 14".to_owned() }),
        }
    }

    fn get(options: &Options, reach: Reach) -> Vec<(String, String)> {
        variables(options, &tools(), &Room::at(Path::new("/w/r1")), reach, 2)
    }

    const COMMON: [(&str, &str); 15] = [
        ("CC", "/usr/bin/gcc"),
        ("CGO_ENABLED", "1"),
        ("GOBIN", "/w/r1/bin"),
        ("GOCACHE", "/c c/build"),
        ("GOENV", "off"),
        ("GOFLAGS", "-modcacherw"),
        ("GOMAXPROCS", "2"),
        ("GOMODCACHE", "/c c/mod"),
        ("GOPATH", "/c c/gopath"),
        ("GOTMPDIR", "/w/r1/tmp"),
        ("GOTOOLCHAIN", "local"),
        ("GOWORK", "off"),
        ("HOME", "/w/r1/home"),
        ("PATH", "/usr/local/go/bin:/usr/bin:/bin"),
        ("TMPDIR", "/w/r1/tmp"),
    ];

    fn expect(extra: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut all: Vec<_> = COMMON
            .iter()
            .chain(extra)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        all.sort();
        all
    }

    #[test]
    fn the_environment_is_exactly_this() {
        let mut options = Options::new("/c c", "/w", "/l");
        let defaults = [("GOPROXY", "https://proxy.example"), ("GOVCS", "*:off")];
        assert_eq!(get(&options, Reach::Online), expect(&defaults));

        options.modules.goproxy = "https://one.example|file:///srv/p".to_owned();
        options.modules.gosumdb = "sum.example".to_owned();
        options.modules.goprivate = "corp.example/*".to_owned();
        options.modules.gonoproxy = "none".to_owned();
        options.modules.gonosumdb = "corp.example/*".to_owned();
        options.network.http_proxy = "http://p:1".to_owned();
        options.network.https_proxy = "http://p:2".to_owned();
        options.network.no_proxy = "localhost".to_owned();
        options.network.ca_file = Some("/etc/ca.pem".into());
        options.network.netrc = Some("/etc/netrc".into());
        let all = [
            ("GOPROXY", "https://one.example|file:///srv/p"),
            ("GOVCS", "public:off,private:git"),
            ("GIT_ASKPASS", ""),
            ("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ControlMaster=no -o ConnectTimeout=15"),
            ("GIT_SSL_CAINFO", "/etc/ca.pem"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("SSH_ASKPASS_REQUIRE", "never"),
            ("GOSUMDB", "sum.example"),
            ("GOPRIVATE", "corp.example/*"),
            ("GONOPROXY", "none"),
            ("GONOSUMDB", "corp.example/*"),
            ("HTTP_PROXY", "http://p:1"),
            ("HTTPS_PROXY", "http://p:2"),
            ("NO_PROXY", "localhost"),
            ("SSL_CERT_FILE", "/etc/ca.pem"),
            ("NETRC", "/etc/netrc"),
        ];
        assert_eq!(get(&options, Reach::Online), expect(&all));

        // The compiler's environment knows neither the way out nor a secret.
        let fetched =
            [("GOPROXY", "file:///c%20c/mod/cache/download"), ("GOSUMDB", "off"), ("GOVCS", "*:off")];
        assert_eq!(get(&options, Reach::Fetched), expect(&fetched));
    }

    #[test]
    fn choices_show() {
        let mut options = Options::new("/c", "/w", "/l");
        options.cgo = false;
        options.fetch_toolchain = true;
        options.path_extra = vec!["/opt/bin".into(), "/usr/bin".into(), "/od:d".into()];
        let all = get(&options, Reach::Online);
        let value = |name: &str| all.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(value("CGO_ENABLED"), Some("0"));
        assert_eq!(value("CC"), None);
        assert_eq!(value("GOTOOLCHAIN"), Some("auto"));
        assert_eq!(value("PATH"), Some("/usr/local/go/bin:/usr/bin:/opt/bin:/bin"));
    }

    #[test]
    fn direct_is_taken_out_of_proxy_lists() {
        for (list, kept) in [
            ("https://a,direct", "https://a"),
            ("https://a|direct", "https://a"),
            ("direct", "off"),
            ("", "off"),
            (",", "off"),
            ("off", "off"),
            ("direct,https://a", "https://a"),
            ("https://a,https://b|https://c", "https://a,https://b|https://c"),
            ("https://a|direct,https://b", "https://a|https://b"),
            ("https://a, direct", "https://a"),
        ] {
            assert_eq!(without_direct(list), kept, "{list}");
        }
    }
}
