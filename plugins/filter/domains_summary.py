# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: domains_summary
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: The result of a converging run as lines for a person
description:
  - Turns the result of M(wpmultisite.runcloud.runcloud_domains) and the document of P(wpmultisite.runcloud.desired_domains#filter) into lines, one host name
    each.
positional: _input, desired, purging
options:
  _input:
    description: The registered result of M(wpmultisite.runcloud.runcloud_domains).
    type: dict
    required: true
  desired:
    description: What P(wpmultisite.runcloud.desired_domains#filter) gave.
    type: dict
    required: true
  purging:
    description: Whether a purge follows, so that what is due is told apart from what is kept.
    type: bool
    default: false
seealso:
  - module: wpmultisite.runcloud.runcloud_domains
"""

EXAMPLES = r"""
- name: Tell what happened
  ansible.builtin.debug:
    msg: "{{ result | wpmultisite.runcloud.domains_summary(desired) }}"
  vars:
    result:
      check_mode: true
      domains: []
      added: [{name: client-one.com, type: alias, www: false, redirection: none, reason: R2.3 stage done}]
      api_calls: {total: 3}
    desired: {network: network.com, rejected: [], warnings: []}
"""

RETURN = r"""
_value:
  description: The lines; the first one has the counts.
  type: list
  elements: str
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._summary import summary


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"domains_summary": summary}
