//! Settings as the engine's policy.

use crate::config::{RestoreDatabase, Settings};
use crate::engine::Policy;
use crate::model::plan::{AgentPlace, Health, RestorePolicy, ServiceSpec};
use crate::store::{backup_of, staged_of};

/// What the administrator wants, as the engine needs it.
pub fn policy(settings: &Settings) -> Policy {
    let agent = &settings.agent;
    Policy {
        module: agent.module.clone(),
        package: agent.package.clone(),
        place: AgentPlace {
            service: agent.service_name.clone(),
            binary: agent.binary.clone(),
            backup: backup_of(&agent.binary),
            staged: staged_of(&agent.binary),
            database: agent.database.clone(),
        },
        spec: ServiceSpec {
            service: agent.service_name.clone(),
            binary: agent.binary.clone(),
            args: agent.args.clone(),
            env: agent.env.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect(),
            user: agent.user.clone(),
            install_args: agent.install_args.clone(),
            data: settings.paths.data.clone(),
        },
        health: Health {
            window: settings.verify.window,
            http: settings.verify.probe_http.clone(),
            command: settings.verify.probe_command.clone(),
        },
        version_args: agent.version_args.clone(),
        state: settings.paths.state.clone(),
        constraint: settings.policy.constraint.clone(),
        prerelease: settings.policy.prerelease,
        allow_major: settings.policy.allow_major,
        min_age: settings.policy.min_age,
        splay: settings.policy.splay,
        windows: settings.policy.windows.clone(),
        max_downtime: settings.policy.max_downtime,
        keep_versions: settings.policy.keep_versions,
        restore: match settings.policy.restore_database {
            RestoreDatabase::Schema => RestorePolicy::Schema,
            RestoreDatabase::Always => RestorePolicy::Always,
            RestoreDatabase::Never => RestorePolicy::Never,
        },
        probation: settings.verify.probation,
        check_interval: settings.updater.check_interval,
        jitter: f64::from(settings.updater.jitter.get()) / 100.0,
        build_timeout: settings.build.timeout,
    }
}
