#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
#
# ansible-test sanity on a copy of what git would ship: it demands a folder named after the
# collection, sees nothing in a folder that git ignores, and a clone may lie anywhere.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

.venv/bin/python scripts/get_pip.py

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
copy=$work/ansible_collections/wpmultisite/runcloud
mkdir -p "$copy"
# Our tests are no ansible-test targets; ruff, mypy and pytest look after them.
git -c safe.directory="$PWD" ls-files --cached --others --exclude-standard -z -- . ':!tests' tests/sanity |
    while IFS= read -r -d '' file; do [[ ! -f $file ]] || printf '%s\0' "$file"; done |
    tar --create --null --files-from=- | tar --extract --directory="$copy"

# "compile" and "import" run on each supported Python that they find. A pyenv's own come last, so that they replace none of the system's.
pythons=$(compgen -G "$HOME/.pyenv/versions/3.*/bin" | sort -V | tr '\n' ':' || true)
export PATH=$PWD/.venv/bin:$PATH:${pythons%:}
cd "$copy"
ansible-test sanity
