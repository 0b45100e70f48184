#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
#
# Everything that must hold before a change is merged; CI runs nothing else.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

stop_if_failed() { ((!failed)) || report "make test failed:"; }

# shellcheck disable=SC2329 # called by name, in "step"
run_pytest() { scripts/run.sh python -m pytest -n 3 --dist loadfile --durations=20 | tee build/pytest.log; }

step "set-up" scripts/setup.sh test
stop_if_failed
step "build and install" scripts/build.sh
stop_if_failed
step "lint" scripts/lint.sh
stop_if_failed
step "pytest" run_pytest
step "molecule" scripts/run.sh molecule test --scenario-name default
report "make test:" || failed=1
printf '  pytest: %s\n' "$(tail -n 1 build/pytest.log)"
exit "$failed"
