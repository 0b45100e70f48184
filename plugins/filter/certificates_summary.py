# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificates_summary
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: What became of certificates as lines for a person
description:
  - Turns the result of M(wpmultisite.runcloud.runcloud_certificates), and what visitors and WordPress make of it, into lines, one host name each.
positional: _input, desired, seen, stuck, nudged, absent, coming, silent, blind
options:
  _input:
    description: The registered result of M(wpmultisite.runcloud.runcloud_certificates).
    type: dict
    required: true
  desired:
    description: What P(wpmultisite.runcloud.desired_domains#filter) gave.
    type: dict
    required: true
  seen:
    description: What visitors see, as RV(wpmultisite.runcloud.tls_certificate_info#module:hosts) holds it.
    type: list
    elements: dict
    default: []
  stuck:
    description: What P(wpmultisite.runcloud.stuck_mappings#filter) gave.
    type: list
    elements: dict
    default: []
  nudged:
    description: The registered result of M(wpmultisite.runcloud.multisite_nudge).
    type: dict
  absent:
    description: Names that wait to be added, and are told with their reason elsewhere.
    type: list
    elements: str
    default: []
  coming:
    description: Names that a look ahead would add first.
    type: list
    elements: str
    default: []
  silent:
    description: Hosts of RV(wpmultisite.runcloud.tls_certificate_info#module:hosts) that did not answer before the run already.
    type: list
    elements: dict
    default: []
  blind:
    description: Why visitors could not be looked at.
    type: list
    elements: str
    default: []
seealso:
  - module: wpmultisite.runcloud.runcloud_certificates
  - plugin: wpmultisite.runcloud.domains_summary
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Tell what happened
  ansible.builtin.debug:
    msg: "{{ result | wpmultisite.runcloud.certificates_summary(desired) }}"
  vars:
    result:
      check_mode: false
      ssl_mode: {advanced: true, auto: false}
      valid: [{name: network.com, id: 55, valid_until: "2026-10-16T12:00:00Z", days_left: 89}]
      issued: [{name: client-one.com, id: 56, valid_until: "2026-10-16T12:00:00Z", days_left: 89}]
      api_calls: {total: 9}
    desired: {network: network.com}
"""

RETURN = r"""
_value:
  description: The lines; the first one has the counts.
  type: list
  elements: str
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._certificates import certificates_summary


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"certificates_summary": certificates_summary}
