# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we remember of a web app's records, because RunCloud's records carry no label. Pure: no file, no clock.

A ledger holds the records that we added or took over, what we last wrote, since when the source no longer names them, and
the write that was begun and not yet settled. A record is known by its number: one with the same name that somebody else
made after ours was removed is not ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Callable, NamedTuple

from ._api import Record, Target
from ._moments import moment_of, text_of

FORMAT = "wpmultisite.ledger/1"
_TYPES = {"type": str, "www": bool, "redirection": str}


class LedgerError(ValueError):
    """A ledger that must not be used; the message says why, ``way_out`` what to do."""

    def __init__(self, fault: str, way_out: str = "") -> None:
        super().__init__(fault)
        self.way_out = way_out or (
            "If it cannot be brought back, move it away and take over the web app's records again with the playbook "
            "wpmultisite.runcloud.adopt; until then nothing counts as owned."
        )


class Pending(NamedTuple):
    """A write that was about to be sent.

    ``action``: add, update or remove. ``flags``: what the record has once it is done. ``written``: what of it is our word;
    a www that a person switched on is sent along with the rest, and stays the person's.
    """

    action: str
    flags: dict[str, Any]
    written: dict[str, Any]


class Entry(NamedTuple):
    """One name. ``how`` is ``added``, ``adopted``, or ``intended`` while its addition is not settled; then it has no ``id``."""

    name: str
    how: str
    since: datetime
    id: int | None = None
    written: dict[str, Any] | None = None
    pending: Pending | None = None
    missing_since: datetime | None = None
    missing_reads: int = 0

    @property
    def owned(self) -> bool:
        """An intended addition is nobody's until the panel shows it."""
        return self.how != "intended"


class Ledger:
    """The entries by name. ``wants``: the names that the source held in the last converging read, for other networks of the web app."""

    def __init__(self, network: str, target: Target, entries: Iterable[Entry] = (), wants: Iterable[str] = ()) -> None:
        self.network, self.target = network, target
        self.entries = {entry.name: entry for entry in entries}
        self.wants = frozenset(wants)

    def owned(self) -> dict[str, Entry]:
        """The names that are ours."""
        return {name: entry for name, entry in self.entries.items() if entry.owned}

    # -- one write -----------------------------------------------------------------------------------------------------

    def intend(self, name: str, pending: Pending, now: datetime, claim: bool = True) -> None:
        """Remember a write that is about to be sent. A change of a record that is not ours does not make it ours.

        :arg claim: whether a name that is added becomes ours.
        """
        entry = self.entries.get(name)
        if entry is None and pending.action == "add" and claim:
            entry = Entry(name, "intended", now)
        if entry is not None:
            self.entries[name] = entry._replace(pending=pending)

    def confirm(self, name: str, record_id: int | None) -> None:
        """The panel said that the intended write is done.

        An addition whose number it did not say waits for the listing, and so does a removal: "there is no such thing" may also
        be said of a web app that cannot be seen any more.
        """
        entry = self.entries.get(name)
        if entry is None or entry.pending is None:
            return
        action, written = entry.pending.action, entry.pending.written
        if action == "update":
            self.entries[name] = entry._replace(written=written, pending=None)
        elif action == "add" and record_id is not None:
            self.entries[name] = entry._replace(how="added", id=record_id, written=written, pending=None)

    def cancel(self, name: str) -> None:
        """The panel refused the intended write."""
        entry = self.entries.get(name)
        if entry is not None and entry.owned:
            self.entries[name] = entry._replace(pending=None)
        elif entry is not None:
            del self.entries[name]

    # -- by a listing --------------------------------------------------------------------------------------------------

    def settle(self, records: Iterable[Record], others: frozenset[int] = frozenset()) -> list[str]:
        """Decide every open intent by a listing that is younger than it.

        An addition was only intended for a name that was not there before; so a record with just the intended flags is ours.
        With other flags somebody else made it; those names are given back.

        :arg others: numbers of the records that other networks' ledgers own.
        """
        disowned = []
        there: dict[str, list[Record]] = {}
        for record in records:
            there.setdefault(record.name, []).append(record)
        for entry in list(self.entries.values()):
            if entry.pending is None:
                continue
            action, flags, _written = entry.pending
            named = there.get(entry.name, [])
            if action == "add":
                new = [record for record in named if record.id != entry.id]
                found = next((record for record in new if record.has(flags) and record.id not in others), None)
                if new and found is None:
                    disowned.append(entry.name)
            else:
                found = next((record for record in named if record.id == entry.id), None)
            done = found is None if action == "remove" else found is not None and found.has(flags)
            if not done:
                self.cancel(entry.name)
            elif action == "remove":
                del self.entries[entry.name]
            else:
                self.confirm(entry.name, found.id if found is not None else None)
        return sorted(disowned)

    def forget_replaced(self, records: Iterable[Record]) -> list[str]:
        """Forget, and give, the names whose record is gone while another one, which is not ours, has the name now."""
        ids: dict[str, set[int]] = {}
        for record in records:
            ids.setdefault(record.name, set()).add(record.id)
        replaced = [name for name, entry in self.owned().items() if entry.id not in ids.get(name, {entry.id})]
        for name in replaced:
            del self.entries[name]
        return sorted(replaced)

    def hand_over(self, others: frozenset[int]) -> list[str]:
        """Forget, and give, the names that our source does not hold any more and that another network has taken over."""
        names = [name for name, entry in self.owned().items() if entry.missing_since is not None and entry.id in others]
        for name in names:
            del self.entries[name]
        return sorted(names)

    def forget_gone(self, records: Iterable[Record]) -> None:
        """Forget what nobody wants and what is not on the web app any more."""
        names = {record.name for record in records}
        for entry in list(self.entries.values()):
            if entry.missing_since is not None and entry.name not in names and entry.pending is None:
                del self.entries[entry.name]

    # -- by the source -------------------------------------------------------------------------------------------------

    def observe(self, wanted: Callable[[str], bool], now: datetime) -> None:
        """Count one converging read of the source: which names it no longer holds."""
        for entry in list(self.entries.values()):
            if wanted(entry.name):
                seen = entry._replace(missing_since=None, missing_reads=0)
            else:
                # A date from a clock that went wrong must not hold a name for ever.
                since = min(entry.missing_since or now, now)
                seen = entry._replace(missing_since=since, missing_reads=entry.missing_reads + 1)
            self.entries[entry.name] = seen

    def adopt(self, record: Record, now: datetime) -> bool:
        """Take over a record as it is; False when it is ours already."""
        if record.name in self.owned():
            return False
        self.entries[record.name] = Entry(record.name, "adopted", now, record.id, record.flags())
        return True


def not_yet_due(entry: Entry, now: datetime, grace: float, absences: int) -> str:
    """Why an owned name that the source does not hold must not be removed yet; empty when it is due.

    :arg grace: seconds since the first read without it.
    :arg absences: how many converging reads must have been without it.
    """
    if entry.missing_since is None or entry.missing_reads < absences:
        return "missing in %d of %d converging reads" % (entry.missing_reads, absences)
    due = entry.missing_since + timedelta(seconds=grace)
    words = "missing since %s; a purge may remove it from %s on"
    return words % (text_of(entry.missing_since), text_of(due)) if due > now else ""


# -- the document -----------------------------------------------------------------------------------------------------


def dump(ledger: Ledger) -> dict[str, Any]:
    """The document (docs/schemas/ledger-1.json), entries sorted by name."""
    return {
        "format": FORMAT,
        "network": ledger.network,
        "target": ledger.target._asdict(),
        "wants": sorted(ledger.wants),
        "domains": [
            {
                "name": entry.name,
                "id": entry.id,
                "how": entry.how,
                "since": text_of(entry.since),
                "written": entry.written,
                "pending": entry.pending._asdict() if entry.pending else None,
                "missing_since": text_of(entry.missing_since) if entry.missing_since else None,
                "missing_reads": entry.missing_reads,
            }
            for entry in sorted(ledger.entries.values(), key=lambda entry: entry.name)
        ],
    }


def load(document: Any) -> Ledger:
    """The ledger that a document holds.

    :raises LedgerError: when it is of another format, or damaged.
    """
    if not isinstance(document, dict) or not str(document.get("format", "")).startswith("wpmultisite.ledger/"):
        raise LedgerError("it is no ledger")
    if document["format"] != FORMAT:
        raise LedgerError(
            "its format is %s; this version reads %s" % (document["format"], FORMAT),
            "A newer version of the collection wrote it: upgrade this one.",
        )
    try:
        network, target = document["network"], Target(**document["target"])
        entries = [_entry(row) for row in document["domains"]]
        wants = [name for name in document["wants"] if isinstance(name, str)]
    except KeyError as exc:
        raise LedgerError("it is damaged (%s is missing)" % exc.args[0]) from exc
    except (AttributeError, TypeError, ValueError) as exc:
        raise LedgerError("it is damaged (%s)" % exc) from exc
    ledger = Ledger(network, target, entries, wants)
    if len(ledger.entries) != len(entries):
        raise LedgerError("it is damaged (a name stands in it twice)")
    return ledger


def check_owner(ledger: Ledger, network: str, target: Target) -> None:
    """
    :raises LedgerError: when the ledger is of another network or web app.
    """
    if ledger.network != network:
        raise LedgerError(
            "it belongs to the network %s, not to %s" % (ledger.network, network),
            "Check which multisite this host reads, and give each network a state directory of its own.",
        )
    if ledger.target != target:
        raise LedgerError(
            "it belongs to web app %s of server %s at %s, not to web app %s of server %s at %s"
            % (
                ledger.target.webapp_id,
                ledger.target.server_id,
                ledger.target.api_url,
                target.webapp_id,
                target.server_id,
                target.api_url,
            ),
            "Check webapp_id, server_id and api_url. If the network has really moved there, move the ledger away and adopt what is there.",
        )


def _entry(row: Mapping[str, Any]) -> Entry:
    name, how, reads, key, pending = (row[field] for field in ("name", "how", "missing_reads", "id", "pending"))
    intended = how == "intended"
    if not isinstance(name, str) or how not in ("added", "adopted", "intended"):
        raise ValueError("%s: name or how" % name)
    if not _is_number(reads) or (key is not None if intended else not _is_number(key)):
        raise ValueError("%s: id or missing_reads" % name)
    if intended and (pending is None or pending["action"] != "add"):
        raise ValueError("%s: intended without an open addition" % name)
    return Entry(
        name=name,
        how=how,
        since=moment_of(row["since"]),
        id=key,
        written=_flags(row["written"]) if not intended or row["written"] is not None else None,
        pending=_pending(pending) if pending is not None else None,
        missing_since=moment_of(row["missing_since"]) if row["missing_since"] is not None else None,
        missing_reads=reads,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _pending(row: Mapping[str, Any]) -> Pending:
    if row["action"] not in ("add", "update", "remove"):
        raise ValueError("unknown action %r" % row["action"])
    return Pending(row["action"], _flags(row["flags"]), _flags(row["written"]))


def _flags(row: Mapping[str, Any]) -> dict[str, Any]:
    # Whatever the panel says of a record has to come back; only the kinds of the values are fixed.
    if set(row) != set(_TYPES) or not all(isinstance(row[key], kind) for key, kind in _TYPES.items()):
        raise ValueError("flags %r" % (row,))
    return dict(row)
