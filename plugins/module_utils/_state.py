# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a network's state directory on the control node.

Files are written beside their place and moved into it, with mode 0600; a folder that vanishes during a run is an error
and is not made again.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from typing import Any, Callable, NamedTuple, TypeVar

from ._api import Target
from ._ledger import Ledger, LedgerError, check_owner, dump, load
from ._lock import StateError

_LEDGER = "ledger.json"
_PART = ".wpmultisite-"  # begins the name of a file that is not whole yet
Memory = TypeVar("Memory")


class State:
    """The state directory of one network. No file is touched before it is asked for."""

    def __init__(self, folder: str, network: str, target: Target) -> None:
        self.folder, self.network, self.target = folder, network, target
        self.path, self.backups = os.path.join(folder, _LEDGER), backups_folder(folder)

    def load(self) -> Ledger | None:
        """The ledger; None when there is none.

        :raises StateError: when there is one that must not be used.
        """
        try:
            found = _read(self.path)
            if found is not None:
                check_owner(found, self.network, self.target)
            return found
        except LedgerError as exc:
            raise StateError("The ledger %s must not be used: %s. %s" % (self.path, exc, exc.way_out)) from exc

    def prepare(self) -> None:
        """Make the folder, with mode 0700, and sweep what killed runs left in it.

        :raises StateError: when that is not possible.
        """
        try:
            for folder in (self.folder, self.backups):  # the mode is only that of the last part
                os.makedirs(folder, mode=0o700, exist_ok=True)
                for name in os.listdir(folder):
                    if name.startswith(_PART) and name.endswith(".part"):
                        os.unlink(os.path.join(folder, name))
        except OSError as exc:
            raise unwritable(self.folder, exc) from exc

    def foresee(self) -> None:
        """Whether ``prepare`` and ``save`` would be permitted, as far as that can be seen without writing (check mode).

        :raises StateError: when they would not.
        """
        folder = os.path.abspath(self.folder)
        while not os.path.lexists(folder):
            folder = os.path.dirname(folder)
        if not os.path.isdir(folder):
            raise unwritable(self.folder, NotADirectoryError(errno.ENOTDIR, "%s is no folder" % folder))
        if not os.access(folder, os.W_OK | os.X_OK):
            raise unwritable(self.folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))

    def save(self, ledger: Ledger) -> None:
        """Put the ledger in its place.

        :raises StateError: when that is not possible; the old one is still there then.
        """
        write(self.path, dump(ledger))

    def neighbours(self) -> list[Neighbour]:
        """The ledgers beside this one that speak of the same web app.

        :raises StateError: when one of them cannot be read: nobody knows of which app it speaks, and what it owns.
        """
        found: list[Neighbour] = []
        parent = os.path.dirname(os.path.abspath(self.folder))
        try:
            beside = sorted(os.listdir(parent))
        except FileNotFoundError:
            return found
        except OSError as exc:
            raise StateError("The state directories in %s cannot be read: %s." % (parent, exc.strerror)) from exc
        for name in beside:
            path = os.path.join(parent, name, _LEDGER)
            if os.path.abspath(path) == os.path.abspath(self.path):
                continue
            try:
                other = _read(path)
            except LedgerError as exc:
                raise StateError(
                    "Another network's ledger %s cannot be used: %s. What it owns is not known. Bring it back or move it away."
                    % (path, exc)
                ) from exc
            if other is not None and other.target == self.target:
                found.append(Neighbour(path, other))
        return found


class Neighbour(NamedTuple):
    """Another ledger for the same web app."""

    path: str
    ledger: Ledger

    def __str__(self) -> str:
        return "the network %s (%s)" % (self.ledger.network, self.path)


def backups_folder(state_dir: str) -> str:
    """Where the backups of a state directory lie."""
    return os.path.join(state_dir, "backups")


def remembered_network(state_dir: str) -> str | None:
    """The network that a state directory speaks of, if it has a ledger that says it."""
    try:
        found = _read(os.path.join(state_dir, _LEDGER))
    except LedgerError:
        return None  # whoever uses the ledger is told
    return found.network if found is not None else None


def _read(path: str) -> Ledger | None:
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise LedgerError(
            "it cannot be read (%s)" % exc.strerror, "Check the state directory, and run as the user who owns it."
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise LedgerError("it is damaged (not JSON)") from exc
    return load(document)


class Kind(NamedTuple):
    """A kind of memory beside the ledger. ``format`` ends with its version; ``what`` it is, and the ``loss`` when it is removed, for a person."""

    file: str
    format: str
    what: str
    loss: str


def recall(state_dir: str, kind: Kind, parse: Callable[[dict[str, Any]], Memory]) -> Memory | None:
    """What a state directory remembers of this kind; None when it has no such file.

    :arg parse: from the document to the memory. AttributeError, KeyError, OverflowError, TypeError and ValueError mean that it is damaged.
    :raises StateError: when the file cannot be read, is damaged, or of a newer version; it is never written over then.
    """
    path = os.path.join(state_dir, kind.file)
    try:
        if os.path.lexists(path) and not os.path.isfile(path):
            raise _unusable(path, kind, "it is no file")  # a pipe may have no end
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise StateError(
            "%s cannot be read: %s. Check the state directory, and run as the user who owns it." % (path, exc.strerror)
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise _unusable(path, kind, "it is damaged (not JSON)") from exc
    found = document.get("format") if isinstance(document, dict) else None
    if found != kind.format:
        if isinstance(found, str) and found.rpartition("/")[0] == kind.format.rpartition("/")[0]:
            raise StateError(
                "%s must not be used: its format is %s; this version reads %s. A newer version of the collection wrote it: upgrade this one."
                % (path, found, kind.format)
            )
        raise _unusable(path, kind, "it is no %s" % kind.what)
    try:
        return parse(document)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise _unusable(path, kind, "it is damaged (%s)" % (exc or type(exc).__name__)) from exc


def _unusable(path: str, kind: Kind, why: str) -> StateError:
    return StateError("%s must not be used: %s. Bring it back, or remove it: then %s." % (path, why, kind.loss))


def keep(state_dir: str, kind: Kind, document: dict[str, Any]) -> None:
    """Put a memory in its place; the folder is made, for its owner alone.

    :raises StateError: when that is not possible.
    """
    try:
        os.makedirs(state_dir, mode=0o700, exist_ok=True)
    except OSError as exc:
        raise unwritable(state_dir, exc) from exc
    write(os.path.join(state_dir, kind.file), {"format": kind.format, **document})


def forget(state_dir: str, kind: Kind) -> bool:
    """Remove a memory; whether there was one.

    :raises StateError: when that is not possible.
    """
    path = os.path.join(state_dir, kind.file)
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as exc:
        raise StateError(
            "%s cannot be removed: %s. Check the state directory and its owner." % (path, exc.strerror)
        ) from exc
    return True


def write(path: str, document: dict[str, Any]) -> None:
    """Put a JSON document in its place, readable by its owner alone.

    :raises StateError: when that is not possible; what was there is still there then.
    """
    try:
        put(path, document)
    except OSError as exc:
        raise unwritable(path, exc) from exc


def put(path: str, document: dict[str, Any], new: bool = False) -> None:
    """The same for a file that is no memory.

    :arg new: nobody's file is written over.
    :raises FileExistsError: when the file was to be new and is there.
    :raises OSError: when that is not possible; what was there is still there then.
    """
    put_text(path, json.dumps(document, indent=1) + "\n", new=new)


def put_text(path: str, text: str, mode: int = 0o600, new: bool = False) -> None:
    """The same for a text; what UTF-8 cannot say is written as an escape.

    :raises OSError: when that is not possible; what was there is still there then.
    """
    part = ""
    try:
        handle, part = tempfile.mkstemp(prefix=_PART, suffix=".part", dir=os.path.dirname(path))  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if mode != 0o600:
            os.chmod(part, mode)
        if not (new and _linked(part, path)):
            os.replace(part, path)
    except OSError:
        if part and os.path.exists(part):
            os.unlink(part)
        raise


def _linked(part: str, path: str) -> bool:
    """Whether a whole file has got its name by a link, which unlike a move goes over no other file."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        return False  # a file system without links
    os.unlink(part)
    return True


def unwritable(path: str, exc: OSError) -> StateError:
    """What to do about a file that cannot be written."""
    return StateError(
        "%s cannot be written: %s. Check the state directory, its owner and the disk." % (path, exc.strerror)
    )
