# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: explain
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: Why a host is, or is not, on RunCloud
description:
  - Puts together what the documents of one run say about one host, with the rows, the rule, the policies, the DNS fact and the record that decided.
  - It decides nothing again and asks nobody, so it needs no options of P(wpmultisite.runcloud.desired_domains#filter).
positional: _input, host
requirements:
  - idna
  - publicsuffixlist
options:
  _input:
    description: What P(wpmultisite.runcloud.desired_domains#filter) gave.
    type: dict
    required: true
  host:
    description: The host in any spelling, with or without C(www.).
    type: str
    required: true
  snapshot:
    description: The RV(wpmultisite.runcloud.multisite_info#module:snapshot) that the list was made from. Without it rows have only their numbers.
    type: dict
  result:
    description: The registered result of M(wpmultisite.runcloud.runcloud_domains). Without it neither the plan nor RunCloud's record is told.
    type: dict
  dns:
    description: The registered result of M(wpmultisite.runcloud.domain_dns_info), or its RV(wpmultisite.runcloud.domain_dns_info#module:dns).
    type: dict
seealso:
  - plugin: wpmultisite.runcloud.desired_domains
    plugin_type: filter
  - module: wpmultisite.runcloud.runcloud_domains
"""

EXAMPLES = r"""
- name: Why is www.client-one.com not on RunCloud?
  ansible.builtin.debug:
    msg: "{{ (desired | wpmultisite.runcloud.explain('https://www.client-one.com/', snapshot=snapshot, result=result, dns=dns)).lines }}"
  vars:
    desired: "{{ snapshot | wpmultisite.runcloud.desired_domains(www_policy='always') }}"
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
      mappings:
        - {id: 7, blog_id: 1, domain: client-one.com, active: 1, primary: 1, secure: 0, stage: checking-dns}
      counts: {networks: 1, blogs: 1, mappings: 1}
    dns:
      format: wpmultisite.dns/1
      valid: true
      hosts:
        - name: www.client-one.com
          state: nxdomain
          ready: false
          message: www.client-one.com does not exist in DNS.
          record: {type: A, name: www.client-one.com, value: 203.0.113.10}
    result:
      domains:
        - {id: 701, name: client-one.com, type: alias, www: false, redirection: none}
      waiting:
        - {name: www.client-one.com, reason: the www of client-one.com does not point here, message: '', record: null}
"""

RETURN = r"""
_value:
  description:
    - C(lines) is the whole answer for a person, one fact a line.
    - C(verdict) is V(wanted), V(protected), V(when_ready) (wanted as soon as its DNS points here), V(kept), V(excluded), V(unwanted), V(rejected), V(unknown)
      or V(refused), and C(reason) says why.
    - C(asked) is the host as it was given, C(host) its one spelling, or null where it is no host name.
    - C(entry) is the entry of the list that stands for the host, C(rows) the rows of the multisite that hold it, C(policy) the policies that had a say.
    - C(dns) holds the DNS facts of the host and its other spelling, C(plan) the entries of the run's lists, each with the name of its C(list), and C(record)
      the record of RunCloud that serves the host.
  type: dict
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._explain import explain


def explained(desired: Any, host: Any, **documents: Any) -> dict[str, Any]:
    """What the documents of a run say about a host; see DOCUMENTATION."""
    try:
        return explain(desired, host, **documents)
    except ImportError as exc:
        raise AnsibleFilterError(
            "explain needs the Python libraries idna and publicsuffixlist on the control node: %s" % exc
        ) from exc
    except (TypeError, ValueError) as exc:
        raise AnsibleFilterError("explain: %s" % exc) from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"explain": explained}
