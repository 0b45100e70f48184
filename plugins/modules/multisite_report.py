#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: multisite_report
short_description: Report what runs say of a fleet of networks
version_added: 0.1.0
description:
  - Makes the report of a fleet from what the role C(multisite_domains) has left of each network, compares it with what earlier runs reported, and writes
    it for people, for CI and for Prometheus into a folder on the control node. All of it is done on the control node, by an action plugin.
  - The role C(multisite_report) calls it; the filters P(wpmultisite.runcloud.network_report#filter) and P(wpmultisite.runcloud.fleet_report#filter) do
    the same without files.
  - In the folder lie C(fleet.json) (C(docs/schemas/fleet-1.json)), C(report.md), C(report.html), C(metrics.prom), C(memory.json)
    (C(docs/schemas/report-memory-1.json)) and C(status.json) (C(docs/schemas/status-1.json)), which is written last.
  - A file that cannot be written is no failure of this module, which must not harm a run; RV(unwritten) tells it, and whoever calls decides.
  - A memory that cannot be used is kept as C(memory.json.unusable), and everything counts as new.
options:
  state:
    description:
      - V(made) makes the report. V(told) remembers that people were told of the last one, so that the next one tells what has changed since then.
    type: str
    choices: [made, told]
    default: made
  networks:
    description:
      - By host what its run has left, a dict of C(run), as the filter P(wpmultisite.runcloud.network_report#filter) takes it, C(overrides), the network's
        C(multisite_domains_overrides), and C(expiring_fraction). Each may be missing. With C(run.unasked.state_dir) a full check that no report tells of is
        forgotten there.
      - A network of which nothing can be used is an error of its own, and the others are reported.
    type: dict
    required: true
  look:
    description:
      - Whether this was a look that wrote nothing. Each kind of run compares itself with the last one of its kind, so that the first look fails for what
        a run before it has seen already.
    type: bool
    default: true
  names:
    description: The options of modules as a person has set them, such as V(multisite_domains_max_adds) for C(max_adds), for the words of the report.
    type: dict
    default: {}
  folder:
    description: The folder, on the control node. Without one no file is read or written.
    type: str
    default: ''
  metrics_file:
    description:
      - Where the metrics go instead, such as a file in the folder of node_exporter's textfile collector. Its mode is V(0644), that of all others V(0600).
    type: str
    default: ''
  markdown_limit:
    description: Bytes that C(report.md) may have. GitHub takes 65,536 characters for a comment.
    type: int
    default: 60000
  quota:
    description: API calls that the RunCloud account has a month, for the metrics.
    type: int
  runs_per_day:
    description: How often the job runs a day, for the projection of API calls until the history has an hour or 30 runs.
    type: float
    default: 24.0
  notifies:
    description: Whether the caller tells people of RV(changes) and then calls with O(state=told). Until then what changed stays new.
    type: bool
    default: false
extends_documentation_fragment:
  - wpmultisite.runcloud.attributes
attributes:
  check_mode:
    support: full
    description: No file is written; the report is returned.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Each run makes a new report.
author:
  - wpmultisite.runcloud authors (@wpmultisite)
seealso:
  - plugin: wpmultisite.runcloud.report_changes
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Report one network, without files
  wpmultisite.runcloud.multisite_report:
    networks:
      client:
        run:
          desired: {network: network.com, domains: [{name: network.com}]}
          result:
            check_mode: true
            domains: [{name: network.com}]
            added: [{name: new.com, type: alias, www: true, redirection: none, reason: asked for}]
"""

RETURN = r"""
lines:
  description: The table of the fleet, the worst network first, and what to know beside it.
  returned: with O(state=made)
  type: list
  elements: str
status:
  description: What C(status.json) holds.
  returned: with O(state=made)
  type: dict
verdicts:
  description: The verdict on each network by the name of its host as it was given.
  returned: with O(state=made)
  type: dict
changes:
  description: What changed since people were last told, as the filter P(wpmultisite.runcloud.report_changes#filter) says it. Empty without O(folder).
  returned: with O(state=made)
  type: dict
text:
  description: RV(changes) in a few lines for a chat; empty when nothing changed.
  returned: with O(state=made)
  type: str
unwritten:
  description: Files that could not be written, and why.
  returned: success
  type: list
  elements: str
"""
