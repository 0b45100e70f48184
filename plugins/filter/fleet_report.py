# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_report
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: The reports of all networks as one
description:
  - Joins reports of networks, adds them up and appends the run to the history. The verdict is the worst one; without any report it is V(error).
positional: _input
options:
  _input:
    description: What P(wpmultisite.runcloud.network_report#filter) gave for each network, each host once.
    type: list
    elements: dict
    required: true
  history:
    description: The C(history) of the fleet's report before. Entries that cannot be used are left out, and a note says so. The last 30 runs are kept.
    type: list
    elements: dict
    default: []
  now:
    description: When it is made. The newest report's moment if not given; needed when there is none.
    type: str
seealso:
  - plugin: wpmultisite.runcloud.network_report
    plugin_type: filter
  - plugin: wpmultisite.runcloud.report_html
    plugin_type: filter
"""

EXAMPLES = r"""
- name: The verdict on all networks
  ansible.builtin.debug:
    msg: "{{ fleet.verdict }}, {{ fleet.totals.drift }} thing to mend"
  vars:
    fleet: "{{ [{'host': 'client', 'desired': desired, 'result': result} | wpmultisite.runcloud.network_report(now='2026-07-18T12:00:00Z')]
               | wpmultisite.runcloud.fleet_report }}"
    desired: {network: network.com, domains: [{name: network.com}]}
    result: {check_mode: true, domains: [{name: network.com}], added: [{name: new.com, type: alias, www: true, redirection: none, reason: asked for}]}
"""

RETURN = r"""
_value:
  description: The report, in the format C(wpmultisite.fleet/1) of C(docs/schemas/fleet-1.json), with the networks sorted by host.
  type: dict
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _report_fleet
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._filters import as_filter


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"fleet_report": as_filter(_report_fleet.fleet_report)}
