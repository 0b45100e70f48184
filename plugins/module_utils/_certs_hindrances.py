# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an order that a name needs is not sent now, in the list where a person finds it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ._certs import Decision, Hitch, Rules, waits
from ._moments import text_of
from ._names import enumerated
from ._ssl import Certificate


class Hindrance(NamedTuple):
    """Why an order is not sent now. ``list``: waiting when time or a customer mends it, forbidden by CAA, blocked when a person has to."""

    list: str
    reason: str
    hitches: Sequence[Hitch] = ()
    again: datetime | None = None

    def put(self, decision: Decision, name: str, what: str) -> None:
        """Enter a name for which something would be ordered."""
        reason = "%s; %s" % (what, self.reason) if what else self.reason
        if self.list == "blocked":
            decision.blocked.append({"name": name, "reason": reason})
        else:
            rows = decision.waiting if self.list == "waiting" else decision.forbidden
            rows.append(waits(name, reason, self.hitches, self.again))


def unfit(found: Certificate | None, rules: Rules) -> Hindrance | None:
    """Why this SSL object cannot be ordered anew."""
    if found is None:
        return None
    if found.provider != "letsencrypt":
        return Hindrance(
            "blocked",
            "it is no certificate of Let's Encrypt but %s: hand in a new one with runcloud_ssl" % found.provider,
        )
    if found.environment not in (None, rules.environment):
        return Hindrance(
            "blocked",
            "its environment is %s, which cannot be changed in place: remove it with runcloud_ssl (state: absent)"
            % found.environment,
        )
    return None


def unready(hitches: Sequence[Hitch]) -> Hindrance | None:
    """What the hosts of a name have against an order; None when there is nothing."""
    if not hitches:
        return None
    forbidding = [hitch for hitch in hitches if hitch.forbids]
    if forbidding:
        return Hindrance("forbidden", "CAA forbids it: %s" % " ".join(hitch.message for hitch in forbidding), hitches)
    return Hindrance("waiting", "it is not ready for a certificate (%s)" % named(hitches), hitches)


def named(hitches: Sequence[Hitch]) -> str:
    """Their hosts, each once."""
    return enumerated(list(dict.fromkeys(hitch.host for hitch in hitches)))


def unremembered(place: str | None, kind: str, rules: Rules) -> Hindrance | None:
    """Why an order needs a memory that there is not."""
    if rules.survived:
        return None
    if kind == "redeploy":
        return Hindrance(
            "blocked", "%s, so nobody knows what was ordered when, and nothing is ordered anew" % _FORGOTTEN
        )
    if place in rules.refusals:
        return Hindrance(
            "blocked", "%s, and the panel's log tells of a failure: %s" % (_FORGOTTEN, rules.refusals[place])
        )
    return None


def too_soon(place: str | None, hosts: Sequence[str], rules: Rules) -> Hindrance | None:
    """Why an order has to wait for its time."""
    halt = rules.attempts.halt
    if halt is not None and halt.until > rules.now:
        return Hindrance(
            "waiting", "no order is sent before %s: %s" % (text_of(halt.until), halt.reason), again=halt.until
        )
    held = rules.attempts.held([None] if place is None else hosts, rules.now)
    if held is not None:
        until, failure = held
        return Hindrance(
            "waiting",
            "%d attempt%s failed, the last at %s (%s); the next one is due at %s"
            % (
                failure.number,
                "" if failure.number == 1 else "s in a row",
                text_of(failure.last),
                failure.reason.rstrip("."),
                text_of(until),
            ),
            again=until,
        )
    return None


def spent(rules: Rules, sending: int = 0) -> Hindrance:
    """The cap is reached, by the orders that are being sent now if not before."""
    reason = "max_orders: %d orders for a server in three hours are spent" % rules.max_orders
    return Hindrance("waiting", reason, again=rules.free(sending))


NOT_OURS = Hindrance(
    "blocked", "the record is not ours, so its certificate is not replaced (the playbook adopt takes it over)"
)
REPORT = Hindrance("waiting", "it would be ordered, but for ssl_policy: report")
_FORGOTTEN = "there is no memory of earlier runs (give a state_dir that survives)"
