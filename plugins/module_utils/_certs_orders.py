# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends the orders of a run, a batch at a time, and waits for all of a batch together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from ._attempts import HALT, Attempts, Order, within
from ._attempts_file import Book
from ._certs import Step
from ._certs_input import Options
from ._client import ApiError
from ._lock import StateError
from ._ssl import Certificate, Ssl, Wish
from ._ssl_plan import arrived, exhausted, failing, telling

# What the panel says about one order alone; every other refusal would be said about the next one, too.
_SINGLE = (404, 409, 422)
# After it there is no line: where the log cannot be read before an order, none is taken for its failure.
_NO_LINE = sys.maxsize


class Fate(NamedTuple):
    """What became of an order. ``outcome``: issued, failed, pending, or unsent."""

    outcome: str
    reason: str = ""
    certificate: Certificate | None = None
    log: Sequence[str] = ()


class Orders:
    """The orders of one run. ``fates`` holds the fate of every place once ``send`` has ended, ``stop`` why some were not sent.

    An order that cannot be remembered is not sent, nor is any after it; ``fault`` then says why.

    :arg look_cost: calls that one look at all certificates takes; None where they are not listed.
    """

    def __init__(self, ssl: Ssl, client: Any, book: Book, wish: Wish, options: Options, look_cost: int | None) -> None:
        self._ssl, self._client, self._book, self._wish, self._options = ssl, client, book, wish, options
        self._look_cost = look_cost
        self._since = 0
        self._there: set[str | None] = set()
        self.fates: dict[str | None, Fate] = {}
        self.stop = self.fault = ""

    def send(self, steps: Sequence[Step]) -> None:
        """Send them, and wait if asked to."""
        newest = self._ssl.newest()
        self._since = _NO_LINE if newest is None else newest
        size = self._options.batch_size if self._options.wait else len(steps)
        for start in range(0, len(steps), size):
            if self.stop:
                break
            room = self._room()
            for sent, step in enumerate(steps[start : start + size]):
                if sent >= room:
                    self.stop = self.stop or "other runs have spent what max_orders leaves this server"
                if not self.stop:
                    self._send(step)
            self._wait(steps)
        for step in steps:
            self.fates.setdefault(step.place, Fate("unsent", self.stop))

    def _room(self) -> int:
        """How many orders the cap leaves now: networks beside this one, on other web apps of the server, may be at work as well."""
        others, _faults = self._book.neighbours()
        spent = [order.at for one in (self._book.now, *(other for _target, other in others)) for order in one.orders]
        return self._options.max_orders - len(within(spent, self._client.now()))

    def _remember(self, attempts: Attempts) -> bool:
        """Whether this is stored; where it is not, nothing more is sent."""
        try:
            self._book.set(attempts)
        except StateError as exc:
            self.fault = self.stop = str(exc)
        return not self.fault

    def _send(self, step: Step) -> None:
        before = step.before
        order = Order(
            step.place,
            step.kind,
            step.hosts,
            self._client.now(),
            before.id if before else None,
            before.stamps if before else ("", ""),
            self._since,
        )
        known = self._book.now
        if not self._remember(known.ordered(order)):
            self._book.now = known
            return
        try:
            if before is None:
                self._ssl.install(step.domain_id, self._wish)
            else:
                self._ssl.redeploy(step.domain_id, before.id)
        except ApiError as exc:
            if exc.unclear:
                self.fates[step.place] = Fate("pending", "whether it was ordered is not known: %s" % exc)
                return
            self._refused(step, exc)
        else:
            self.fates[step.place] = Fate("pending", "ordered")

    def _refused(self, step: Step, exc: ApiError) -> None:
        """The panel did not take the order."""
        said = str(exc)
        self.fates[step.place] = Fate("failed", said)
        if exc.html or exc.status not in _SINGLE:
            self._remember(self._book.now.withdrawn(step.place))
            self.stop = self.stop or "the panel refused the order before it (%s)" % (step.place or "the web app's")
            return
        self._remember(self._book.now.failed(step.place, step.hosts, self._client.now(), said))
        self._exhausted(said)

    def _exhausted(self, said: str) -> None:
        if exhausted(said):
            self._remember(self._book.now.halted(self._client.now() + HALT, said))
            self.stop = self.stop or "Let's Encrypt takes no more orders: %s" % said

    # -- waiting -------------------------------------------------------------------------------------------------------

    def _wait(self, steps: Sequence[Step]) -> None:
        """Until every order has ended, or the time is over; then nothing more is sent."""
        options, client = self._options, self._client
        until = client.monotonic() + options.wait_timeout
        while options.wait:
            left = [step for step in steps if step.place in self.fates and self.fates[step.place].outcome == "pending"]
            if not left:
                return
            if client.monotonic() + options.wait_interval > until:
                self.stop = (
                    self.stop or "orders of this run have not come to an end within %g seconds" % options.wait_timeout
                )
                return
            client.sleep(options.wait_interval)
            try:
                self._look(left)
            except ApiError as exc:
                self.stop = self.stop or "the certificates cannot be read: %s" % exc
                return

    def _look(self, left: Sequence[Step]) -> None:
        found = self._certificates(left)
        open_still = []
        for step in left:
            after = found[step.place]
            if arrived([step.kind], step.before, after, None):
                self.fates[step.place] = Fate("issued", "", after)
                self._remember(self._book.now.issued(step.place, step.hosts))
            else:
                open_still.append((step, after))
        log = self._ssl.log(self._since) if open_still else []
        for step, after in open_still:
            lines = telling(log, self._since, step.place)
            if failing(lines[:1]):
                self._failed(step, lines[0], lines)
            elif after is None and step.place in self._there:
                self._failed(step, "the panel has taken its object away and says nothing", lines)
            if after is not None:
                self._there.add(step.place)

    def _failed(self, step: Step, reason: str, lines: Sequence[str]) -> None:
        self.fates[step.place] = Fate("failed", reason, None, lines)
        at = self._book.now.open(step.place)
        self._remember(self._book.now.failed(step.place, step.hosts, at.at if at else self._client.now(), reason))
        self._exhausted(reason)

    def _certificates(self, left: Sequence[Step]) -> dict[str | None, Certificate | None]:
        """The certificates of these, by one look at all of them where that takes fewer calls."""
        if left[0].place is None:
            return {None: self._ssl.own()}
        if self._look_cost is not None and self._look_cost <= len(left):
            rows = self._ssl.listing().rows
            if rows is not None:
                by_id = {row.domain_id: row.certificate for row in rows}
                return {step.place: by_id.get(step.domain_id or 0) for step in left}
        return {step.place: self._ssl.of(step.domain_id or 0) for step in left}
