# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_html
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: The report of a fleet as one page of HTML
description:
  - The page needs no other file and no network. It has a filter by text and class, and follows the reader's choice of light or dark.
  - A content security policy lets no style and no script run but the page's own. The data stand in it once more as JSON, in the element with the id C(report).
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
- name: A page for people
  ansible.builtin.debug:
    msg: "{{ fleet | wpmultisite.runcloud.report_html }}"
  vars:
    fleet: "{{ [{'host': 'client', 'desired': desired, 'result': result} | wpmultisite.runcloud.network_report(now='2026-07-18T12:00:00Z')]
               | wpmultisite.runcloud.fleet_report }}"
    desired: {network: network.com, domains: [{name: network.com}]}
    result: {check_mode: true, domains: [{name: network.com}], added: [{name: new.com, type: alias, www: true, redirection: none, reason: asked for}]}
"""

RETURN = r"""
_value:
  description: The page, in UTF-8.
  type: str
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _report_html
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._filters import as_filter


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"report_html": as_filter(_report_html.report_html)}
