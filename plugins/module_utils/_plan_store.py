# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a saved plan on the control node."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ._api import Target
from ._lock import StateError
from ._plan_file import FAMILY, document, faults_of, faults_of_entries, place
from ._state import put

_TEN_YEARS = 10 * 366 * 86400  # seconds


class PlanOut:
    """Where a run writes its plan. A file is replaced only where it is an older plan of the same network and web app.

    :arg earlier: the actions that a call before this one has written to the same file.
    """

    def __init__(
        self, path: str, network: str, target: Target, purge: bool, earlier: Iterable[Mapping[str, Any]]
    ) -> None:
        self.path, self.earlier = path, list(earlier)
        self._network, self._target, self._purge = network, target, purge

    def faults(self) -> list[str]:
        """Why the file could not be written, as far as that can be seen beforehand."""
        fault = folder_fault("plan_out", self.path)
        if fault:
            return [fault]
        return self._taken() if os.path.lexists(self.path) else []

    def _taken(self) -> list[str]:
        try:
            found = _load(self.path) if os.path.isfile(self.path) else None
        except (OSError, ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not str(found.get("format")).startswith(FAMILY):
            return ["plan_out: %s is there and is no saved plan: remove it, or give another path." % self.path]
        if (found.get("network"), found.get("target")) != (self._network, self._target._asdict()):
            return [
                "plan_out: %s holds the plan of another network or web app (%s), not of %s (%s): remove it, or give each network a file of "
                "its own, such as plans/{{ inventory_hostname }}.json."
                % (self.path, found.get("network"), self._network, place(self._target))
            ]
        return []

    def save(self, made: datetime, actions: Iterable[Mapping[str, Any]]) -> None:
        """Put the plan in its place, whole or not at all, readable by its owner alone.

        :raises StateError: when that is not possible.
        """
        new = not os.path.lexists(self.path)
        self._refuse(self.faults())
        rows = [*self.earlier, *actions]
        plan = document(self._network, self._target, made, self._purge, rows)
        try:
            try:
                put(self.path, plan, new)
            except FileExistsError:
                # Two networks that run side by side with one path: whoever comes second finds the plan of the first.
                self._refuse(self._taken())
                put(self.path, plan)
        except OSError as exc:
            raise StateError(
                "The plan is not saved. plan_out: %s cannot be written: %s. Check its folder and the disk."
                % (self.path, exc.strerror)
            ) from exc

    def _refuse(self, faults: list[str]) -> None:
        if faults:
            raise StateError("The plan is not saved. %s" % faults[0])


def read(
    path: str, network: str, target: Target, now: datetime, max_age: float
) -> tuple[list[dict[str, Any]], list[str]]:
    """The actions of a saved plan, and every reason why it must not be carried out (then there are none).

    :arg max_age: seconds.
    """
    try:
        # What is no file, such as a pipe, may have no end.
        if os.path.exists(path) and not os.path.isfile(path):
            raise OSError(errno.EINVAL, "it is no file")
        found = _load(path)
    except OSError as exc:
        return [], ["plan_in: %s cannot be read: %s." % (path, exc.strerror)]
    except (ValueError, RecursionError):
        return [], [
            "plan_in: %s must not be used: it is not JSON. Give the file that a run with plan_out has written." % path
        ]
    faults = [
        "plan_in: %s must not be used: %s" % (path, fault) for fault in faults_of(found, network, target, now, max_age)
    ]
    return ([] if faults else found["actions"]), faults


def faults_of_files(params: Mapping[str, Any], *options: str) -> list[str]:
    """What is wrong with options that name a file of a converging run on the control node."""
    given = [name for name in options if params[name] is not None]
    others = [name for name in ("restore", "adopt") if params[name]]
    faults = []
    if given and others:
        faults.append("%s is for a converging run: leave it out of %s." % (" and ".join(given), " and ".join(others)))
    return faults + [
        "%s must be an absolute path, not %r: a relative one depends on where the module runs." % (name, params[name])
        for name in given
        if not os.path.isabs(params[name])
    ]


def folder_fault(option: str, path: str) -> str:
    """Why no file can be made there, as far as that can be seen beforehand; empty when nothing speaks against it."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        there = "is no folder" if os.path.lexists(folder) else "does not exist"
        return "%s: %s cannot be written: %s %s. Make it first." % (option, path, folder, there)
    if not os.access(folder, os.W_OK | os.X_OK):
        return "%s: %s cannot be written: %s." % (option, path, os.strerror(errno.EACCES))
    return ""


def from_options(
    params: Mapping[str, Any], network: str, target: Target, now: datetime, faults: list[str]
) -> tuple[PlanOut | None, list[dict[str, Any]] | None]:
    """What the options say of saved plans: where to write one, and the actions of the one to carry out."""
    if params["plan_out"] is not None and params["plan_in"] is not None:
        faults.append("plan_out and plan_in are different things: make a plan in one run, and carry it out in another.")
    faults += faults_of_files(params, "plan_out", "plan_in")
    if not 1 <= params["plan_max_age"] <= _TEN_YEARS:
        faults.append("plan_max_age must be a number of seconds from 1 to %d (ten years)." % _TEN_YEARS)
    if params["planned_before"] and not params["plan_out"]:
        faults.append("planned_before needs plan_out, into which it is written.")
    earlier_faults = faults_of_entries(params["planned_before"], "planned_before")
    faults += ["%s." % fault for fault in earlier_faults]
    if faults:
        return None, None
    if params["plan_in"]:
        approved, found = read(params["plan_in"], network, target, now, params["plan_max_age"])
        faults += found
        return None, approved
    if not params["plan_out"]:
        return None, None
    plan_out = PlanOut(params["plan_out"], network, target, params["purge"], params["planned_before"])
    faults += plan_out.faults()
    return plan_out, None


def _load(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        return json.load(file)
