#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
#
# ansible-test sanity on a copy of the installed collection: it demands a folder named after the
# collection, and sees nothing in one that git ignores, as build/ is.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

.venv/bin/python scripts/get_pip.py

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r build/collections/ansible_collections "$work"
copy=$work/ansible_collections/wpmultisite/runcloud
if [[ -d tests/sanity ]]; then # the lists of ignores, if there ever are any, do not ship
    mkdir -p "$copy/tests"
    cp -r tests/sanity "$copy/tests"
fi

# "compile" and "import" run on each supported Python that they find. A pyenv's own come last, so that they replace none of the system's.
pythons=$(compgen -G "$HOME/.pyenv/versions/3.*/bin" | sort -V | tr '\n' ':' || true)
export PATH=$PWD/.venv/bin:$PATH:${pythons%:}
cd "$copy"
ansible-test sanity
