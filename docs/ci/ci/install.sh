# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
#
# Ansible, this collection and its libraries, all in .venv of the job's folder.
set -euo pipefail
python3 -m venv .venv
.venv/bin/pip install --quiet --requirement requirements.txt
# Not into the home, so that jobs of other branches on this machine have their own.
.venv/bin/ansible-galaxy collection install --force --collections-path .venv/collections --requirements-file requirements.yml
