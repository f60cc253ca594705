//! Which share of the splay a host waits: the same for the same host and version, and spread evenly.

use std::time::Duration;

/// How long this host waits before it takes `version` by itself: less than `splay`. Another version
/// gives another wait, so that no host is always the last.
pub(super) fn offset(splay: Duration, machine: &str, version: &str) -> Duration {
    let millis = u64::try_from(splay.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return Duration::ZERO;
    }
    Duration::from_millis(hash(machine, version) % millis)
}

/// FNV-1a, and a finish that mixes the high bits: it must stay the same over versions of this program,
/// which the standard library's hasher does not promise.
fn hash(machine: &str, version: &str) -> u64 {
    let bytes = machine.bytes().chain([0]).chain(version.bytes());
    let mut hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    for (shift, factor) in [(33, 0xff51_afd7_ed55_8ccd_u64), (33, 0xc4ce_b9fe_1a85_ec53)] {
        hash = (hash ^ (hash >> shift)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_keeps_its_place_and_has_another_for_each_version() {
        let hour = Duration::from_secs(3600);
        assert_eq!(offset(hour, "a", "v1.0.0"), offset(hour, "a", "v1.0.0"));
        assert_ne!(offset(hour, "a", "v1.0.0"), offset(hour, "a", "v1.0.1"));
        assert_ne!(offset(hour, "a", "v1.0.0"), offset(hour, "b", "v1.0.0"));
        assert_eq!(offset(Duration::ZERO, "a", "v1.0.0"), Duration::ZERO);
        // A later version of this program must find the same place.
        assert_eq!(offset(hour, "host", "v1.4.2"), Duration::from_millis(3577534));
    }

    #[test]
    fn hosts_are_spread_evenly() {
        let hour = Duration::from_secs(3600);
        let mut tenths = [0_u32; 10];
        for host in 0..10_000 {
            let waits = offset(hour, &format!("{host:064x}"), "v1.4.2");
            assert!(waits < hour);
            tenths[usize::try_from(waits.as_secs() / 360).expect("small")] += 1;
        }
        // A thousand each; five standard deviations are 150.
        assert!(tenths.iter().all(|count| (850..1150).contains(count)), "{tenths:?}");
    }
}
