# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock on a web app: at most one run of a control node writes to it at a time."""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
import socket
import time
from contextlib import ExitStack
from datetime import datetime, timezone
from typing import Callable

from ._api import Target
from ._moments import text_of

_PAUSE = 0.2  # seconds between two looks at a lock that is held


class StateError(Exception):
    """The memory on the control node cannot be used; the message names the file and the way out."""


def state_home() -> str:
    """The folder of this user for what programs remember (XDG Base Directory Specification 0.8)."""
    return os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")


class Lock:
    """Holds a web app, and a state directory if one is given, for the length of a ``with`` block.

    The kernel frees them when their holder ends, however it ends. The state directory is held as well because two networks
    may be given the same one by mistake; the second must find the ledger of the first, not write over it.

    :arg wanted: False for a run that only looks.
    :arg timeout: seconds to wait for another holder.
    :raises StateError: on entry, when another run still holds it (the text says who), or its file cannot be made.
    """

    def __init__(
        self,
        target: Target,
        state_dir: str | None = None,
        wanted: bool = True,
        timeout: float = 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._held = [
            ("web app %d of server %d" % (target.webapp_id, target.server_id), _path(json.dumps(target))),
        ]
        if state_dir is not None:
            self._held.append(("the state directory %s" % state_dir, _path(os.path.realpath(state_dir))))
        self._wanted, self._timeout = wanted, timeout
        self._now, self._monotonic, self._sleep = now, monotonic, sleep
        self._taken = ExitStack()

    def __enter__(self) -> None:
        until = self._monotonic() + self._timeout
        with ExitStack() as taken:  # where the second one is not to be had, the first one is let go
            for what, path in self._held if self._wanted else ():
                try:
                    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
                    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
                    taken.callback(os.close, file)
                    self._take(file, what, until)
                except OSError as exc:  # a network file system may not know locks
                    raise StateError(
                        "The lock %s cannot be made: %s. Set XDG_STATE_HOME to a folder of this user."
                        % (path, exc.strerror)
                    ) from exc
            self._taken = taken.pop_all()

    def _take(self, file: int, what: str, until: float) -> None:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                if self._monotonic() >= until:
                    holder = os.pread(file, 500, 0).decode(errors="replace").strip() or "one that has just begun"
                    raise StateError(
                        "Another run works on %s: %s. Run again when it has ended, or raise lock_timeout."
                        % (what, holder)
                    ) from exc
                self._sleep(_PAUSE)
            else:
                break
        since = text_of(self._now())
        text = "process %d of %s on %s, since %s" % (os.getpid(), _user(), socket.gethostname(), since)
        try:
            os.ftruncate(file, 0)
            os.pwrite(file, text.encode(), 0)
        except OSError:
            pass  # the disk is full: it is held all the same, only nobody can say by whom

    def __exit__(self, *error: object) -> None:
        self._taken.close()


def _path(key: str) -> str:
    name = hashlib.sha256(key.encode()).hexdigest()[:24]
    return os.path.join(state_home(), "wpmultisite.runcloud", "locks", name)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "user %d" % os.geteuid()
