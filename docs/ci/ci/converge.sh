# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
#
# Carries out the approved plans in plans/, and leaves report/. Ends with 0 when each network was converged wholly.
# Usage: bash ci/converge.sh ARGUMENTS...   The arguments are for ansible-playbook.
set -uo pipefail
PATH=$PWD/.venv/bin:$PATH
export ANSIBLE_COLLECTIONS_PATH=${ANSIBLE_COLLECTIONS_PATH:-$PWD/.venv/collections}
mkdir -p report
rm -f report/status.json
ansible-playbook -i inventory.yml wpmultisite.runcloud.converge --diff -e multisite_report_dir=report -e @ci/approved.yml "$@"
status=$?
if [ ! -s report/status.json ]; then
    echo "Nobody knows what was done: there is no report/status.json. Why is said above."
    exit 1
fi
exit "$status"
