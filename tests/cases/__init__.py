# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge cases of tests/data/cases.yml, run through the pure core and through the whole stack."""
