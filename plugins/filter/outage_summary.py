# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: outage_summary
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: What to know when names that answered before a run no longer do
description:
  - Says what is seen of each name now, what the run has changed, and how to put back the listing from before.
positional: _input, names, result, purged, restore
options:
  _input:
    description: What visitors see now, as RV(wpmultisite.runcloud.tls_certificate_info#module:hosts) holds it.
    type: list
    elements: dict
    required: true
  names:
    description: The names that no longer answer.
    type: list
    elements: str
    required: true
  result:
    description: The registered result of M(wpmultisite.runcloud.runcloud_domains).
    type: dict
    required: true
  purged:
    description: The same of a purge.
    type: dict
  restore:
    description: The command that puts a listing back, up to the name of its file.
    type: str
    default: ''
seealso:
  - module: wpmultisite.runcloud.tls_certificate_info
  - module: wpmultisite.runcloud.runcloud_domains
"""

EXAMPLES = r"""
- name: Tell what broke
  ansible.builtin.debug:
    msg: "{{ seen | wpmultisite.runcloud.outage_summary(['client-one.com'], result) }}"
  vars:
    seen: [{name: client-one.com, ok: true, http: {status: 502}}]
    result: {added: [{name: client-two.com}], updated: []}
"""

RETURN = r"""
_value:
  description: Sentences for a person.
  type: str
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._certificates import outage_summary


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"outage_summary": outage_summary}
