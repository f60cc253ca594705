#!/usr/bin/env bash
# Type-checks the program for systems that this machine is not.
#
#   targets.sh possible       whether it can be done here; else it says what that needs
#   targets.sh compiler       gets the compiler, if the cache has none: a minute or two
#   targets.sh check TRIPLE   checks library and program, without their tests; what is unused there is an error
#
# A stable toolchain has the standard library of its own system only. So the compiler comes from Debian's
# testing suite, which also has the library's source, in a root file system that is made once. Nothing is linked,
# so the C parts (SQLite, ring) are not compiled either: a stand-in for their compiler leaves empty files.
set -euo pipefail

# Raised when the cached root file system must be made again.
root=$SENTINEL_TEST_CACHE/targets-compiler-1
# Of mingw only the binutils: the standard library of Windows needs one of them to be compiled.
packages=ca-certificates,rustc,cargo,rust-src,gcc,libc6-dev,binutils-mingw-w64-x86-64
objects=$SENTINEL_TEST_CACHE/targets

main() {
  case ${1-} in
    possible) possible ;;
    compiler) compiler ;;
    # What is mounted there ends with the namespace, however that ends.
    check) exec unshare --mount "$BASH" "$0" inside "$2" ;;
    inside) inside "$2" ;;
    *) echo "unknown: ${1-}" >&2; exit 2 ;;
  esac
}

possible() {
  [[ $(id -u) == 0 ]] || { echo "needs root"; exit 1; }
  command -v debootstrap >/dev/null || { echo "needs debootstrap"; exit 1; }
  unshare --mount true 2>/dev/null || { echo "needs the right to mount"; exit 1; }
}

compiler() {
  local draft=$root.draft url
  exec 9>"$root.lock"
  flock 9
  [[ ! -d $root ]] || return 0
  rm -rf "$draft"
  # The mirror that this host's apt uses; none: debootstrap knows its own.
  url=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 !~ /security/ && !found { print $2; found = 1 }') || url=
  unshare --mount debootstrap --variant=minbase --include="$packages" testing "$draft" ${url:+"$url"} || {
    tail -n 20 "$draft/debootstrap/debootstrap.log"
    exit 1
  }
  # A third of its size: the packages, and of rust-src all but the library.
  rm -rf "$draft"/var/cache/apt/archives "$draft"/usr/src/rustc-*/{compiler,src}
  mkdir -p "$draft"/root/.cargo/registry "$draft"/objects
  # It may be asked which compiler it is; whoever wants an object gets an empty one.
  cat >"$draft/usr/local/bin/no-cc" <<'CC'
#!/bin/sh
[ "$1" = -E ] && exec gcc "$@"
while [ $# -gt 0 ]; do
  [ "$1" = -o ] && { : >"$2"; exit; }
  shift
done
exit 1
CC
  chmod +x "$draft/usr/local/bin/no-cc"
  mv "$draft" "$root"
}

inside() {
  local target=$1 file registry=${CARGO_HOME:-$HOME/.cargo}/registry clone=/mnt$PWD authorities
  authorities=/etc/ssl/certs/ca-certificates.crt
  mkdir -p "$registry" "$objects"
  mount --rbind /proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount --bind "$registry" "$root/root/.cargo/registry"
  mount --bind "$objects" "$root/objects"
  for file in /etc/resolv.conf "$authorities"; do
    [[ ! -e $file || ! -e $root$file ]] || mount --bind "$file" "$root$file"
  done
  # Each clone under its own path: cargo tells old from new by path and time, and they share the objects.
  mount -t tmpfs tmpfs "$root/mnt"
  mkdir -p "$root$clone"
  mount --bind -o ro "$PWD" "$root$clone"
  local variables=(HOME=/root PATH=/usr/local/bin:/usr/bin:/bin CARGO_TERM_COLOR=never
    SSL_CERT_FILE="$authorities" CARGO_HTTP_CAINFO="$authorities"
    "CC_${target//-/_}=no-cc" "AR_${target//-/_}=ar" RUSTC_BOOTSTRAP=1
    RUSTFLAGS=-Dunused CARGO_PROFILE_DEV_DEBUG=0)
  mapfile -t -O "${#variables[@]}" variables < <(env | grep -iE '^(https?|all|no)_proxy=')
  exec chroot "$root" env -i --chdir="$clone" "${variables[@]}" \
    cargo check --locked -Zbuild-std=std,panic_abort,panic_unwind --target "$target" --target-dir /objects
}

main "$@"
