# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
#
# Looks at every network, writes to none, and leaves report/.
# Usage: bash ci/look.sh FINE ARGUMENTS...   FINE is the worst verdict with which this job still succeeds: in_sync, drift or error.
# The arguments are for ansible-playbook. Without a report the job fails in any case.
set -uo pipefail
PATH=$PWD/.venv/bin:$PATH
export ANSIBLE_COLLECTIONS_PATH=${ANSIBLE_COLLECTIONS_PATH:-$PWD/.venv/collections}
mkdir -p report plans saved
rm -f report/status.json plans/*.json
ansible-playbook -i inventory.yml wpmultisite.runcloud.drift -e multisite_report_dir=report "${@:2}"
status=$?
if [ ! -s report/status.json ]; then
    echo "Nobody knows whether the networks are in sync: there is no report/status.json. Why is said above."
    exit 1
fi
verdict=$(python3 -c 'import json; print(json.load(open("report/status.json"))["verdict"])')
echo "The fleet: $verdict."
case $1:$verdict in
    drift:in_sync | drift:drift | error:in_sync | error:drift | error:error) exit 0 ;;
    *) exit "$status" ;;
esac
