# Shared by the scripts beside it: where the project is, how it speaks, and how it installs what is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

said=()
say() { said+=("$(printf '%5s s  %s' "$SECONDS" "$*")"); printf '\n\033[1m== %s\033[0m (after %s s)\n' "$*" "$SECONDS"; }
# say_times: when each of the things said began.
say_times() { printf '%s\n' "${said[@]}" "$(printf '%5s s  end' "$SECONDS")"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "must be root, or have sudo, to run: $*"
  fi
}

# install_debian PACKAGE...: installs those that are not installed yet, and says which.
install_debian() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "installing from Debian: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# install_servers PACKAGE...: as install_debian, but their services are not started.
install_servers() {
  local policy=/usr/sbin/policy-rc.d ours=
  if ! dpkg-query -W "$@" >/dev/null 2>&1 && [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    ours=1
  fi
  install_debian "$@" || { [ -z "$ours" ] || as_root rm "$policy"; return 1; }
  [ -z "$ours" ] || as_root rm "$policy"
}

# install_npm FOLDER...: what the folders' lockfiles name, all at once, but for those where it is already.
install_npm() {
  local folder installing=() pids=() pid failed=
  for folder in "$@"; do
    cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed-lock" || installing+=("$folder")
  done
  [ ${#installing[@]} -eq 0 ] && return
  say "installing from npm for ${installing[*]}"
  for folder in "${installing[@]}"; do
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error && cp package-lock.json node_modules/.installed-lock) &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  [ -z "$failed" ] || die "npm could not install for one of: ${installing[*]}"
}

# configure_preset PRESET [OPTION...]: only if it is not configured so already; ninja itself sees to the rest.
configure_preset() {
  local preset="$1" log="build/$1-configure.log"
  local made="build/$1/build.ninja"
  shift
  if [ "$made" -nt CMakePresets.json ] && grep -qxF -- "$*" "build/$preset/options" 2>/dev/null; then return; fi
  mkdir -p build
  cmake --preset "$preset" "$@" >"$log" 2>&1 || { cat "$log"; exit 1; }
  printf '%s\n' "$*" >"build/$preset/options"
}

# build_preset PRESET [TARGET...]
build_preset() {
  local preset="$1"; shift
  configure_preset "$preset" -DSTILLAGE_TESTS=ON
  cmake --build --preset "$preset" ${1:+--target "$@"}
}
