#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
#
# run.sh COMMAND...: runs a command of .venv with the installed collection and nothing of the
# person's own: no Ansible settings, no state in the home folder, and no RunCloud credentials, so
# that no test can ever reach a real panel.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2086 # names, one word each
unset ${!ANSIBLE_@} ${!RUNCLOUD_@} ${!MOLECULE_@} VIRTUAL_ENV PYTHONHOME
ANSIBLE_HOME=$(mktemp -d)
trap 'rm -rf "$ANSIBLE_HOME"' EXIT
export ANSIBLE_HOME ANSIBLE_CONFIG=$ANSIBLE_HOME/ansible.cfg
touch "$ANSIBLE_CONFIG"
export ANSIBLE_COLLECTIONS_PATH=$PWD/build/collections
export PYTHONPATH=$PWD/build/collections
export PATH=$PWD/.venv/bin:$PATH
"$@"
