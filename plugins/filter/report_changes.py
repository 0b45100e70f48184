# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_changes
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: What alarms since the last report, for a notification
description:
  - Compares two reports of a fleet. Told are verdicts that changed, and what came or went of the classes V(drift) and V(attention).
  - What one run could not look at has not gone.
positional: _input, previous
options:
  _input:
    description: What P(wpmultisite.runcloud.fleet_report#filter) gave.
    type: dict
    required: true
  previous:
    description: The same of the run before. Without a usable one everything is new.
    type: dict
seealso:
  - plugin: wpmultisite.runcloud.fleet_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: What is new
  ansible.builtin.debug:
    msg: "{{ (fleet | wpmultisite.runcloud.report_changes).lines }}"
  vars:
    fleet: "{{ [{'host': 'client', 'desired': desired, 'result': result} | wpmultisite.runcloud.network_report(now='2026-07-18T12:00:00Z')]
               | wpmultisite.runcloud.fleet_report }}"
    desired: {network: network.com, domains: [{name: network.com}]}
    result: {check_mode: true, domains: [{name: network.com}], added: [{name: new.com, type: alias, www: true, redirection: none, reason: asked for}]}
"""

RETURN = r"""
_value:
  description:
    - Empty when nothing changed. Else C(made), C(verdict) with C(before) and C(after), C(networks) with C(host), C(before), C(after), C(new) and C(gone),
      and C(lines) for a person.
  type: dict
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _report_fleet
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._filters import as_filter


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"report_changes": as_filter(_report_fleet.report_changes)}
