# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of 20 networks on a real MariaDB, an emulated panel and real name servers, looked at by the playbook drift."""
