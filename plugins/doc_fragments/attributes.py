# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
"""What the modules promise about check mode, diff mode and repeated runs, in one wording."""

from __future__ import annotations


class ModuleDocFragment:
    # What a module supports is said by the module itself.
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can be run in check mode; then it tells what would change and changes nothing.
  diff_mode:
    description: With C(--diff), returns what changed, or in check mode would change, as a before and an after.
  idempotent:
    description:
      - Run again with the same options, and with nothing changed in between, it changes nothing.
      - This does not cover what others change in between.
"""

    # For modules that only read.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module reads and never changes anything.
  diff_mode:
    support: N/A
    details:
      - This module reads and never changes anything.
  idempotent:
    support: full
    details:
      - This module reads and never changes anything.
"""

    # For modules that talk to the RunCloud API.
    ACTIONGROUP_RUNCLOUD = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/wpmultisite.runcloud.runcloud) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - wpmultisite.runcloud.runcloud
"""
