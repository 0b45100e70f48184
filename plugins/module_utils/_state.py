# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network's memory on the control node: ledger, backups of listings, and the lock on a web app.

Files are written beside their place and moved into it, with mode 0600; a folder that vanishes during a run is an error
and is not made again.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ._api import Record
from ._ledger import Ledger, LedgerError, Target, dump, load

LISTING_FORMAT = "wpmultisite.listing/1"
KEPT_BACKUPS = 20
_LEDGER, _BACKUPS = "ledger.json", "backups"


class StateError(Exception):
    """The memory cannot be used; the message names the file and the way out."""


class State:
    """The state directory of one network. No file is touched before it is asked for."""

    def __init__(self, folder: str, network: str, target: Target) -> None:
        self.folder, self.network, self.target = folder, network, target
        self.path = os.path.join(folder, _LEDGER)

    def load(self) -> Ledger | None:
        """The ledger; None when there is none.

        :raises StateError: when there is one that must not be used.
        """
        try:
            with open(self.path, encoding="utf-8") as file:
                document = json.load(file)
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise StateError(
                "The ledger %s cannot be read: %s. Run as the user who owns it." % (self.path, exc.strerror)
            ) from exc
        except ValueError as exc:
            raise StateError(self._way_out("it is damaged (not JSON)")) from exc
        try:
            return load(document, self.network, self.target)
        except LedgerError as exc:
            raise StateError(self._way_out(str(exc))) from exc

    def _way_out(self, fault: str) -> str:
        return (
            "The ledger %s must not be used: %s. Give each network its own state directory; if this one is lost, move the file away and take over "
            "the web app's records again with the playbook wpmultisite.runcloud.adopt (until then nothing counts as owned)."
            % (self.path, fault)
        )

    def prepare(self) -> None:
        """Make the folder, with mode 0700.

        :raises StateError: when that is not possible.
        """
        try:
            for folder in (self.folder, os.path.join(self.folder, _BACKUPS)):  # the mode is only that of the last part
                os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError as exc:
            raise _unwritable(self.folder, exc) from exc

    def save(self, ledger: Ledger) -> None:
        """Put the ledger in its place.

        :raises StateError: when that is not possible; the old one is still there then.
        """
        _write(self.path, dump(ledger))

    def backup(self, records: Sequence[Record], now: datetime) -> str:
        """Store the web app's listing; the last 20 are kept. Returns the path.

        :raises StateError: when that is not possible.
        """
        folder = os.path.join(self.folder, _BACKUPS)
        path = os.path.join(folder, now.strftime("%Y%m%dT%H%M%S.%fZ") + ".json")
        _write(path, listing(self.network, self.target, records, now))
        try:
            for name in sorted(name for name in os.listdir(folder) if name.endswith(".json"))[:-KEPT_BACKUPS]:
                os.unlink(os.path.join(folder, name))
        except OSError as exc:
            raise _unwritable(folder, exc) from exc
        return path

    def owned_elsewhere(self) -> dict[str, str]:
        """Name → ledger file, of the ledgers beside this one that speak of the same web app for another network."""
        found: dict[str, str] = {}
        parent = os.path.dirname(os.path.abspath(self.folder))
        for name in sorted(os.listdir(parent)) if os.path.isdir(parent) else ():
            path = os.path.join(parent, name, _LEDGER)
            if os.path.abspath(path) == os.path.abspath(self.path) or not os.path.isfile(path):
                continue
            try:
                with open(path, encoding="utf-8") as file:
                    document = json.load(file)
                other = load(document, document.get("network"), self.target)
            except (OSError, ValueError, AttributeError):
                continue  # another web app's, or not ours to judge
            if other.network != self.network:
                found.update(dict.fromkeys(other.owned(), path))
        return found


def listing(network: str, target: Target, records: Sequence[Record], now: datetime) -> dict[str, Any]:
    """A stored listing (docs/schemas/listing-1.json)."""
    return {
        "format": LISTING_FORMAT,
        "network": network,
        "target": target._asdict(),
        "taken": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "domains": [record._asdict() for record in sorted(records, key=lambda record: (record.name, record.id))],
    }


class Listing(NamedTuple):
    """A stored listing: its network, and its rows with at least name, type, www and redirection."""

    network: str
    domains: list[dict[str, Any]]


def read_listing(path: str, network: str | None, target: Target) -> Listing:
    """A stored listing of this web app, and of this network unless that is None.

    :raises StateError: when it cannot be read, is another web app's, is empty or damaged.
    """
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except OSError as exc:
        raise StateError("The backup %s cannot be read: %s." % (path, exc.strerror)) from exc
    except ValueError as exc:
        raise StateError("The backup %s is not JSON: give one as a run stored it." % path) from exc
    if not isinstance(document, dict) or document.get("format") != LISTING_FORMAT:
        raise StateError("%s is no backup of the format %s." % (path, LISTING_FORMAT))
    for what, found, wanted in (
        ("network", document.get("network"), network or document.get("network")),
        ("web app", document.get("target"), target._asdict()),
    ):
        if found != wanted:
            raise StateError("The backup %s is of another %s: %s, not %s." % (path, what, found, wanted))
    rows = document.get("domains")
    if not document.get("network"):
        raise StateError("The backup %s is damaged: it names no network." % path)
    if not isinstance(rows, list) or not rows:
        raise StateError("The backup %s holds no domains; an empty list is never restored." % path)
    kinds = {"name": str, "type": str, "www": bool, "redirection": str}
    for index, row in enumerate(rows):
        if not isinstance(row, dict) or not all(isinstance(row.get(key), kind) for key, kind in kinds.items()):
            raise StateError(
                "The backup %s is damaged: domains[%d] has no name, type, www and redirection." % (path, index)
            )
        if row["type"] not in ("primary", "alias", "redirect") or row["redirection"] not in ("none", "www", "non-www"):
            raise StateError(
                "The backup %s is damaged: domains[%d] has an unknown type or redirection." % (path, index)
            )
    return Listing(str(document["network"]), rows)


def _write(path: str, document: dict[str, Any]) -> None:
    part = ""
    try:
        handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=os.path.dirname(path))  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as exc:
        if part and os.path.exists(part):
            os.unlink(part)
        raise _unwritable(path, exc) from exc


def _unwritable(path: str, exc: OSError) -> StateError:
    return StateError(
        "%s cannot be written: %s. Check the state directory, its owner and the disk." % (path, exc.strerror)
    )


class Lock:
    """At most one run on a web app from one control node, for the length of a ``with`` block.

    The kernel frees it when its holder ends, however it ends.

    :arg wanted: False for a run that only looks.
    :raises StateError: on entry, when another run holds it (the text says who), or its file cannot be made.
    """

    def __init__(
        self, target: Target, now: datetime, wanted: bool, environment: Mapping[str, str] | None = None
    ) -> None:
        home = (os.environ if environment is None else environment).get("XDG_STATE_HOME") or os.path.join(
            os.path.expanduser("~"), ".local", "state"
        )
        name = hashlib.sha256(json.dumps(target).encode()).hexdigest()[:24]
        self.path = os.path.join(home, "wpmultisite.runcloud", "locks", name)
        self._target, self._now, self._wanted = target, now, wanted
        self._file: Any = None

    def __enter__(self) -> None:
        if not self._wanted:
            return
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            raise StateError(
                "Another run works on web app %d of server %d: %s. Run again when it has ended."
                % (self._target.webapp_id, self._target.server_id, holder)
            ) from exc
        except OSError as exc:  # a network file system may not know locks
            self.__exit__()
            raise StateError(
                "The lock %s cannot be made: %s. Set XDG_STATE_HOME to a folder of this user."
                % (self.path, exc.strerror)
            ) from exc
        self._file.truncate(0)
        self._file.write(
            "process %d of %s on %s, since %s"
            % (os.getpid(), _user(), socket.gethostname(), self._now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        )
        self._file.flush()

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "user %d" % os.geteuid()
