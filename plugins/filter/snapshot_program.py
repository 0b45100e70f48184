# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: snapshot_program
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: A PHP program that prints the snapshot of a WordPress multisite
description:
  - Gives the text of a program for the PHP of a web host. It reads the multisite as M(wpmultisite.runcloud.multisite_info) does with O(ignore:source=php), and
    prints the snapshot as the same module takes it with O(ignore:source=command), and nothing else.
  - Where it cannot read, it prints nothing, says why in one line on its standard error output, and ends with status 3. No value of C(wp-config.php) and no
    message of the database is ever shown.
  - It needs PHP 7.2 or newer for the command line, takes no arguments, and changes nothing. The role P(wpmultisite.runcloud.multisite_snapshot#role)
    installs it behind an SSH key that can do nothing else.
positional: _input, mapping_plugin, http_host
options:
  _input:
    description: The absolute path of the WordPress folder on the web host.
    type: str
    required: true
  mapping_plugin:
    description: The plugin that keeps the mapped domains.
    type: str
    choices: [ultimate_multisite, mercator, wp_ultimo_1, none]
    default: ultimate_multisite
  http_host:
    description: The host name, with a port if need be, for a C(wp-config.php) that asks for C(HTTP_HOST). None by default.
    type: str
seealso:
  - module: wpmultisite.runcloud.multisite_info
  - plugin: wpmultisite.runcloud.multisite_snapshot
    plugin_type: role
"""

EXAMPLES = r"""
- name: Write the program that reads one network
  ansible.builtin.copy:
    content: "{{ '/home/network/webapps/app' | wpmultisite.runcloud.snapshot_program(mapping_plugin='mercator') }}"
    dest: snapshot.php
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The text of the program.
  type: str
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._snapshot_program import snapshot_program


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"snapshot_program": snapshot_program}
