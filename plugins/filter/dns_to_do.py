# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: dns_to_do
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: What each customer has to do about DNS
description:
  - Puts what M(wpmultisite.runcloud.domain_dns_info) says together by customer, to be handed on. Only what DNS servers said for sure is told.
positional: _input, facts, more, covered
options:
  _input:
    description: What P(wpmultisite.runcloud.desired_domains#filter) gave.
    type: dict
    required: true
  facts:
    description: What M(wpmultisite.runcloud.domain_dns_info) gave for the wanted names.
    type: dict
    required: true
  more:
    description: What it gave with CAA, for the names of the web app.
    type: dict
  covered:
    description: Names that a wildcard serves; their DNS is one record of the network's own.
    type: list
    elements: str
    default: []
seealso:
  - module: wpmultisite.runcloud.domain_dns_info
"""

EXAMPLES = r"""
- name: Which records are to be set
  ansible.builtin.debug:
    msg: "{{ desired | wpmultisite.runcloud.dns_to_do(facts) | map(attribute='records') | flatten }}"
  vars:
    desired: {domains: [{name: moved.com, class: ensure}]}
    facts:
      valid: true
      hosts:
        - name: moved.com
          state: elsewhere
          message: moved.com leads elsewhere (A 198.51.100.7).
          record: {type: A, name: moved.com, value: 203.0.113.10}
"""

RETURN = r"""
_value:
  description: Entries with C(name), C(messages) (sentences for the customer) and C(records) (C(type), C(name) and C(value) each), sorted by name.
  type: list
  elements: dict
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._dns_to_do import dns_to_do


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"dns_to_do": dns_to_do}
