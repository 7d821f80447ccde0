#!/usr/bin/env bash
# Installs system packages that the tests use, best effort: what cannot be installed is said
# here, and its tests are skipped with their reason. Without arguments: what `make test` needs.
set -euo pipefail

has_chromium() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
        || command -v google-chrome >/dev/null
}

has_postgresql() {
    command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

wanted=("$@")
if [ "${#wanted[@]}" -eq 0 ]; then
    has_chromium || wanted+=(chromium fonts-dejavu-core)
    has_postgresql || wanted+=(postgresql)
    [ "${#wanted[@]}" -gt 0 ] || exit 0
fi

cannot() {
    echo "Cannot install ${wanted[*]}: $1. Install it by hand; tests that need it are skipped." >&2
    exit 0
}

command -v apt-get >/dev/null || cannot "this is not a Debian or Ubuntu machine"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    # -n: nothing here may stop to ask for a password.
    sudo -n true 2>/dev/null || cannot "neither root nor passwordless sudo"
    as_root=(sudo -n)
fi

echo "Installing ${wanted[*]} ..." >&2
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${wanted[@]}"; } \
    >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    cannot "apt-get failed"
fi
