# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
