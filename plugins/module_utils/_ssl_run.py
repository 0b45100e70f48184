# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of runcloud_ssl: read, decide, at most a change and an order, and the wait until the certificate is really there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from . import _pem
from ._api import App, Record
from ._client import ApiError
from ._guards import surroundings
from ._names import enumerated
from ._result import api_calls
from ._ssl import Certificate, Ssl, Wish
from ._ssl_plan import (
    Bundle,
    Refusal,
    arrived,
    as_dict,
    choose,
    decide,
    differences,
    failing,
    find,
    foreseen,
    hosts,
    line,
    misfit,
    remarks,
    renewed,
    telling,
    unorderable,
)

_AGAIN = (
    "A failed validation counts at Let's Encrypt (five for each name and hour), so nothing was ordered again: mend the cause, "
    "then run with state: redeployed."
)


class Options(NamedTuple):
    """What a run is asked for, besides its wish. ``external_api``: a number or a label; ``leaf``: of a custom certificate."""

    state: str = "present"
    domain: str | None = None
    external_api: str | None = None
    leaf: _pem.Leaf | None = None
    wait: bool = True
    wait_timeout: float = 300.0
    wait_interval: float = 15.0
    check_mode: bool = False
    diff: bool = False


class Run:
    """``write`` decides and writes and is to be called under the lock; ``settle`` waits, reads and gives the module's return values.

    Both raise ApiError when reading failed, and Refusal. A write whose answer was lost is never sent again: ``settle`` finds out.
    """

    def __init__(self, app: App, wish: Wish, options: Options) -> None:
        self._app, self._ssl, self._client = app, Ssl(app), app.client
        self._wish, self._options = wish, options
        self._place: int | None = None
        self._bundle: Bundle | None = None
        self._fingerprint: str | None = None
        self._before: Certificate | None = None
        self._steps: list[str] = []
        self._skipped = False
        self._since: int | None = 0
        self._lost: ApiError | None = None
        self.changed = False

    # -- reading and writing -------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Make the writes that are needed; in check mode none."""
        options = self._options
        if unknown := self._ssl.knows(self._wish):
            raise Refusal("This API version does not know %s." % enumerated(unknown))
        stop = misfit(self._ssl.mode(), options.domain)
        if stop:
            raise Refusal(stop)
        records = self._records()
        if records is None:
            return
        self._before = self._ssl.at(self._place)
        if options.external_api is not None:
            self._wish = self._wish._replace(external_api=choose(self._ssl.external_apis(), options.external_api))
        if options.leaf is not None:
            self._bundle = Bundle(options.leaf.not_after, options.leaf.fingerprint)
            self._fingerprint = self._shown(self._before)
        self._steps, stop = decide(options.state, self._wish, self._before, self._bundle, self._fingerprint)
        stops = [stop] if stop else []
        if self._steps and not stops:
            stops = self._hindrances(records)
        if stops:
            raise Refusal(" ".join(stops))
        if self._steps and not options.check_mode:
            if self._ordered():
                self._since = self._ssl.newest()
            self._do_all()

    def _records(self) -> list[Record] | None:
        """The records that the certificate is for; None when it cannot be there and need not."""
        if self._options.domain is None:
            return []  # all of them; they are read when they matter
        record, missing = find(self._options.domain, self._app.records())
        if record is None:
            if self._options.state == "absent":
                return None
            raise Refusal(missing)
        self._place = record.id
        return [record]

    def _hindrances(self, records: list[Record]) -> list[str]:
        """Why the writes must not be made, from what only matters before one."""
        options, basic = self._options, self._options.domain is None
        orders = "install" in self._steps or "redeploy" in self._steps
        stops = []
        if basic and (orders or self._bundle):
            records = self._app.records()
        if self._bundle and options.leaf:
            bare = _pem.uncovered(options.leaf, hosts(records))
            if bare:
                stops.append("certificate does not cover %s." % enumerated(bare))
        elif orders:
            present = self._before.authorization_method if self._before else None
            method = self._wish.authorization_method or present or "http-01"
            stops += unorderable(hosts(records), method, basic)
        return stops + surroundings(self._app.server(), self._app.read(), [])

    def _shown(self, found: Certificate | None) -> str | None:
        """The fingerprint of a custom certificate, where the panel shows it and one was given to compare with."""
        return _pem.fingerprint(found.pem) if self._bundle and found and found.pem else None

    def _do_all(self) -> None:
        steps, self._steps = self._steps, []
        for step in steps:
            if self._lost is not None:
                self._skipped = True  # an order with settings that nobody knows could be a wasted one
                return
            try:
                self._do(step)
            except ApiError as exc:
                if not exc.unclear:
                    raise
                self._lost = exc
            self.changed = True
            self._steps.append(step)

    def _do(self, step: str) -> None:
        if step == "install" or self._before is None:
            self._ssl.install(self._place, self._wish)
            return
        if step == "change":
            wish = self._wish
            if self._bundle and not renewed(self._bundle, self._before, self._fingerprint):
                wish = wish._replace(certificate=None, private_key=None)
            self._ssl.change(self._place, self._before.id, wish)
        elif step == "redeploy":
            self._ssl.redeploy(self._place, self._before.id)
        else:
            self._ssl.remove(self._place, self._before.id)

    # -- what came of it -----------------------------------------------------------------------------------------------

    def settle(self) -> dict[str, Any]:
        """Wait if asked to, and tell."""
        options = self._options
        if options.check_mode:
            self.changed = bool(self._steps)
            return self._told(foreseen(self._steps, self._wish, self._before, self._bundle))
        if self._steps == ["remove"]:
            return self._wait_for_removal()
        pending = options.state != "absent" and self._before is not None and not self._before.issued
        if self._steps or (pending and options.wait):
            return self._wait()
        return self._told(self._before)

    def _wait_for_removal(self) -> dict[str, Any]:
        client, options = self._client, self._options
        until = client.monotonic() + (options.wait_timeout if options.wait else 0)
        after = self._ssl.at(self._place)
        while after is not None and client.monotonic() + options.wait_interval <= until:
            client.sleep(options.wait_interval)
            after = self._ssl.at(self._place)
        return self._told(
            after, "it is still there after its removal. Look at the web app in the panel" if after else ""
        )

    def _wait(self) -> dict[str, Any]:
        """Until the certificate is there, its order has failed, or the time is over; without ``wait`` one look."""
        client, options = self._client, self._options
        until = client.monotonic() + options.wait_timeout
        seen = False
        while True:
            after = self._ssl.at(self._place)
            if arrived(self._steps, self._before, after, self._bundle, self._shown(after)):
                return self._told(after, self._untaken(after))
            log = self._ssl.log() if self._ordered() and self._since is not None else []
            lines = telling(log, self._since or 0, options.domain)
            # The newest line decides: those before it may be about an earlier order.
            if failing(lines[:1]):
                earlier = "there is no certificate, and the newest line of the web app's log about it is of a failure"
                return self._told(after, "the order failed" if self._steps else earlier, lines)
            if seen and after is None:
                return self._told(after, "the order failed, and the panel has taken its object away", lines)
            if not options.wait:
                doubt = self._lost is not None and (after is None or self._steps != ["install"])
                return self._told(
                    after, "whether it was ordered is not known" if doubt else self._untaken(after), lines
                )
            if client.monotonic() + options.wait_interval > until:
                return self._told(after, "no certificate came within %g seconds" % options.wait_timeout, lines)
            seen = seen or after is not None
            client.sleep(options.wait_interval)

    def _ordered(self) -> bool:
        """Whether this run, or one before it, waits for Let's Encrypt."""
        return self._bundle is None and self._steps not in (["remove"], ["change"])

    def _untaken(self, after: Certificate | None) -> str:
        """The settings that the panel did not take, in words."""
        if "change" not in self._steps or after is None:
            return ""
        left = differences(self._wish, after)
        return "; ".join("%s is still %s" % (field, left[field][0]) for field in sorted(left))

    def _told(self, after: Certificate | None, fault: str = "", lines: Sequence[str] = ()) -> dict[str, Any]:
        options = self._options
        told: dict[str, Any] = {
            "changed": self.changed,
            "certificate": as_dict(after, options.domain, self._client.now()),
            "ordered": bool(self._steps) and self._ordered(),
            "panel_log": list(lines),
            "notes": remarks(after, self._client.now()),
            "api_calls": api_calls(self._client.calls),
        }
        if options.diff:
            told["diff"] = {"before": line(self._before), "after": line(after)}
        if self._skipped and not fault:
            fault = "the answer to the change of its settings was lost, so nothing was ordered"
        if fault:
            told["msg"] = " ".join(
                ["%s: %s." % (options.domain or "The web app's certificate", fault), *self._advice(lines)]
            )
        return told

    def _advice(self, lines: Sequence[str]) -> list[str]:
        words = []
        if lines:
            words.append("The panel's log: %s." % " / ".join(text.rstrip(".") for text in lines))
        elif self._ordered():
            words.append("The panel's log says nothing about it.")
        if self._lost is not None:
            words.append(str(self._lost))
        elif self._bundle is not None and "change" in self._steps:
            words.append(
                "The panel may not take a certificate in place: remove the old one (state: absent), then install."
            )
        elif self._ordered():
            words.append(_AGAIN)
        return words
