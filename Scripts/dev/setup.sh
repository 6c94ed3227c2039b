#!/bin/bash
# Installs what casthost needs from Debian or Ubuntu, as far as it is missing; silent where nothing
# is. `setup.sh --lint` also installs what `make lint` needs.
set -euo pipefail

fail() {
  echo "setup: $*" >&2
  exit 1
}

command -v swift > /dev/null ||
  fail "swift: not found. Install the Swift toolchain, 6.2 or later, and put it in PATH."

missing=()
command -v python3 > /dev/null || missing+=(python3)
python3 -m pip --version > /dev/null 2>&1 || missing+=(python3-pip)
command -v pkg-config > /dev/null || missing+=(pkg-config)
pkg-config --exists lua5.4 2> /dev/null || missing+=(liblua5.4-dev)
pkg-config --exists libedit 2> /dev/null || missing+=(libedit-dev)
pkg-config --exists sqlite3 2> /dev/null || missing+=(libsqlite3-dev)
# With its certificates; loaded at run time, for models of the hub.
python3 -c 'import ctypes; ctypes.CDLL("libcurl.so.4")' 2> /dev/null || missing+=(libcurl4)
[[ -e /etc/ssl/certs/ca-certificates.crt ]] || missing+=(ca-certificates)
if [[ ${1:-} == --lint ]]; then
  command -v luacheck > /dev/null || missing+=(lua-check)
fi
((${#missing[@]} > 0)) || exit 0

command -v apt-get > /dev/null ||
  fail "missing: ${missing[*]} (Debian's names). Install them with this system's package manager."

as_root=()
if [[ $(id -u) != 0 ]]; then
  command -v sudo > /dev/null || fail "missing: ${missing[*]}. As root: apt-get install ${missing[*]}"
  as_root=(sudo)
  echo "setup: installing ${missing[*]} with sudo apt-get"
else
  echo "setup: installing ${missing[*]} with apt-get"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt_get() {
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qq \
    -o Dpkg::Use-Pty=0 "$@" > "$log" 2>&1 < /dev/null
}
# Outdated lists of one source need not matter; whether the packages are to be had is what counts.
apt_get update || true
if ! apt_get install -y --no-install-recommends "${missing[@]}"; then
  cat "$log" >&2
  fail "apt-get could not install ${missing[*]}; what it said is above."
fi

python3 -m pip --version > /dev/null 2>&1 ||
  fail "$(command -v python3) is not Debian's and has no pip. Run: python3 -m ensurepip"
