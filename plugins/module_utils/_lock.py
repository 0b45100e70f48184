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
from datetime import datetime, timezone
from typing import Any, Callable

from ._api import Target

_PAUSE = 0.2  # seconds between two looks at a lock that is held


class StateError(Exception):
    """The memory on the control node cannot be used; the message names the file and the way out."""


def state_home() -> str:
    """The folder of this user for what programs remember (XDG Base Directory Specification 0.8)."""
    return os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")


class Lock:
    """Holds the web app for the length of a ``with`` block. The kernel frees it when its holder ends, however it ends.

    :arg wanted: False for a run that only looks.
    :arg timeout: seconds to wait for another holder.
    :raises StateError: on entry, when another run still holds it (the text says who), or its file cannot be made.
    """

    def __init__(
        self,
        target: Target,
        wanted: bool = True,
        timeout: float = 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        name = hashlib.sha256(json.dumps(target).encode()).hexdigest()[:24]
        self.path = os.path.join(state_home(), "wpmultisite.runcloud", "locks", name)
        self._target, self._wanted, self._timeout = target, wanted, timeout
        self._now, self._monotonic, self._sleep = now, monotonic, sleep
        self._file: Any = None

    def __enter__(self) -> None:
        if not self._wanted:
            return
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
            self._take()
        except OSError as exc:  # a network file system may not know locks
            self.__exit__()
            raise StateError(
                "The lock %s cannot be made: %s. Set XDG_STATE_HOME to a folder of this user."
                % (self.path, exc.strerror)
            ) from exc
        except StateError:
            self.__exit__()
            raise

    def _take(self) -> None:
        until = self._monotonic() + self._timeout
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                if self._monotonic() >= until:
                    raise StateError(self._held()) from exc
                self._sleep(_PAUSE)
            else:
                break
        self._file.truncate(0)
        self._file.write(
            "process %d of %s on %s, since %s"
            % (os.getpid(), _user(), socket.gethostname(), self._now().strftime("%Y-%m-%dT%H:%M:%SZ"))
        )
        self._file.flush()

    def _held(self) -> str:
        self._file.seek(0)
        return (
            "Another run works on web app %d of server %d: %s. Run again when it has ended, or raise lock_timeout."
            % (
                self._target.webapp_id,
                self._target.server_id,
                self._file.read().strip() or "one that has just begun",
            )
        )

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "user %d" % os.geteuid()
