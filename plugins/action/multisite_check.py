# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides on the control node whether a network has to be looked at, and remembers when that was; there is nothing to do on a host."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._lock import StateError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._moments import moment_of, text_of
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._state import forget, keep, recall
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._full_check import (
    KIND,
    Check,
    Rhythm,
    digest_of,
    dump,
    ended,
    load,
    open_ends,
    told_open,
    why_due,
)

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["asked", "done", "forgotten"], "default": "asked"},
    "state_dir": {"type": "str", "required": True},
    "every": {"type": "float", "default": 0.0},
    "open_every": {"type": "float", "default": 600.0},
    "compared": {"type": "dict", "default": {}},
    "ends": {"type": "list", "elements": "str", "default": []},
    "always": {"type": "list", "elements": "str", "default": []},
    "digest": {"type": "str"},
    "begun": {"type": "str"},
    "left": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):
    """A full check is forgotten before the next one begins, so that one that breaks off is never taken for done."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """See the module's documentation."""
        super().run(tmp, task_vars)
        _checked, params = self.validate_argument_spec(ARGUMENTS)  # type: ignore[no-untyped-call]
        rhythm = Rhythm(params["every"], params["open_every"])
        wrong = [
            "%s must be a finite number of seconds, 0 or more." % name
            for name in ("every", "open_every")
            if not 0 <= params[name] < float("inf")
        ]
        if params["state"] == "done" and not (params["digest"] and params["begun"]):
            wrong.append("state: done needs digest and begun, as state: asked gave them.")
        if wrong:
            raise AnsibleActionFail(" ".join(wrong))
        folder = os.path.expanduser(params["state_dir"])
        try:
            if params["state"] == "asked":
                return self._asked(params, folder, rhythm)
            if params["state"] == "done":
                return self._done(params, folder, rhythm)
            return {"changed": self._forget(folder)}
        except StateError as exc:
            raise AnsibleActionFail("Nothing was changed. %s" % exc) from exc

    def _asked(self, params: dict[str, Any], folder: str, rhythm: Rhythm) -> dict[str, Any]:
        now, notes = datetime.now(timezone.utc).replace(microsecond=0), []
        digest = digest_of({**params["compared"], "over": ended(params["ends"], now)})
        always = ["this is check mode"] if self._task.check_mode else []
        last, why = None, "; ".join(always + params["always"])
        if not why:
            if rhythm.every > 0:
                try:
                    last = recall(folder, KIND, load)
                except StateError as exc:
                    notes.append("%s It is replaced after this run." % exc)
            why = why_due(last, digest, now, rhythm)
        if why:
            self._forget(folder)
        told = {"changed": False, "due": bool(why), "why": why, "notes": notes, "digest": digest, "begun": text_of(now)}
        if last is None or why:
            return told
        left = "; open since then: %s" % told_open(last.open) if last.open else ""
        words = "unchanged since the last full check at %s: RunCloud was not asked%s" % (text_of(last.at), left)
        return dict(told, why=words, checked=text_of(last.at))

    def _done(self, params: dict[str, Any], folder: str, rhythm: Rhythm) -> dict[str, Any]:
        left = open_ends(params["left"])
        if not self._task.check_mode and rhythm.every > 0:
            try:
                begun = moment_of(params["begun"])
            except ValueError as exc:
                raise AnsibleActionFail("begun must be a moment such as 2026-07-18T12:00:00Z.") from exc
            keep(folder, KIND, dump(Check(params["digest"], begun, left)))
        return {"changed": False, "open": left}

    def _forget(self, folder: str) -> bool:
        return not self._task.check_mode and forget(folder, KIND)
