//! The table of rooms, layer by layer, and what each may import. Rooms that are not built yet are in it,
//! so that they are born with their rule.

/// A room, and the rooms whose words it may use. Its own are always allowed.
pub(crate) struct Room {
    pub(crate) name: &'static str,
    pub(crate) imports: &'static [&'static str],
}

const fn room(name: &'static str, imports: &'static [&'static str]) -> Room {
    Room { name, imports }
}

const ADAPTER: &[&str] = &["model", "ports", "host"];
const SCREENLESS: &[&str] = &["model", "ports", "render", "config", "host", "world", "control"];

pub(crate) const ROOMS: &[Room] = &[
    room("model", &[]),
    room("ports", &["model"]),
    room("render", &["model"]),
    room("config", &["model"]),
    room("host", &["model"]),
    room("source", ADAPTER),
    room("toolchain", ADAPTER),
    room("service", ADAPTER),
    room("store", ADAPTER),
    room("probe", ADAPTER),
    // The will knows no adapter and no configuration: it is tested against ports in memory.
    room("engine", &["model", "ports"]),
    // The one room that chooses adapters. It also turns settings into `engine::Policy`: whoever did that
    // elsewhere would need `config` and `engine` at once, and only `daemon` and `cli` see both.
    room(
        "world",
        &["model", "ports", "config", "host", "source", "toolchain", "service", "store", "probe", "engine"],
    ),
    room("control", &["model", "host"]),
    room("setup", SCREENLESS),
    room("doctor", SCREENLESS),
    room("daemon", &["model", "ports", "render", "config", "host", "world", "engine", "control", "doctor"]),
    room("tui", &["model", "render", "config", "host", "control", "setup"]),
    room(
        "cli",
        &[
            "model",
            "ports",
            "render",
            "config",
            "host",
            "source",
            "toolchain",
            "service",
            "store",
            "probe",
            "engine",
            "world",
            "control",
            "setup",
            "doctor",
            "daemon",
            "tui",
        ],
    ),
];

/// A thing of the standard library (or tokio's double of it) that only some rooms may touch.
pub(crate) struct Reserved {
    /// The path, or the beginning of it.
    pub(crate) path: &'static [&'static str],
    /// Folders under `src` that may.
    pub(crate) places: &'static [&'static str],
    /// Why, for the message.
    pub(crate) reason: &'static str,
}

const CHILDREN: &str = "children are started by `host`, which limits, follows and kills them";
const ENVIRONMENT: &str = "the environment is a layer of `config`, read nowhere else";
const DURABLE: &str = "files are written through `host`, which syncs and renames";
/// `cli/demo` publishes a throw-away tree of modules: nothing in it has to survive anything.
const WRITERS: &[&str] = &["host", "cli/demo"];

pub(crate) const RESERVED: &[Reserved] = &[
    Reserved { path: &["std", "process", "Command"], places: &["host"], reason: CHILDREN },
    Reserved { path: &["tokio", "process"], places: &["host"], reason: CHILDREN },
    Reserved { path: &["std", "env", "var"], places: &["config"], reason: ENVIRONMENT },
    Reserved { path: &["std", "env", "var_os"], places: &["config"], reason: ENVIRONMENT },
    Reserved { path: &["std", "env", "vars"], places: &["config"], reason: ENVIRONMENT },
    Reserved { path: &["std", "env", "vars_os"], places: &["config"], reason: ENVIRONMENT },
    Reserved { path: &["std", "fs", "write"], places: WRITERS, reason: DURABLE },
    Reserved { path: &["std", "fs", "rename"], places: WRITERS, reason: DURABLE },
    Reserved { path: &["tokio", "fs"], places: WRITERS, reason: DURABLE },
];

/// Folders and files under `src` that may ask which operating system they are compiled for: two rooms, the
/// socket or pipe of a third, and where the service of a fourth is entered.
pub(crate) const SYSTEM_PLACES: &[&str] = &["host", "service", "control/endpoint", "daemon/entry"];

/// Words of a `cfg` that ask it.
pub(crate) const SYSTEM_WORDS: &[&str] = &["windows", "unix", "target_os", "target_family"];

/// Lines of a file, its tests not counted.
pub(crate) const MOST_LINES: usize = 400;
