# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_markdown
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: The report of a fleet in Markdown
description:
  - A table of the networks, the worst first, and what is told of each. For the summary of a CI job or a comment on a pull request.
  - Names and reasons are shown as they are; they make no link, no mention and no markup.
positional: _input, limit
options:
  _input:
    description: What P(wpmultisite.runcloud.fleet_report#filter) gave.
    type: dict
    required: true
  limit:
    description: Most bytes. What does not fit is left out by whole lines, and the end says how many.
    type: int
    default: 60000
seealso:
  - plugin: wpmultisite.runcloud.fleet_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: The summary of a job
  ansible.builtin.debug:
    msg: "{{ fleet | wpmultisite.runcloud.report_markdown(limit=20000) }}"
  vars:
    fleet: "{{ [{'host': 'client', 'desired': desired, 'result': result} | wpmultisite.runcloud.network_report(now='2026-07-18T12:00:00Z')]
               | wpmultisite.runcloud.fleet_report }}"
    desired: {network: network.com, domains: [{name: network.com}]}
    result: {check_mode: true, domains: [{name: network.com}], added: [{name: new.com, type: alias, www: true, redirection: none, reason: asked for}]}
"""

RETURN = r"""
_value:
  description: The text.
  type: str
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _report_text
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._filters import as_filter


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"report_markdown": as_filter(_report_text.report_markdown)}
