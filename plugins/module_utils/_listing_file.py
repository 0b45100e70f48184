# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web app's listing in a file: saved by a run that may ask RunCloud, and read where nobody has its credentials."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from . import _backup
from ._api import Record, Target
from ._client import ApiError, Client
from ._lock import StateError
from ._plan_store import faults_of_files, folder_fault
from ._state import put
from ._wishes import records_of


class Unasked(Client):
    """Stands for a client where RunCloud is not asked: it knows no address and no credentials, and every call raises ApiError."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._read_only = True

    def _call(self, method: str, path: str, query: dict[str, Any] | None, body: Any, repeatable: bool) -> Any:
        raise ApiError(method, path, None, "RunCloud is not asked where listing_in is given")


class Saved(NamedTuple):
    """A listing that was read from a file."""

    records: list[Record]
    taken: str  # when, an ISO time in UTC


class ListingOut(NamedTuple):
    """Where a run saves the listing that it reads."""

    path: str
    network: str
    target: Target

    def save(self, records: Sequence[Record], now: datetime) -> None:
        """Put it in its place, whole or not at all, readable by its owner alone.

        :raises StateError: when that is not possible.
        """
        try:
            put(self.path, _backup.document(self.network, self.target, records, now))
        except OSError as exc:
            raise StateError(
                "listing_out: %s cannot be written: %s. Check its folder and the disk." % (self.path, exc.strerror)
            ) from exc


def from_options(
    params: Mapping[str, Any], check_mode: bool, network: str, target: Target, faults: list[str]
) -> tuple[ListingOut | None, Saved | None]:
    """What the options say of saved listings: where to write one, and the one to start from."""
    found = faults_of_files(params, "listing_out", "listing_in")
    if params["listing_out"] is not None and params["listing_in"] is not None:
        found.append("listing_out and listing_in are different things: save a listing in one run, use it in another.")
    if params["listing_in"] is not None and not check_mode:
        found.append("listing_in is for check mode: a run that writes asks RunCloud what there is.")
    faults += found
    if found:
        return None, None
    if params["listing_in"] is not None:
        return None, _read(params["listing_in"], network, target, faults)
    if params["listing_out"] is None:
        return None, None
    fault = folder_fault("listing_out", params["listing_out"])
    if fault:
        faults.append(fault)
    elif os.path.isdir(params["listing_out"]):
        faults.append("listing_out: %s cannot be written: %s." % (params["listing_out"], os.strerror(errno.EISDIR)))
    return ListingOut(params["listing_out"], network, target), None


def _read(path: str, network: str, target: Target, faults: list[str]) -> Saved | None:
    try:
        _said, rows, taken = _backup.load(path, network, target, None)
    except StateError as exc:
        faults.append("listing_in: %s" % exc)
        return None
    wrong: list[str] = []
    records = records_of(rows, "listing_in: %s: domains" % path, wrong)
    faults += wrong
    return None if wrong else Saved(records, taken)
