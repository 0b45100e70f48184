# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the role reconcile_schedule. They need root, because the role does; what they make has names of its own and is removed."""
