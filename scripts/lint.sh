#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
#
# The checks that run no test. All of them run, then the table says which failed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

step "ruff" scripts/run.sh ruff check .
step "ruff format" scripts/run.sh ruff format --check .
step "shellcheck" scripts/run.sh shellcheck --external-sources .ci/run scripts/*.sh
step "mypy" scripts/run.sh mypy
step "ansible-lint" scripts/run.sh ansible-lint --offline --profile production
step "collection docs" scripts/run.sh antsibull-docs lint-collection-docs --plugin-docs \
    --validate-collection-refs all --disallow-unknown-collection-refs .
step "changelog" scripts/run.sh antsibull-changelog lint
step "ansible-test sanity" scripts/sanity.sh
report "lint:"
