#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
#
# setup.sh demo|test: makes .venv with what the demo or the tests need. Debian packages that are
# missing are installed first (with sudo when not root). A second run finds everything and does nothing.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

profile=${1:?demo or test}

# Only the -core packages of MariaDB: the tests start an instance of their own, the machine gets no service. So it is with the
# SSH server, of which there is no such package.
demo_packages=(
    mariadb-server-core mariadb-client-core
    php-cli php-mysql php-curl php-gd php-mbstring php-xml php-zip php-intl
)
# The browser opens the reports' page.
test_packages=("${demo_packages[@]}" openssh-server chromium chromium-driver)

as_root() {
    if ((EUID)); then sudo "$@"; else "$@"; fi
}

apt_update() { as_root apt-get -q update </dev/null >&2; }

installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

apt_install() {
    local missing=() package
    for package; do
        installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || die "please install: ${missing[*]} (there is no apt-get here to do it with)"
    ((EUID == 0)) || command -v sudo >/dev/null || die "please run as root: apt-get install ${missing[*]} (there is no sudo here)"
    say "installing Debian packages: ${missing[*]}"
    if [[ " ${missing[*]} " == *" openssh-server "* && -d /run/systemd/system ]]; then
        say "the system's own SSH server stays off; whoever wants it: systemctl unmask --now ssh.service ssh.socket"
        as_root systemctl --quiet mask ssh.service ssh.socket
    fi
    apt_update
    # --no-remove: a machine that has another database keeps it; apt stops and says so.
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=300 --no-remove --no-install-recommends install "${missing[@]}" </dev/null >&2
}

# The newest Python that starts (a pyenv shim may be there and fail) and can make a venv. Debian's
# own may still lack that part: it comes with a package.
find_python() {
    local version python
    for version in 3.13 3.12 3.11; do
        while read -r python; do
            "$python" -c "import ssl, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null || continue
            [[ $python == /usr/bin/* ]] || "$python" -c 'import ensurepip' 2>/dev/null || continue
            printf '%s\n' "$python"
            return
        done < <(type -ap "python$version"; compgen -G "$HOME/.pyenv/versions/$version*/bin/python$version")
    done
    return 1
}

# A venv does not survive a move or a copy of its folder: its scripts name the old place.
venv_works() { [[ $(.venv/bin/pip --version 2>/dev/null) == *" from $PWD/.venv/"* ]]; }

# stamp PROFILE: what an up-to-date .venv was made from.
stamp() { cat requirements-demo.txt "requirements-$1.txt" constraints.txt | sha256sum; }

if [[ $profile == test ]]; then apt_install "${test_packages[@]}"; else apt_install "${demo_packages[@]}"; fi
# Not installed but unpacked, by the tests and the demo: apt has to know where it is.
apt-cache show wordpress >/dev/null 2>&1 || apt_update

for made in "$profile" test; do # the test set contains the demo's
    if venv_works && [[ $(stamp "$made") == "$(cat ".venv/stamp-$made" 2>/dev/null)" ]]; then exit 0; fi
done

if ! venv_works; then
    python=$(find_python) || { apt_install python3 python3-venv; python=$(find_python); } ||
        die "Python 3.11, 3.12 or 3.13 is needed, and this system's packages have none of them"
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        apt_install "$(basename "$(readlink -f "$python")")-venv"
    fi
    say "making .venv with $("$python" --version) ($python)"
    rm -rf .venv
    "$python" -m venv .venv
fi

say "installing Python packages (requirements-$profile.txt)"
.venv/bin/python -m pip -qq --disable-pip-version-check --no-input install \
    --constraint constraints.txt --requirement "requirements-$profile.txt" </dev/null
stamp "$profile" > ".venv/stamp-$profile"
