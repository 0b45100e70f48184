# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_metrics
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: The report of a fleet as metrics for Prometheus
description:
  - Metrics for the textfile collector of node_exporter. All names begin with C(wpmultisite_).
positional: _input, quota, runs_per_day
options:
  _input:
    description: What P(wpmultisite.runcloud.fleet_report#filter) gave.
    type: dict
    required: true
  quota:
    description: API calls that the account has a month.
    type: int
  runs_per_day:
    description: How often a day such a run is made, for the calls projected to a month of 30 days until the history has an hour or 30 runs.
    type: float
    default: 24
seealso:
  - plugin: wpmultisite.runcloud.fleet_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: What the collector reads
  ansible.builtin.debug:
    msg: "{{ fleet | wpmultisite.runcloud.report_metrics(quota=50000) }}"
  vars:
    fleet: "{{ [{'host': 'client', 'desired': desired, 'result': result} | wpmultisite.runcloud.network_report(now='2026-07-18T12:00:00Z')]
               | wpmultisite.runcloud.fleet_report }}"
    desired: {network: network.com, domains: [{name: network.com}]}
    result: {check_mode: true, domains: [{name: network.com}], added: [{name: new.com, type: alias, www: true, redirection: none, reason: asked for}]}
"""

RETURN = r"""
_value:
  description: The text of a file whose name ends with C(.prom).
  type: str
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _report_metrics
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._filters import as_filter


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"report_metrics": as_filter(_report_metrics.report_metrics)}
