# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run does with a network's memory: the ledger is written before and after each write to the panel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ._api import Record
from ._ledger import Entry, Ledger, Target, dump
from ._state import State, StateError


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(timezone.utc)


class Memory:
    """The ledger of a run. Without a state directory nothing is remembered, and nothing is owned.

    :arg read_only: look only (check mode): everything is thought through, nothing is written.
    :raises StateError: when there is a ledger that must not be used.
    """

    def __init__(self, state: State | None, network: str, target: Target, now: datetime, read_only: bool) -> None:
        self._state, self.now, self._read_only = state, now, read_only
        found = state.load() if state is not None else None
        self.survived = found is not None
        self._ledger = found if found is not None else Ledger(network, target)
        self._wanted: frozenset[str] | None = None
        self._claims = True
        self._prepared = False
        self._stored = dump(self._ledger) if found is not None else None

    def begin(self, records: Sequence[Record], wanted: Iterable[str] | None, claims: bool = True) -> None:
        """Settle what a killed run left open.

        :arg wanted: what the source holds, to be counted as one read at the end; None when the run is narrowed.
        :arg claims: whether a name that the run adds becomes ours.
        """
        self._ledger.settle(records)
        self._wanted = frozenset(wanted) if wanted is not None else None
        self._claims = claims

    def owned(self) -> Mapping[str, Entry]:
        """The names that are ours, with this read of the source counted."""
        seen = Ledger(self._ledger.network, self._ledger.target, self._ledger.entries.values())
        if self._wanted is not None:
            seen.observe(self._wanted, self.now)
        return seen.owned()

    def prepare(self, records: Sequence[Record], backup: bool) -> str | None:
        """Before the first write: the folder, the ledger as it is, and a backup of the listing. Returns the backup's path.

        :raises StateError: when any of it cannot be written; then nothing may be written to the panel.
        """
        if self._state is None:
            return None
        self._prepare()
        self._save()
        return self._state.backup(records, self.now) if backup else None

    def intend(self, kind: str, name: str, flags: Mapping[str, Any]) -> None:
        """A write is about to be sent.

        :raises StateError: when that cannot be remembered; the write must not be sent.
        """
        if self._claims or name in self._ledger.entries:
            self._ledger.intend(kind, name, flags, self.now)
        self._save()

    def confirm(self, name: str) -> None:
        """The panel said that it is done.

        :raises StateError: when that cannot be remembered; the open intent is settled by the next run.
        """
        self._ledger.confirm(name)
        self._save()

    def cancel(self, name: str) -> None:
        """The panel refused: nothing was written, so nothing may be settled as ours.

        :raises StateError: when that cannot be remembered.
        """
        self._ledger.cancel(name)
        self._save()

    def adopt(self, records: Iterable[Record]) -> list[str]:
        """Take over records as they are; the names that were not ours before."""
        elsewhere = self._state.owned_elsewhere() if self._state is not None else {}
        records = list(records)
        taken = ["%s (%s)" % (record.name, elsewhere[record.name]) for record in records if record.name in elsewhere]
        if taken:
            raise StateError(
                "The ledger of another network on this web app owns %s. Nothing was taken over." % ", ".join(taken)
            )
        return [record.name for record in records if self._ledger.adopt(record, self.now)]

    def end(self, records: Sequence[Record] | None) -> None:
        """After the run: settle by its last listing (None when there is none), count its read, forget what is gone, store.

        Counted only now: a run that was killed has to be run again, and both together are one read.

        :raises StateError: when it cannot be stored.
        """
        if records is not None:
            self._ledger.settle(records)
        if self._wanted is not None:
            self._ledger.observe(self._wanted, self.now)
        if records is not None:
            self._ledger.forget_gone(records)
        if self._state is not None and not self._read_only and dump(self._ledger) != self._stored:
            self._prepare()
            self._save()

    def _prepare(self) -> None:
        # Once: a folder that vanishes during a run is an error, and making a new one would hide it.
        if self._state is not None and not self._prepared:
            self._state.prepare()
            self._prepared = True

    def _save(self) -> None:
        if self._state is not None and not self._read_only:
            self._state.save(self._ledger)
            self._stored = dump(self._ledger)
