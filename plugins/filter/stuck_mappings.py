# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: stuck_mappings
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: Mapped domains that have a certificate and are not served
description:
  - Gives the rows of a snapshot that Ultimate Multisite does not serve, although they are switched on and their name has a valid certificate, as
    M(wpmultisite.runcloud.multisite_nudge) takes them.
  - These are rows in the stages V(ssl-failed) and V(failed), where the plugin gave up, and V(checking-ssl-cert) and V(checking-dns), where it may still be
    at work.
positional: _input, names
options:
  _input:
    description: The snapshot of M(wpmultisite.runcloud.multisite_info).
    type: dict
    required: true
  names:
    description:
      - The host names that have a valid certificate, in lower case and as A-labels.
      - The plugin checks the stored name only, so a certificate for C(client-one.com) says nothing about a row for C(www.client-one.com).
    type: list
    elements: str
    required: true
seealso:
  - module: wpmultisite.runcloud.multisite_nudge
"""

EXAMPLES = r"""
- name: Show the row that waits for nothing but another check
  ansible.builtin.debug:
    msg: "{{ snapshot | wpmultisite.runcloud.stuck_mappings(['client-one.com', 'shop.com']) }}"
  vars:
    snapshot:
      mappings:
        - {id: 7, blog_id: 2, domain: client-one.com, active: 1, primary: 1, secure: 0, stage: ssl-failed}
        - {id: 8, blog_id: 2, domain: shop.com, active: 1, primary: 0, secure: 1, stage: done}
        - {id: 9, blog_id: 3, domain: other.com, active: 1, primary: 1, secure: 0, stage: ssl-failed}
"""

RETURN = r"""
_value:
  description: The rows, each with C(id), C(domain) and C(stage), in the order of the snapshot.
  type: list
  elements: dict
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._nudges import stuck_mappings


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"stuck_mappings": stuck_mappings}
