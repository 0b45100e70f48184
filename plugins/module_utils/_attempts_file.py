# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``attempts.json`` of a state directory, and those of the networks beside it."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import datetime

from ._api import Target
from ._attempts import FORMAT, Attempts, dump, load
from ._lock import StateError
from ._state import Kind, keep, recall

KIND = Kind(
    "attempts.json",
    FORMAT,
    "memory of certificate orders",
    "nothing is remembered, and only names without any SSL object get a certificate in the next run",
)


class Book:
    """The memory of one web app's orders. Without a folder everything is forgotten at the end of the run.

    ``survived``: whether there was a memory when the run began.

    :arg writes: False for a run that only looks.
    :raises StateError: when there is a memory that must not be used.
    """

    def __init__(self, folder: str | None, target: Target, writes: bool) -> None:
        self._folder, self._target, self._writes = folder, target, writes and folder is not None
        found = recall(folder, KIND, load) if folder is not None else None
        self.survived = found is not None
        self.now = found[1] if found else Attempts()
        if found and found[0] != target:
            raise StateError(
                "%s speaks of web app %d on server %d (%s), not of this one. Give another state_dir, or, when this "
                "network has moved to another web app, move that file away together with the ledger."
                % (os.path.join(folder or "", KIND.file), found[0].webapp_id, found[0].server_id, found[0].api_url)
            )
        self._stored: Attempts | None = self.now if found else None

    def set(self, attempts: Attempts) -> None:
        """Remember this; stored at once, so that a run that is killed afterwards has left word.

        :raises StateError: when that is not possible.
        """
        self.now = attempts
        if not self._writes or self._folder is None or attempts == self._stored:
            return
        keep(self._folder, KIND, dump(self._target, attempts))
        self._stored = attempts

    def close(self, now: datetime, hosts: Collection[str]) -> None:
        """The end of a run: forget what is no longer asked for."""
        self.set(self.now.kept(now, hosts))

    def neighbours(self) -> tuple[list[tuple[Target, Attempts]], list[str]]:
        """What the networks beside this one remember of the same server, and the files that cannot be read."""
        found: list[tuple[Target, Attempts]] = []
        faults: list[str] = []
        if self._folder is None:
            return found, faults
        parent = os.path.dirname(os.path.abspath(self._folder))
        try:
            beside = sorted(os.listdir(parent))
        except OSError:
            return found, faults  # it is not there yet
        for name in beside:
            if name == os.path.basename(os.path.abspath(self._folder)):
                continue
            try:
                other = recall(os.path.join(parent, name), KIND, load)
            except StateError as exc:
                faults.append("orders of another network are not counted: %s" % exc)
                continue
            if other and other[0][:2] == self._target[:2]:
                found.append(other)
        return found, faults
