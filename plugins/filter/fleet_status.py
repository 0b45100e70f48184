# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_status
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: The verdicts alone, for CI
description:
  - Gives the verdict of each network and of the fleet, for the file C(status.json).
options:
  _input:
    description: What P(wpmultisite.runcloud.fleet_report#filter) gave.
    type: dict
    required: true
seealso:
  - plugin: wpmultisite.runcloud.fleet_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: What CI reads
  ansible.builtin.debug:
    msg: "{{ fleet | wpmultisite.runcloud.fleet_status }}"
  vars:
    fleet: "{{ [{'host': 'client', 'desired': desired, 'result': result} | wpmultisite.runcloud.network_report(now='2026-07-18T12:00:00Z')]
               | wpmultisite.runcloud.fleet_report }}"
    desired: {network: network.com, domains: [{name: network.com}]}
    result: {check_mode: true, domains: [{name: network.com}], added: [{name: new.com, type: alias, www: true, redirection: none, reason: asked for}]}
"""

RETURN = r"""
_value:
  description: The status, in the format C(wpmultisite.status/1) of C(docs/schemas/status-1.json).
  type: dict
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _report_fleet
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._filters import as_filter


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"fleet_status": as_filter(_report_fleet.fleet_status)}
