# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we remember of a web app's records, because RunCloud's records carry no label. Pure: no file, no clock.

A ledger holds the names that we added or took over, what we last wrote, since when the source no longer names them, and
the write that was begun and not yet settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from ._api import Record

FORMAT = "wpmultisite.ledger/1"
_FLAGS = {"type": ("primary", "alias", "redirect"), "www": (True, False), "redirection": ("none", "www", "non-www")}


class LedgerError(ValueError):
    """A ledger that must not be used; the message says why and what to do."""


class Pending(NamedTuple):
    """A write that was about to be sent: ``add``, ``update`` or ``remove``, with the intended flags."""

    action: str
    flags: dict[str, Any]


class Entry(NamedTuple):
    """One owned name. ``how`` is ``added``, ``adopted``, or ``intended`` while the addition is not settled."""

    name: str
    how: str
    since: datetime
    written: dict[str, Any] | None = None
    pending: Pending | None = None
    missing_since: datetime | None = None
    missing_reads: int = 0

    @property
    def owned(self) -> bool:
        """An intended addition is nobody's until the panel shows it."""
        return self.how != "intended"


class Target(NamedTuple):
    """The web app that a ledger speaks of."""

    api_url: str
    server_id: int
    webapp_id: int


class Ledger:
    """The entries by name. Every method that changes something returns nothing and keeps the rest as it is."""

    def __init__(self, network: str, target: Target, entries: Iterable[Entry] = ()) -> None:
        self.network, self.target = network, target
        self.entries = {entry.name: entry for entry in entries}

    def owned(self) -> dict[str, Entry]:
        """The names that are ours."""
        return {name: entry for name, entry in self.entries.items() if entry.owned}

    def intend(self, action: str, name: str, flags: Mapping[str, Any], now: datetime) -> None:
        """Remember a write that is about to be sent. A change of a record that is not ours does not make it ours."""
        entry = self.entries.get(name)
        if entry is None and action == "add":
            entry = Entry(name, "intended", now)
        if entry is not None:
            self.entries[name] = entry._replace(pending=Pending(action, dict(flags)))

    def settle(self, records: Iterable[Record]) -> None:
        """Decide every open intent by a listing that is younger than it.

        An addition was only intended for a name that was not there before; so a record with just the intended flags is ours.
        With other flags somebody else made it.
        """
        current = {record.name: record.flags() for record in records}
        for entry in list(self.entries.values()):
            if entry.pending is None:
                continue
            flags, pending = current.get(entry.name), entry.pending
            done = flags is None if pending.action == "remove" else flags == pending.flags
            if done:
                self.confirm(entry.name)
            else:
                self.cancel(entry.name)

    def confirm(self, name: str) -> None:
        """The panel said that the intended write is done."""
        entry = self.entries.get(name)
        if entry is None or entry.pending is None:
            return
        action, flags = entry.pending
        if action == "remove":
            del self.entries[name]
        else:
            how = "added" if action == "add" else entry.how
            self.entries[name] = entry._replace(how=how, written=flags, pending=None)

    def cancel(self, name: str) -> None:
        """The panel refused the intended write."""
        entry = self.entries.get(name)
        if entry is not None and entry.owned:
            self.entries[name] = entry._replace(pending=None)
        elif entry is not None:
            del self.entries[name]

    def observe(self, wanted: Iterable[str], now: datetime) -> None:
        """Count one converging read of the source: which owned names it no longer holds."""
        names = set(wanted)
        for entry in list(self.entries.values()):
            if entry.name in names:
                changed = entry._replace(missing_since=None, missing_reads=0)
            else:
                changed = entry._replace(
                    missing_since=entry.missing_since or now, missing_reads=entry.missing_reads + 1
                )
            self.entries[entry.name] = changed

    def forget_gone(self, records: Iterable[Record]) -> None:
        """An owned name that nobody wants and that is not on the web app any more is no longer ours."""
        names = {record.name for record in records}
        for entry in list(self.entries.values()):
            if entry.missing_since is not None and entry.name not in names and entry.pending is None:
                del self.entries[entry.name]

    def adopt(self, record: Record, now: datetime) -> bool:
        """Take over a record as it is; False when it is ours already."""
        if record.name in self.owned():
            return False
        self.entries[record.name] = Entry(record.name, "adopted", now, record.flags())
        return True


def not_yet_due(entry: Entry, now: datetime, grace: float, absences: int) -> str:
    """Why an owned name that the source does not hold must not be removed yet; empty when it is due.

    :arg grace: seconds since the first read without it.
    :arg absences: how many converging reads must have been without it.
    """
    if entry.missing_reads < absences:
        return "missing in %d of %d converging reads" % (entry.missing_reads, absences)
    if entry.missing_since is None:
        return "" if grace <= 0 else "missing since this run"
    left = entry.missing_since + timedelta(seconds=grace) - now
    if left > timedelta(0):
        return "missing since %s; due at %s" % (
            _text(entry.missing_since),
            _text(entry.missing_since + timedelta(seconds=grace)),
        )
    return ""


def dump(ledger: Ledger) -> dict[str, Any]:
    """The document (docs/schemas/ledger-1.json), entries sorted by name."""
    return {
        "format": FORMAT,
        "network": ledger.network,
        "target": ledger.target._asdict(),
        "domains": [
            {
                "name": entry.name,
                "how": entry.how,
                "since": _text(entry.since),
                "written": entry.written,
                "pending": entry.pending._asdict() if entry.pending else None,
                "missing_since": _text(entry.missing_since) if entry.missing_since else None,
                "missing_reads": entry.missing_reads,
            }
            for entry in sorted(ledger.entries.values(), key=lambda entry: entry.name)
        ],
    }


def load(document: Any, network: str, target: Target) -> Ledger:
    """The ledger of this network and web app.

    :raises LedgerError: when the document is another one's, of another format, or damaged.
    """
    if not isinstance(document, dict) or not str(document.get("format", "")).startswith("wpmultisite.ledger/"):
        raise LedgerError("it is no ledger")
    if document["format"] != FORMAT:
        raise LedgerError("its format is %s; this version reads %s" % (document["format"], FORMAT))
    try:
        found = Target(**document["target"])
        entries = [_entry(row) for row in document["domains"]]
    except (KeyError, TypeError, ValueError) as exc:
        raise LedgerError("it is damaged (%s)" % exc) from exc
    if document.get("network") != network:
        raise LedgerError("it belongs to the network %s, not to %s" % (document.get("network"), network))
    if found != target:
        raise LedgerError(
            "it belongs to web app %s of server %s at %s, not to web app %s of server %s at %s"
            % (found.webapp_id, found.server_id, found.api_url, target.webapp_id, target.server_id, target.api_url)
        )
    ledger = Ledger(network, target, entries)
    if len(ledger.entries) != len(entries):
        raise LedgerError("it is damaged (a name stands in it twice)")
    return ledger


def _entry(row: Mapping[str, Any]) -> Entry:
    how, reads = row["how"], row["missing_reads"]
    if how not in ("added", "adopted", "intended") or not isinstance(reads, int) or reads < 0:
        raise ValueError("%s: how or missing_reads" % row["name"])
    pending = row["pending"]
    if how == "intended" and (pending is None or pending["action"] != "add"):
        raise ValueError("%s: intended without an open addition" % row["name"])
    return Entry(
        name=str(row["name"]),
        how=how,
        since=_time(row["since"]),
        written=_flags(row["written"]) if row["written"] is not None else None,
        pending=Pending(_action(pending["action"]), _flags(pending["flags"])) if pending is not None else None,
        missing_since=_time(row["missing_since"]) if row["missing_since"] is not None else None,
        missing_reads=reads,
    )


def _action(text: str) -> str:
    if text not in ("add", "update", "remove"):
        raise ValueError("unknown action %r" % text)
    return text


def _flags(row: Mapping[str, Any]) -> dict[str, Any]:
    if set(row) != set(_FLAGS) or not isinstance(row["www"], bool) or not all(row[key] in _FLAGS[key] for key in row):
        raise ValueError("flags %r" % (row,))
    return dict(row)


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def _text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
