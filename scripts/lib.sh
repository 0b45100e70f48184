# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
#
# Sourced by the other scripts: they all run in the root of the clone.
cd -P "$(dirname "${BASH_SOURCE[0]}")/.." || exit

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# step NAME COMMAND...: runs it, says how it went and how long it took; goes on after a failure.
failed=0
summary=()
step() {
    local name=$1 start=$SECONDS verdict=ok
    shift
    printf '\n==> %s\n' "$name"
    "$@" || { verdict=FAILED; failed=1; }
    summary+=("$(printf '%-28s %-6s %4d s' "$name" "$verdict" "$((SECONDS - start))")")
    printf '%s\n' "--- ${summary[-1]}"
}

# report TITLE: the table of all steps; the status is 1 when one of them failed.
report() {
    printf '\n%s\n' "$1"
    printf '  %s\n' "${summary[@]}"
    return "$failed"
}
