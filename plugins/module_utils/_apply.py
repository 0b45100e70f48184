# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out a plan, one write at a time, and says of every name what really happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable, NamedTuple

from ._api import UNKNOWN_TYPE, App, Record
from ._client import ApiError, Exhausted
from ._lock import StateError
from ._names import fold, is_wildcard
from ._plan import describe
from ._plan_shapes import Action, Plan

REFUSALS_IN_A_ROW = 3  # of "forbidden" or "quota": after them the next name would hear the same


class Outcome(NamedTuple):
    """What a run did (or would do, in check mode), and the records after it.

    ``complete``: every write was tried, and what came of it was read back. ``altered``: a write took effect otherwise than asked.
    """

    done: list[Action]
    ids: dict[str, int]  # of added names
    refused: list[dict[str, Any]]
    kept: list[dict[str, Any]]
    differs: list[dict[str, Any]]
    records: list[Record]
    errors: list[str]  # faults of the run that belong to no name
    complete: bool
    altered: bool = False


def predict(plan: Plan, records: Sequence[Record]) -> Outcome:
    """The outcome when every write succeeds."""
    return Outcome(
        list(plan.actions),
        {},
        list(plan.refused),
        list(plan.kept),
        list(plan.differs),
        _after(records, plan.actions),
        [],
        True,
    )


def _after(records: Sequence[Record], done: Sequence[Action], ids: dict[str, int] | None = None) -> list[Record]:
    after = {record.id: record for record in records}
    added = []
    for action in done:
        if action.record is None:
            added.append(Record(id=(ids or {}).get(action.name, 0), name=action.name, **action.flags))
        elif action.kind == "remove":
            del after[action.record.id]
        else:
            after[action.record.id] = action.record._replace(**action.flags)
    return list(after.values()) + added


class Journal:
    """Who is told of each write before and after it; this one remembers nothing. Any method may raise StateError."""

    def intend(self, action: Action) -> None:
        """A write is about to be sent; after a StateError it is not."""

    def confirm(self, action: Action, record_id: int | None) -> None:
        """The panel said that it is done; of an addition, perhaps, which number the record has."""

    def cancel(self, action: Action) -> None:
        """The panel refused it, so nothing was written."""

    def end(self, records: Sequence[Record] | None, complete: bool) -> None:
        """The run is over; None when there is no listing younger than its last write. ``complete``: as in Outcome."""


class Run:
    """One pass over the actions. Make it, call ``apply``, take its outcome."""

    def __init__(self, app: App, plan: Plan, before: Sequence[Record], journal: Journal | None = None) -> None:
        self._app, self._plan, self._before, self._journal = app, plan, before, journal or Journal()
        self._done: list[Action] = []
        self._ids: dict[str, int] = {}
        self._failed: list[tuple[Action, ApiError]] = []
        self._skipped: list[Action] = []
        self._refused = list(plan.refused)
        self._kept = list(plan.kept)
        self._errors: list[str] = []
        self._stop = ""
        self._logged_out = False
        self._altered = False

    def apply(self) -> Outcome:
        """Write, read back, list once more, and settle every name by that listing."""
        self._write_all()
        listed = self._closing_listing()
        if listed is None:
            for action, error in self._failed:
                self._refuse(action, str(error))
        else:
            self._check_done(listed)
            self._settle_failed(listed)
        after = listed if listed is not None else _after(self._before, self._done, self._ids)
        for action in self._skipped:
            self._refuse(action, "not attempted: %s" % self._stop)
        self._remember(self._journal.end, listed, not self._stop and not self._errors)
        complete = not self._stop and not self._errors
        differs = list(self._plan.differs)
        refused, kept, errors = self._refused, self._kept, self._errors
        return Outcome(self._done, self._ids, refused, kept, differs, after, errors, complete, self._altered)

    # -- writing -------------------------------------------------------------------------------------------------------

    def _write_all(self) -> None:
        seen: set[str] = set()
        in_a_row = 0
        for action in self._plan.actions:
            if self._stop:
                self._skipped.append(action)
                continue
            try:
                self._journal.intend(action)
            except StateError as exc:
                self._stop = str(exc)
                self._skipped.append(action)
                continue
            try:
                found = self._perform(action)
            except ApiError as exc:
                self._failed.append((action, exc))
                if not exc.unclear:
                    self._remember(self._journal.cancel, action)
                limited = exc.status in (403, 429) and not (exc.status == 403 and exc.html)
                in_a_row = in_a_row + 1 if limited else 0
                if isinstance(exc, Exhausted):
                    self._stop = "no further call can be made"
                elif exc.status == 401:
                    self._stop, self._logged_out = "the panel no longer accepts the credentials", True
                elif in_a_row == REFUSALS_IN_A_ROW:
                    self._stop = "the panel refused %d calls in a row (HTTP %d)" % (in_a_row, exc.status or 0)
                elif self._plan.first and fold(action.name) == self._plan.network:
                    self._stop = "the network's own domain could not be added, so this may be the wrong web app"
                continue
            in_a_row = 0
            self._done.append(action)
            self._remember(self._journal.confirm, action, self._ids.get(action.name))
            if action.kind not in seen and not self._stop:
                seen.add(action.kind)
                self._stop = self._read_back(action, found)

    def _remember(self, tell: Callable[..., None], *what: Any) -> None:
        try:
            tell(*what)
        except StateError as exc:
            # The write is done and its intent is stored, so the next run settles it; but nothing more may be written.
            self._stop = str(exc)
            self._errors.append(str(exc))

    def _perform(self, action: Action) -> Record | None:
        flags = action.flags
        if action.record is None:
            found = self._app.add(action.name, flags["www"], flags["redirection"], flags["type"])
            if found is not None:
                self._ids[action.name] = found.id
            return found
        if action.kind == "update":
            self._app.edit(action.record.id, flags["www"], flags["redirection"], flags["type"])
        else:
            self._app.remove(action.record.id)
        return action.record

    def _read_back(self, action: Action, written: Record | None) -> str:
        """Why the run must not go on, or an empty text: the first write of each kind is looked at before the next one."""
        try:
            if written is None:  # the answer to the POST carried no record
                found = next((record for record in self._app.records() if record.name == action.name), None)
            else:
                found = self._app.one(written.id)
        except ApiError as exc:
            return "the first %s could not be read back: %s" % (action.kind, exc)
        fault = _fault(action, found)
        return "after the first %s (%s), %s" % (action.kind, action.name, fault) if fault else ""

    # -- what really happened ------------------------------------------------------------------------------------------

    def _closing_listing(self) -> list[Record] | None:
        if self._logged_out:
            self._errors.append("The result could not be read back: %s." % self._stop)
            return None
        try:
            return self._app.records()
        except ApiError as exc:
            self._errors.append(
                "The result could not be read back, so it is told from the panel's answers alone. %s" % exc
            )
            return None

    def _check_done(self, after: list[Record]) -> None:
        done = self._done
        self._done = []
        for action in done:
            found = _find(action, after)
            fault = _fault(action, found)
            if fault:
                before = action.record.flags() if action.record is not None else None
                self._altered = self._altered or (found is not None and found.flags() != before)
                self._refuse(action, "the panel answered that it is done, but in the listing %s" % fault)
            else:
                self._succeeded(action, found)

    def _succeeded(self, action: Action, found: Record | None) -> None:
        self._done.append(action)
        if action.kind == "add" and found is not None:
            self._ids[action.name] = found.id

    def _settle_failed(self, after: list[Record]) -> None:
        lost: list[tuple[Action, ApiError]] = []
        for action, error in self._failed:
            found = _find(action, after)
            fault = _fault(action, found)
            if not fault:
                if action.kind == "add" and not error.unclear:
                    self._kept.append({"name": action.name, "reason": "somebody else added it during this run"})
                else:
                    self._succeeded(action, found)
            elif action.kind == "add" and found is not None:
                self._refuse(action, "it was added during this run, but %s (%s)" % (fault, error.message))
            else:
                lost.append((action, error))
        holders = self._holders(
            [action.name for action, error in lost if action.kind == "add" and error.status in (409, 422)]
        )
        for action, error in lost:
            said = str(error)
            if error.unclear:
                said = "it was not done, as the listing after it shows: run again. %s" % error.settled
            self._refuse(action, said + holders.get(action.name, ""))

    def _holders(self, names: list[str]) -> dict[str, str]:
        """Which other web app of the server holds each refused name; the only reason to list other apps."""
        words = {
            name: " RunCloud's API may not create wildcards: create it in the panel."
            for name in names
            if is_wildcard(name)
        }
        open_names = [name for name in names if not is_wildcard(name)]
        if not open_names:
            return words
        try:
            for webapp, records in self._app.others():
                held = " The web app %s (%d) of this server holds it." % (webapp.get("name"), webapp["id"])
                for name in list(open_names):
                    if any(record.names(name) for record in records):
                        words[name] = held
                        open_names.remove(name)
                    elif any(record.serves(name) for record in records):
                        words.setdefault(name, held)  # by a wildcard: another one may have the name itself
                if not open_names:
                    break
        except ApiError as exc:
            self._errors.append("Which other web app holds the refused names could not be read. %s" % exc)
        return words

    def _refuse(self, action: Action, reason: str) -> None:
        self._refused.append({"name": action.name, "action": action.kind, "reason": reason})


def _find(action: Action, records: Sequence[Record]) -> Record | None:
    if action.record is not None:
        return next((record for record in records if record.id == action.record.id), None)
    return next((record for record in records if record.name == action.name), None)


def _fault(action: Action, found: Record | None) -> str:
    """How the record that was found differs from what the action intends; empty when it does not."""
    if action.kind == "remove":
        return "" if found is None else "the record is still there"
    if found is None:
        return "the record is not there"
    if found.has(action.flags):
        return ""
    flags = found.flags()
    if found.type == UNKNOWN_TYPE:
        flags["type"] = action.flags["type"]
    return "the record is another one: %s" % describe(flags, action.flags)
