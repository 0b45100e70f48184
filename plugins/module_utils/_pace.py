# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pace of all processes of this user that call RunCloud with one token, kept in a small file.

The panel counts calls by token (X-RateLimit-Limit and -Remaining on each answer, documented; a fixed window of a minute is what clients met), and
parallel networks are processes that know nothing of each other. Each takes its turn here before a call. The file holds no secret: its name is a digest.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Callable, NamedTuple

WINDOW = 60.0  # seconds
_QUEUE = 600.0  # how long a queue may be
LONGEST = 120.0  # a longer wait that the panel asks for is no rate limit, and nobody else's business


class Turns(NamedTuple):
    """What is known of a token, moments in seconds since the epoch.

    ``limit``: calls in a window, 0 where the panel has not said it. ``left``: what is left of them, as it was known at ``seen``. ``under_way``: calls
    without an answer yet. ``free``: before that moment no further turn is given. ``shut``: before that moment nobody calls, whatever turn was given before.
    """

    limit: int = 0
    left: int = 0
    seen: float = 0.0
    under_way: int = 0
    free: float = 0.0
    shut: float = 0.0


def take(turns: Turns, now: float) -> tuple[Turns, float]:
    """The turns with one more given, and the seconds until it comes."""
    if turns.seen > now + 1:
        turns = Turns()  # the clock went backwards
    if now - turns.seen >= WINDOW:
        # Nothing that was said holds any more; whoever has not got an answer by now was killed.
        turns = turns._replace(left=turns.limit, seen=now, under_way=0)
    turns, wait = _turn(turns, now)
    return turns._replace(under_way=turns.under_way + 1), wait


def again(turns: Turns, now: float) -> tuple[Turns, float]:
    """Another turn for who has waited for one, where the panel has asked for a wait meanwhile."""
    return _turn(turns, now) if turns.shut > now else (turns, 0.0)


def _turn(turns: Turns, now: float) -> tuple[Turns, float]:
    at, free = max(now, turns.shut), turns.free
    if turns.limit and turns.left - turns.under_way < turns.limit / 10:
        step = WINDOW / turns.limit
        at = max(at, turns.free if turns.free > now - step else now + step)
        free = at + step
    return turns._replace(free=free), at - now


def heard(turns: Turns, limit: int, left: int, now: float) -> Turns:
    """After an answer. Answers overtake each other: within a window the lowest number is the last one."""
    turns = turns._replace(under_way=max(0, turns.under_way - 1))
    if limit <= 0:
        return turns
    same = turns.limit == limit and now - turns.seen < WINDOW and left - turns.left < limit / 2
    return turns._replace(limit=limit, left=min(left, turns.left) if same else left, seen=now)


def refused(turns: Turns, wait: float, now: float) -> Turns:
    """After a refusal that asks for a wait: nobody calls before it is over, and then one after the other."""
    if wait > LONGEST:
        return turns
    return turns._replace(left=0, seen=now, free=now + wait, shut=now + wait) if now + wait > turns.shut else turns


class Pace:
    """The turns of this process, and of all others that are given the same key. What cannot be shared is this process's alone.

    :arg key: stands for the token and the panel; empty: nothing is shared.
    """

    def __init__(self, key: str, now: Callable[[], float]) -> None:
        self._now, self._turns = now, Turns()
        self._path = os.path.join(_folder(), hashlib.sha256(key.encode()).hexdigest()[:24]) if key else ""

    def take(self) -> float:
        """The seconds to wait before the next call."""
        with self._shared() as now:
            self._turns, wait = take(self._turns, now)
        return wait

    def again(self) -> float:
        """After that wait: the seconds to wait once more, mostly 0."""
        with self._shared() as now:
            self._turns, wait = again(self._turns, now)
        return wait

    def heard(self, limit: int, left: int) -> None:
        """An answer came, with these words about the limit (0: none), or the call is over without one."""
        with self._shared() as now:
            self._turns = heard(self._turns, limit, left, now)

    def refused(self, wait: float) -> None:
        """The panel asks for a wait."""
        with self._shared() as now:
            self._turns = refused(self._turns, wait, now)

    @contextmanager
    def _shared(self) -> Iterator[float]:
        file = self._open()
        if file is None:
            yield self._now()
            return
        try:
            # What cannot be locked, read or written, as on a full disk, is this process's alone.
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
            now = self._now()
            with suppress(OSError):
                text = os.pread(file, 4096, 0).decode(errors="replace").strip("\0")
                self._turns = _read(text, now) if text else self._turns
            yield now
            with suppress(OSError):
                told = json.dumps(self._turns).encode()
                os.pwrite(file, told, 0)
                os.truncate(file, len(told))
        finally:
            os.close(file)

    def _open(self) -> int | None:
        if not self._path:
            return None
        try:
            folder = os.path.dirname(self._path)
            os.makedirs(folder, mode=0o700, exist_ok=True)
            if os.lstat(folder).st_uid != os.geteuid():
                return None  # somebody else's, in a folder where everybody writes
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError:
            return None


def _read(text: str, now: float) -> Turns:
    """What the file holds; one that was cut or changed holds nothing, and lets nobody wait for ever."""
    try:
        limit, left, seen, under_way, free, shut = json.loads(text)
        if not all(math.isfinite(number) for number in (limit, left, seen, under_way, free, shut)):
            raise ValueError("no number")
        free, shut = min(float(free), now + _QUEUE), min(float(shut), now + LONGEST)
        return Turns(int(limit), int(left), float(seen), int(under_way), free, shut)
    except (OverflowError, RecursionError, TypeError, ValueError):
        return Turns()


def _folder() -> str:
    """A folder that ends with the session or the machine: nothing in it is worth keeping."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.path.isdir(runtime):
        return os.path.join(runtime, "wpmultisite.runcloud")
    return os.path.join(tempfile.gettempdir(), "wpmultisite.runcloud-%d" % os.geteuid())
