# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the memory of the module multisite_nudge on the control node, and runs the module for the rows that are due."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._lock import StateError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._nudge import ARGUMENTS, wrong_options
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._nudges import (
    key_of,
    load,
    plan_nudges,
    save,
    settle,
)


class ActionModule(ActionBase):
    """The attempts are stored before the module runs, so that a run that is killed counts, too."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result, with an entry for each row in the order given."""
        super().run(tmp, task_vars)
        _checked, params = self.validate_argument_spec(ARGUMENTS)  # type: ignore[no-untyped-call]
        wrong = list(wrong_options(params))
        if wrong:
            raise AnsibleActionFail(" ".join(wrong))
        folder = os.path.expanduser(params["state_dir"])
        try:
            return self._run(params, folder, task_vars)
        except StateError as exc:
            raise AnsibleActionFail(str(exc)) from exc

    def _run(self, params: dict[str, Any], folder: str, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        before = load(folder)
        rows = params["mappings"]
        plan = plan_nudges(rows, before, datetime.now(timezone.utc).replace(microsecond=0))
        if not plan.due:
            return {"changed": False, "mappings": plan.skipped}
        writes = not self._task.check_mode
        if writes:
            save(folder, plan.memory)
        try:
            result: dict[str, Any] = self._execute_module(
                module_name=self._task.resolved_action or self._task.action,
                module_args=dict(self._task.args, mappings=plan.due),
                task_vars=task_vars,
            )
        except AnsibleConnectionFailure:
            if writes:
                save(folder, before)
            raise
        if "mappings" in result:
            if writes:
                save(folder, settle(plan.memory, result["mappings"]))
            found = {key_of(row): row for row in [*plan.skipped, *result["mappings"]]}
            result["mappings"] = [found[key_of(row)] for row in rows]
        return result
