# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: network_report
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: What a run says of one network, for people and for CI
description:
  - Turns the documents of a run of the role C(multisite_domains) into one report, in which each entry of each list has its place.
  - Each thing told has a class. V(drift) is what a run would mend. V(attention) is what a person has to look at. V(waiting) is for a customer's DNS or
    CAA, or for time. V(foreign) is a record that is neither ours nor the multisite's. V(rejected) is a name of the multisite that is no host name.
    V(kept) is left alone by a rule or by a person. V(acknowledged) is known, by an override with C(reason) and an C(until) that is not over.
  - The verdict is V(error) when there are faults, or what the multisite wants or RunCloud has is not known. It is V(drift) when there is drift, or
    attention that the report before this one did not have. Else it is V(in_sync), and no other class changes it.
positional: _input
options:
  _input:
    description:
      - C(host), the inventory's name, and what the run has left, C(desired) (C(multisite_domains_desired)), C(result), C(purged), C(certificates), C(seen),
        C(stuck) and C(dns) (the hosts of C(multisite_domains_dns_facts)). Each may be missing or empty when the run ended early, and then C(desired) and
        C(result) are faults.
      - C(faults) are sentences about what ended the run, such as that the host could not be reached. The message of a module whose lists say what failed
        is none. C(failed) says that a run failed for names, and is never in sync then. C(notes) are
        sentences to know. C(calls) are further counts of API calls, by verb.
      - C(unasked) (C(multisite_domains_unasked)) is there when the run ended on purpose before RunCloud was asked. The report is then the one before, with its
        verdict, no changes and a note.
    type: dict
    required: true
  previous:
    description:
      - The report before this one, from which C(since) comes and what is new.
      - One that cannot be used, of another format or edited, is left out, and a note says so.
    type: dict
  now:
    description: When the report is made, such as V(2026-07-18T12:00:00Z).
    type: str
    required: true
  overrides:
    description: The role's C(multisite_domains_overrides).
    type: list
    elements: dict
    default: []
  expiring_fraction:
    description: Part of a certificate's lifetime; when less is left, a person should know.
    type: float
    default: 0.2
seealso:
  - plugin: wpmultisite.runcloud.fleet_report
    plugin_type: filter
  - module: wpmultisite.runcloud.runcloud_domains
  - module: wpmultisite.runcloud.runcloud_certificates
"""

EXAMPLES = r"""
- name: Say whether a network is in sync
  ansible.builtin.debug:
    msg: "{{ run | wpmultisite.runcloud.network_report(now='2026-07-18T12:00:00Z') }}"
  vars:
    run:
      host: client
      desired: {network: network.com, domains: [{name: network.com}]}
      result:
        check_mode: true
        domains: [{name: network.com}]
        added: [{name: new.com, type: alias, www: true, redirection: none, reason: asked for}]
"""

RETURN = r"""
_value:
  description: The report, in the format C(wpmultisite.report/1) of C(docs/schemas/report-1.json). Texts are on one line, and hidden characters escaped.
  type: dict
"""

from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _report
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._filters import as_filter


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"network_report": as_filter(_report.network_report)}
