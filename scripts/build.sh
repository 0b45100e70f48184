#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
#
# Builds the artefact and installs it, offline, to build/collections: what the demo, the checks and
# the tests use is what a user gets.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rm -rf build/artefact build/collections
scripts/run.sh ansible-galaxy collection build --output-path build/artefact >/dev/null
scripts/run.sh ansible-galaxy collection install --offline --collections-path build/collections build/artefact/*.tar.gz >/dev/null
say "built and installed: $(cd build/artefact && echo ./*.tar.gz)"
