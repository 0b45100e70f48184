# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the report of a fleet on the control node and writes its files; there is nothing to do on a host."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._moments import text_of
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_files import (
    Settings,
    fleet_of,
    look_again,
    make_folder,
    open_memory,
    set_aside,
    write_memory,
    write_reports,
)
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_fleet import fleet_status, report_changes
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_memory import (
    EMPTY,
    after_run,
    after_telling,
    known_before,
)
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_news import news_text
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import plain
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_text import report_table

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["made", "told"], "default": "made"},
    "networks": {"type": "dict", "required": True},
    "look": {"type": "bool", "default": True},
    "names": {"type": "dict", "default": {}},
    "folder": {"type": "str", "default": ""},
    "metrics_file": {"type": "str", "default": ""},
    "markdown_limit": {"type": "int", "default": 60000},
    "quota": {"type": "int"},
    "runs_per_day": {"type": "float", "default": 24.0},
    "notifies": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """All the work is done here, so that the reports of many networks cost one task."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """See the module's documentation."""
        super().run(tmp, task_vars)
        _checked, params = self.validate_argument_spec(ARGUMENTS)  # type: ignore[no-untyped-call]
        _check(params)
        folder = os.path.expanduser(params["folder"])
        if params["state"] == "made":
            return self._made(params, folder)
        memory, _notes = open_memory(folder)
        faults: list[str] = []
        if not self._task.check_mode:
            faults = write_memory(folder, after_telling(memory, params["networks"], params["look"]))
        return {"changed": not self._task.check_mode, "unwritten": faults}

    def _made(self, params: dict[str, Any], folder: str) -> dict[str, Any]:
        look, hosts = params["look"], list(params["networks"])
        memory, notes = open_memory(folder) if folder else (EMPTY, [])
        fleet = fleet_of(params["networks"], memory, look, text_of(datetime.now(timezone.utc)), params["names"])
        status = fleet_status(fleet)
        known = memory.told if params["notifies"] else memory.before(look)
        changes = report_changes(fleet, known_before(known, hosts)) if folder else {}
        writes = bool(folder) and not self._task.check_mode
        faults = make_folder(folder) if writes else []
        if writes and not faults:
            if notes:
                set_aside(folder)
            settings = Settings(
                folder,
                os.path.expanduser(params["metrics_file"]),
                params["markdown_limit"],
                params["quota"],
                params["runs_per_day"],
            )
            faults = write_reports(settings, fleet)
        if writes:
            faults += look_again(params["networks"], memory)
        # What nobody could read of stays new.
        if writes and not faults:
            after = after_run(memory, fleet, look)
            faults = write_memory(
                folder, after if changes or not params["notifies"] else after_telling(after, hosts, look)
            )
        return {
            "changed": writes and not faults,
            "lines": [*report_table(fleet), *notes, *_where(folder, writes and not faults)],
            "status": status,
            "verdicts": {host: status["networks"][plain(host)] for host in hosts},
            "changes": changes,
            "text": news_text(fleet, changes),
            "unwritten": faults,
        }


def _where(folder: str, written: bool) -> list[str]:
    return ["The report lies in %s: report.html for people, status.json for CI." % folder] if written else []


def _check(params: dict[str, Any]) -> None:
    """Refuse what cannot be used.

    :raises AnsibleActionFail: with all that is wrong with the options.
    """
    wrong = ["networks is empty: there is nothing to report."] if not params["networks"] else []
    wrong += [
        "networks.%s is no dict." % host
        for host, network in params["networks"].items()
        if not isinstance(network, dict)
    ]
    wrong += ["markdown_limit must be 1000 or more."] if params["markdown_limit"] < 1000 else []
    wrong += ["quota must be above 0."] if params["quota"] is not None and params["quota"] <= 0 else []
    wrong += ["runs_per_day must be above 0."] if not 0 < params["runs_per_day"] < float("inf") else []
    if not params["folder"]:
        needing = [name for name in ("metrics_file", "notifies") if params[name]]
        needing += ["state: told"] if params["state"] == "told" else []
        wrong += ["%s needs folder." % name for name in needing]
    if wrong:
        raise AnsibleActionFail(" ".join(wrong))
