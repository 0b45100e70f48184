# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: desired_domains
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: What a WordPress multisite wants of each host name
description:
  - Takes a snapshot of the multisite and says which names have to be served, which stay as they are, and which cannot be used, each with its reason.
  - It asks neither RunCloud nor DNS. The same snapshot and options always give the same result.
  - Data never makes it fail. What forbids any change is listed in RV(ignore:refused), which M(wpmultisite.runcloud.runcloud_domains) then refuses.
positional: _input
requirements:
  - idna
  - publicsuffixlist
options:
  _input:
    description: The RV(wpmultisite.runcloud.multisite_info#module:snapshot).
    type: dict
    required: true
  www_policy:
    description:
      - V(keep) gives a new record www only if the multisite holds the name with C(www.) too, and leaves existing records alone.
      - V(always) wants www for every name except sub-sites below the network's domain.
      - V(never) gives no new record www; an existing www is reported, not switched off.
    type: str
    choices: [keep, always, never]
    default: keep
  redirection_policy:
    description:
      - V(keep) gives a new record V(none), because WordPress redirects by itself, and leaves existing records alone.
      - V(none) wants none. V(canonical) wants the panel to redirect to the spelling that WordPress redirects to.
    type: str
    choices: [keep, none, canonical]
    default: keep
  extra_domains:
    description:
      - Names that are wanted although the multisite does not know them. Each is a name, or a dict with C(name) and C(www).
      - Only here a wildcard such as V(*.network.com) may stand.
    type: list
    elements: raw
    default: []
  exclude:
    description:
      - Names that are neither added, changed nor removed, whatever the multisite says. The network's own domain cannot be excluded.
      - A name, V(.suffix) or V(*.suffix) for every name below it, or V(/regular expression/).
    type: list
    elements: str
    default: []
  deny:
    description:
      - Names that no site and no customer may ever get, each with everything below it. They are rejected.
      - The forms of O(exclude) are possible too.
    type: list
    elements: str
    default: []
  allow_reserved_tlds:
    description: Accept names below C(.test), C(.example), C(.local), C(.localhost), C(.invalid), C(.internal) and C(.onion).
    type: bool
    default: false
seealso:
  - module: wpmultisite.runcloud.multisite_info
  - module: wpmultisite.runcloud.runcloud_domains
"""

EXAMPLES = r"""
- name: Which names the multisite wants
  ansible.builtin.debug:
    msg: "{{ (snapshot | wpmultisite.runcloud.desired_domains(exclude=['.agency.com'])).domains | map(attribute='name') }}"
  vars:
    snapshot:
      format: wpmultisite.snapshot/1
      source: file
      wordpress: {version: 6.8.7, subdomain_install: true, domain_current_site: network.com, environment_type: production, runtime_url: false,
                  root: null, root_real: null}
      mapping_plugin: {name: ultimate_multisite, version: 2.4.13, schema: null, unread_rows: 0}
      settings: {enable_domain_mapping: true, auto_create_www_subdomain: always, runcloud_integration: {enabled: false, configured: false}}
      networks:
        - {id: 1, domain: network.com, path: /}
      blogs:
        - {id: 1, network_id: 1, domain: network.com, path: /, public: 1, archived: 0, mature: 0, spam: 0, deleted: 0}
      mappings: []
      counts: {networks: 1, blogs: 1, mappings: 0}
"""

RETURN = r"""
_value:
  description:
    - The desired document, in the format C(wpmultisite.desired/1) of C(docs/schemas/desired-1.json).
    - C(domains) is what O(wpmultisite.runcloud.runcloud_domains#module:domains) takes.
    - C(rejected), C(ignored), C(unwanted) and C(warnings) are for a person.
    - C(refused) is not empty when nothing may be changed.
  type: dict
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._desired import Policy, resolve


def desired_domains(snapshot: Any, **options: Any) -> dict[str, Any]:
    """The desired document of a snapshot; see DOCUMENTATION."""
    try:
        return resolve(snapshot, Policy(**options))
    except ImportError as exc:
        raise AnsibleFilterError(
            "desired_domains needs the Python libraries idna and publicsuffixlist on the control node: %s" % exc
        ) from exc
    except (TypeError, ValueError) as exc:
        raise AnsibleFilterError("desired_domains: %s" % exc) from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"desired_domains": desired_domains}
