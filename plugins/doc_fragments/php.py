# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
"""Options of the modules that run a PHP program of ours for a WordPress."""

from __future__ import annotations


class ModuleDocFragment:
    """Which WordPress, by which PHP, and for how long."""

    DOCUMENTATION = r"""
options:
  path:
    description:
      - The absolute path of the WordPress folder, the one that holds C(wp-settings.php).
      - As in WordPress, C(wp-config.php) may also lie one level up.
    type: path
    required: true
  php_executable:
    description:
      - Name or path of the PHP program for the command line.
      - The best choice is the version that runs the site.
    type: str
    default: php
  timeout:
    description:
      - How many seconds PHP may take. Then it is killed with all that it started.
    type: int
    default: 60
"""
