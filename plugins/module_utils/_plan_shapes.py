# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into the plan of a run, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any, Callable, NamedTuple

from ._api import Record
from ._ledger import Entry


class Wait(NamedTuple):
    """Why a host, a name or its www, has to wait.

    ``reason``: for the person who runs it. ``message``: the fact in words for a customer. ``record``: what the customer has to set
    (type, name, value), None where nobody knows it. ``away``: DNS says that the name does not reach us; otherwise it is not known.
    """

    host: str
    reason: str
    message: str = ""
    record: dict[str, Any] | None = None
    away: bool = False


class Wish(NamedTuple):
    """What the multisite, or a person, wants of one name.

    ``www``: True, False, ``keep`` (an existing flag is not compared) or ``avoid`` (a new record gets none, an existing
    one is reported, never switched off). ``forms``: which spellings the multisite holds: ``naked``, ``www``, ``both``.
    """

    name: str
    cls: str = "ensure"  # ensure, keep (neither added nor removed), protected (never removed, type never changed)
    type: str = "keep"  # keep, alias, redirect, primary
    www: Any = "keep"
    redirection: str = "keep"  # keep, none, www, non-www
    forms: str = "naked"
    needs_dns: bool = False
    rule: str = "asked for"
    www_needs_dns: bool = False
    # What DNS says. Without facts these stay as they are.
    wait: Wait | None = None  # why it is not ready to be added
    www_wait: Wait | None = None  # why its www must not be switched on
    www_ready: bool = False  # its www had to be looked at, and reaches us
    www_alone: bool = False  # the multisite holds the www alone, and the name without it leads elsewhere


class Override(NamedTuple):
    """A person's word about one name; it beats the wish."""

    www: bool | None = None
    redirection: str | None = None
    ignore: bool = False
    reason: str = ""


class Policy(NamedTuple):
    """How the plan may act. ``keep`` is a matcher of names; ``only`` and ``overrides`` go by folded key.

    ``owned``: the ledger's entries with this read of the source counted; ``removable``: the names of ``only`` as they were
    given, because a removal takes no ``www.`` along.
    """

    network: str
    ownership: str = "all"  # all, ledger (only what is owned), none (adds only)
    owned: Mapping[str, Entry] = MappingProxyType({})
    two_writers: bool = False  # the plugin writes to the web app, too: names are only added
    only_ready: bool = False  # a name that DNS does not call ready is not added
    repair: bool = True  # what we wrote and a person has changed since
    purge: bool = False
    grace_period: float = 86400.0  # seconds
    min_absences: int = 2
    now: datetime = datetime.max.replace(tzinfo=timezone.utc)
    keep: Callable[[str], str | None] = lambda host: None
    protected: frozenset[str] = frozenset()
    overrides: Mapping[str, Override] = MappingProxyType({})
    only: frozenset[str] | None = None
    removable: frozenset[str] | None = None
    first_converge: bool = False
    subdomain_install: bool = False
    subdomain_sites: str | None = None  # wildcard, individual, ignore
    elsewhere: Callable[[str], str | None] = lambda name: None  # which other network holds on to a name
    no_edit: str = ""  # why the API cannot edit a record; empty when it can
    max_adds: int = 50
    max_updates: int = 10
    max_removals: int = 5
    max_removals_percent: int = 10


class Action(NamedTuple):
    """One write: ``add`` (record None), ``update`` or ``remove``; ``flags`` are the intended type, www, redirection.

    ``written``: what of them is our own word, for the ledger; None means all.
    """

    kind: str
    name: str
    flags: dict[str, Any]
    record: Record | None
    reason: str
    written: dict[str, Any] | None = None


class Plan(NamedTuple):
    """What to do (in order) and what is left alone; every entry has a name and a reason."""

    actions: list[Action]
    differs: list[dict[str, Any]]
    waiting: list[dict[str, Any]]
    kept: list[dict[str, Any]]
    covered: list[dict[str, Any]]
    refused: list[dict[str, Any]]  # single names that cannot be done
    due: list[dict[str, Any]]  # records that nothing wants and that purge may remove
    matched: list[Record]  # records of wanted names, as wanted or not
    unchanged: list[dict[str, Any]]  # names that are as wanted, and whether they are ours
    stops: list[str]  # not empty: nothing at all may be written
    notes: list[str]
    first: bool  # first_converge is in effect
    network: str = ""  # the network's domain, by its folded key

    def of(self, kind: str) -> list[Action]:
        """The actions of one kind."""
        return [action for action in self.actions if action.kind == kind]


def empty_plan(first: bool = False, network: str = "") -> Plan:
    """A plan that does nothing, to be filled."""
    return Plan([], [], [], [], [], [], [], [], [], [], [], first, network)
