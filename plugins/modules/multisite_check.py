#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: multisite_check
short_description: Whether a network has to be looked at in full, and when that was last done
version_added: 0.1.0
description:
  - Lets a run that follows closely on another one end before RunCloud and DNS are asked, when nothing has changed in the multisite or in the options.
  - The memory is C(check.json) (C(docs/schemas/check-1.json)) in O(state_dir) on the control node. All of it is done there, by an action plugin.
  - A full check is forgotten before the next one begins, so what broke off, and whatever else wrote to RunCloud by this collection, is followed by one.
  - The role C(multisite_domains) calls it.
options:
  state:
    description:
      - V(asked) says whether a full check is due; if it is, the last one is forgotten.
      - V(done) remembers one that has come to its end. V(forgotten) makes sure that the next run is one.
    type: str
    choices: [asked, done, forgotten]
    default: asked
  state_dir:
    description: The network's folder on the control node.
    type: str
    required: true
  every:
    description:
      - Seconds from one full check to the next at the most. Networks that were looked at in one run are due at different moments of the last quarter.
      - With V(0) each run is one, and nothing is remembered.
    type: float
    default: 0.0
  open_every:
    description: The same while something is open, such as a name that waits for its DNS or a certificate that is pending. It never makes them rarer.
    type: float
    default: 600.0
  compared:
    description: What decides what a run would do, such as what the multisite wants, and the options. When it is another one, a full check is due.
    type: dict
    default: {}
  ends:
    description: Dates and moments, such as C(2026-12-24). Each that has passed since the last full check makes one due; what is neither is left out.
    type: list
    elements: str
    default: []
  always:
    description: Reasons why this run is a full check in any case.
    type: list
    elements: str
    default: []
  digest:
    description: With O(state=done), and needed there, RV(digest) of the question before it.
    type: str
  begun:
    description: With O(state=done), and needed there, RV(begun) of the question before it.
    type: str
  left:
    description:
      - With O(state=done) what the run has left, in C(result), C(certificates), C(dns), C(stuck) and C(blind). What is open in it makes the next full check
        come sooner.
    type: dict
    default: {}
extends_documentation_fragment:
  - wpmultisite.runcloud.attributes
attributes:
  check_mode:
    support: full
    description: A full check is always due, and nothing is remembered or forgotten.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - The answer depends on the time.
author:
  - wpmultisite.runcloud authors (@wpmultisite)
"""

EXAMPLES = r"""
- name: Is it time to look at everything
  wpmultisite.runcloud.multisite_check:
    state_dir: /var/lib/wpmultisite/network.com
    every: 21600
    compared:
      domains: [network.com, client-one.com]
  register: check

- name: Remember that it was done
  wpmultisite.runcloud.multisite_check:
    state: done
    state_dir: /var/lib/wpmultisite/network.com
    every: 21600
    digest: "{{ check.digest }}"
    begun: "{{ check.begun }}"
    left:
      result: {complete: true, waiting: []}
  when: check.due
"""

RETURN = r"""
due:
  description: Whether the network has to be looked at in full.
  returned: with O(state=asked)
  type: bool
why:
  description: Why, or why not.
  returned: with O(state=asked)
  type: str
  sample: "unchanged since the last full check at 2026-07-18T12:00:00Z: RunCloud was not asked"
checked:
  description: When the last full check began.
  returned: with O(state=asked), when none is due
  type: str
  sample: "2026-07-18T12:00:00Z"
digest:
  description: Stands for O(compared) and the version of the collection.
  returned: with O(state=asked)
  type: str
begun:
  description: When it was asked.
  returned: with O(state=asked)
  type: str
  sample: "2026-07-18T12:00:00Z"
notes:
  description: What a person should know, such as that the memory could not be used.
  returned: with O(state=asked)
  type: list
  elements: str
open:
  description: How many names the run has left open, by word.
  returned: with O(state=done)
  type: dict
  sample: {waiting: 2}
"""
