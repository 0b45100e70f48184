# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of certificate orders: what was ordered when, what failed, and when it may be tried again. Pure.

The document is ``docs/schemas/attempts-1.json``. A place is a domain's name, or None for the web app's own certificate (Basic).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ._api import Target
from ._moments import moment_of, text_of

FORMAT = "wpmultisite.attempts/1"
DAY = timedelta(days=1)
LONGEST = timedelta(days=7)
# https://letsencrypt.org/docs/rate-limits/: the window in which new orders are counted.
WINDOW = timedelta(hours=3)
# No client has seen an order take longer than minutes; what shows no end after this has failed.
PATIENCE = timedelta(hours=1)
# How long a limit of Let's Encrypt stops everything; most of them refill within that window.
HALT = WINDOW
OPEN, ISSUED, FAILED = "open", "issued", "failed"


class Order(NamedTuple):
    """One order. ``ssl_id`` and ``stamps``: the SSL object that was there before it (None: there was none) and its dates.

    ``log``: the number of the newest line of the web app's log before it.
    """

    place: str | None
    kind: str  # install, redeploy
    hosts: tuple[str, ...]
    at: datetime
    ssl_id: int | None = None
    stamps: tuple[str, str] = ("", "")
    log: int = 0
    outcome: str = OPEN
    reason: str = ""


class Failure(NamedTuple):
    """Failures in a row of a host; of the web app's certificate under the key None."""

    number: int
    last: datetime
    reason: str

    def again(self) -> datetime:
        """When the next try is due: a day after the first failure, doubling to a week."""
        return self.last + min(DAY * (1 << min(self.number, 4) - 1), LONGEST)


class Halt(NamedTuple):
    """Nothing at all is ordered until then."""

    until: datetime
    reason: str


class Attempts(NamedTuple):
    """All that is remembered. At most one order of a place is open."""

    orders: tuple[Order, ...] = ()
    failures: Mapping[str | None, Failure] = {}
    halt: Halt | None = None

    def open(self, place: str | None) -> Order | None:
        """The order of a place whose end is not known."""
        return next((order for order in self.orders if order.place == place and order.outcome == OPEN), None)

    def last(self, place: str | None) -> Order | None:
        """The newest order of a place."""
        return max((order for order in self.orders if order.place == place), key=lambda one: one.at, default=None)

    def fulfilled(self, place: str | None) -> Order | None:
        """The newest order of a place that was issued."""
        issued = [order for order in self.orders if order.place == place and order.outcome == ISSUED]
        return max(issued, key=lambda one: one.at, default=None)

    def covered(self, place: str | None) -> frozenset[str]:
        """The hosts of that order; every renewal carries them on."""
        order = self.fulfilled(place)
        return frozenset(order.hosts) if order else frozenset()

    def held(self, keys: Iterable[str | None], now: datetime) -> tuple[datetime, Failure] | None:
        """The latest time until which one of these must not be tried again, and its failure; None when all may be."""
        found = [(self.failures[key].again(), self.failures[key]) for key in keys if key in self.failures]
        until, failure = max(found, key=lambda pair: pair[0], default=(now, None))
        return (until, failure) if failure is not None and until > now else None

    def timely(self, now: datetime) -> Attempts:
        """With dates of a clock that was ahead taken for now, so that they end some day and not when that clock would have said."""
        return Attempts(
            tuple(order._replace(at=min(order.at, now)) for order in self.orders),
            {key: failure._replace(last=min(failure.last, now)) for key, failure in self.failures.items()},
            self.halt and self.halt._replace(until=min(self.halt.until, now + HALT)),
        )

    # -- what happens --------------------------------------------------------------------------------------------------

    def ordered(self, order: Order) -> Attempts:
        """An order is about to be sent; one of the same place that was open has no end of its own any more."""
        rest = [
            one._replace(outcome=FAILED, reason="ordered again")
            if one.place == order.place and one.outcome == OPEN
            else one
            for one in self.orders
        ]
        return self._replace(orders=(*rest, order))

    def issued(self, place: str | None, hosts: Collection[str]) -> Attempts:
        """A certificate of the place is there: its failures are forgotten, its open order has been fulfilled."""
        gone = {None} if place is None else set(hosts)
        failures = {key: failure for key, failure in self.failures.items() if key not in gone}
        return self._closed(place, ISSUED, "")._replace(failures=failures)

    def failed(self, place: str | None, hosts: Collection[str], at: datetime, reason: str) -> Attempts:
        """An attempt of the place has failed at that time."""
        failures = dict(self.failures)
        for key in [None] if place is None else sorted(hosts):
            before = failures.get(key)
            failures[key] = Failure((before.number if before else 0) + 1, at, reason)
        return self._closed(place, FAILED, reason)._replace(failures=failures)

    def withdrawn(self, place: str | None) -> Attempts:
        """The open order of a place was never taken."""
        return self._replace(orders=tuple(one for one in self.orders if one.place != place or one.outcome != OPEN))

    def halted(self, until: datetime, reason: str) -> Attempts:
        """Nothing more is ordered until then."""
        return self._replace(halt=Halt(until, reason))

    def _closed(self, place: str | None, outcome: str, reason: str) -> Attempts:
        return self._replace(
            orders=tuple(
                one._replace(outcome=outcome, reason=reason) if one.place == place and one.outcome == OPEN else one
                for one in self.orders
            )
        )

    def kept(self, now: datetime, hosts: Collection[str]) -> Attempts:
        """Without what no rule asks for any more. ``hosts``: those of the web app; failures of others are forgotten when their time is over."""
        failures = {
            key: failure
            for key, failure in self.failures.items()
            if key is None or key in hosts or failure.again() > now
        }
        # What a certificate was ordered for is asked as long as its names are there, so that it is not ordered for them again.
        fulfilled = [
            self.fulfilled(place) for place in {order.place for order in self.orders} if place is None or place in hosts
        ]
        # A failure is forgotten when what was there before its order has given way to something newer.
        failed = [
            order
            for order in self.orders
            if order == self.last(order.place) and not failures.keys().isdisjoint(_keys(order))
        ]
        orders = [
            order
            for order in self.orders
            if order.outcome == OPEN
            or order.at > now - (DAY if order.place is None else WINDOW)
            or order in fulfilled
            or order in failed
        ]
        halt = self.halt if self.halt and self.halt.until > now else None
        return Attempts(tuple(orders), failures, halt)


def _keys(order: Order) -> tuple[str | None, ...]:
    return (None,) if order.place is None else order.hosts


def within(times: Iterable[datetime], now: datetime) -> list[datetime]:
    """The times of orders that count towards the cap now, oldest first; one in the future counts as now."""
    return sorted(min(at, now) for at in times if at > now - WINDOW)


# --- the document -------------------------------------------------------------------------------------------------------


def load(document: Mapping[str, Any]) -> tuple[Target, Attempts]:
    """Of which web app a document of FORMAT speaks, and what it remembers.

    :raises AttributeError, KeyError, OverflowError, TypeError, ValueError: when it is damaged.
    """
    target, halt = document["target"], document["halt"]
    return (
        Target(str(target["api_url"]), int(target["server_id"]), int(target["webapp_id"])),
        Attempts(
            tuple(_order(row) for row in document["orders"]),
            {
                _place(row["host"]): Failure(_count(row["count"]), moment_of(row["last"]), str(row["reason"]))
                for row in document["failures"]
            },
            Halt(moment_of(halt["until"]), str(halt["reason"])) if halt else None,
        ),
    )


def _order(row: Mapping[str, Any]) -> Order:
    stamps = row["before"]["stamps"] if row["before"] else ["", ""]
    if row["outcome"] not in (OPEN, ISSUED, FAILED) or not all(isinstance(host, str) for host in row["hosts"]):
        raise ValueError("an order without a known outcome and hosts")
    return Order(
        _place(row["domain"]),
        str(row["kind"]),
        tuple(row["hosts"]),
        moment_of(row["at"]),
        int(row["before"]["id"]) if row["before"] else None,
        (str(stamps[0]), str(stamps[1])),
        int(row["log"]),
        row["outcome"],
        str(row["reason"]),
    )


def _place(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("a name that is none")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("a count of failures that is none")
    return value


def dump(target: Target, attempts: Attempts) -> dict[str, Any]:
    """The document, without its format."""
    return {
        "target": target._asdict(),
        "orders": [
            {
                "domain": order.place,
                "kind": order.kind,
                "hosts": list(order.hosts),
                "at": text_of(order.at),
                "before": None if order.ssl_id is None else {"id": order.ssl_id, "stamps": list(order.stamps)},
                "log": order.log,
                "outcome": order.outcome,
                "reason": order.reason,
            }
            for order in attempts.orders
        ],
        "failures": [
            {"host": key, "count": failure.number, "last": text_of(failure.last), "reason": failure.reason}
            for key, failure in sorted(attempts.failures.items(), key=lambda pair: pair[0] or "")
        ],
        "halt": {"until": text_of(attempts.halt.until), "reason": attempts.halt.reason} if attempts.halt else None,
    }
