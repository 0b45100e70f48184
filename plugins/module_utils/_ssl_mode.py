# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch between Basic and Advanced SSL: who may go dark by it, and how long issuing takes afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Callable, NamedTuple

from ._api import App, Record, SslMode
from ._client import ApiError
from ._guards import surroundings
from ._names import enumerated
from ._result import api_calls
from ._ssl import Certificate, Ssl
from ._ssl_plan import MAX_NAMES, Refusal, hosts

# https://letsencrypt.org/docs/rate-limits/: what may be used at once, and the seconds after which one more is permitted.
ORDERS, ORDER_REFILL = 300, 36
CERTIFICATES, CERTIFICATE_REFILL = 50, 202 * 60
_PLAN = "Advanced SSL needs a Business or Enterprise plan."


class Effort(NamedTuple):
    """What the certificates of the new mode cost at Let's Encrypt, at least. ``slowest``: a registered domain over its limit."""

    orders: int
    seconds: int
    slowest: str | None

    def message(self) -> str:
        """For a person."""
        text = "%d certificate%s to be ordered afterwards" % (self.orders, " has" if self.orders == 1 else "s have")
        if not self.seconds:
            return text + "; Let's Encrypt's limits permit that at once."
        cause = (
            "%d certificates a week for %s" % (CERTIFICATES, self.slowest)
            if self.slowest
            else "%d orders in three hours" % ORDERS
        )
        return "%s; Let's Encrypt's limits (%s) stretch that over %s." % (text, cause, _words(self.seconds))


def _words(seconds: int) -> str:
    for size, unit in ((86400, "days"), (3600, "hours")):
        if seconds >= 2 * size:
            return "%d %s" % (-(-seconds // size), unit)
    return "%d minutes" % -(-seconds // 60)


def effort(advanced: bool, records: Sequence[Record], registered: Callable[[str], str]) -> Effort:
    """What issuing costs after the switch, if nothing was ordered before. ``registered``: a name's registered domain."""
    if not advanced:
        return Effort(1 if records else 0, 0, None)
    counted = Counter(registered(record.name) for record in records)
    slowest, most = max(counted.items(), key=lambda pair: (pair[1], pair[0]), default=(None, 0))
    by_domain = max(0, most - CERTIFICATES) * CERTIFICATE_REFILL
    by_account = max(0, len(records) - ORDERS) * ORDER_REFILL
    return Effort(len(records), max(by_domain, by_account), slowest if by_domain > by_account else None)


def lit(certificate: Certificate | None, now: datetime) -> bool:
    """Whether visitors may be seeing it as valid; one whose end nobody can read counts."""
    if certificate is None or not certificate.issued or certificate.environment == "staging":
        return False
    return certificate.valid_until is None or certificate.valid_until > now


def consent(dark: Sequence[str], accepted: int | None) -> str:
    """Why the switch must not be made; empty when exactly the names that may go dark were accepted."""
    if accepted == len(dark) or (accepted is None and not dark):
        return ""
    if not dark:
        return "accept_dark_names is %s, but no name has a valid certificate now: leave it out." % accepted
    return (
        "%d names have a valid certificate now and may have none as soon as the mode changes, until new ones are issued: what the panel does with "
        "the old ones is not documented. If that is right, set accept_dark_names: %d. Names: %s."
        % (len(dark), len(dark), enumerated(dark))
    )


class Switch:
    """One run of runcloud_ssl_mode.

    :arg auto: None leaves AutoSSL as it is, where the new mode has it.
    """

    def __init__(
        self, app: App, advanced: bool, auto: bool | None, accepted: int | None, registered: Callable[[str], str]
    ) -> None:
        self._app, self._ssl, self._client = app, Ssl(app), app.client
        self._advanced, self._auto, self._accepted, self._registered = advanced, auto, accepted, registered
        self._dark: list[str] = []
        self._effort: Effort | None = None

    def run(self, check_mode: bool) -> dict[str, Any]:
        """The module's return values, with ``msg`` when it failed; raises ApiError, and Refusal before the first call that changes something."""
        before = self._ssl.mode()
        if before is None and self._advanced:
            raise Refusal("The panel refuses to say how certificates are kept. %s" % _PLAN)
        before = before or SslMode(False, False)
        wanted = SslMode(self._advanced, self._advanced and (before.auto if self._auto is None else self._auto))
        if wanted == before:
            return self._told(before, before)
        stops = self._hindrances() if wanted.advanced != before.advanced else []
        stops += surroundings(self._app.server(), self._app.read(), [])
        if stops:
            stops += [self._effort.message()] if self._effort else []
            return dict(self._told(before, before), msg="Nothing was written to RunCloud. %s" % " ".join(stops))
        if check_mode:
            return self._told(before, wanted)
        lost = self._write(wanted)
        after = self._ssl.mode() or SslMode(False, False)
        told = self._told(before, after)
        if after != wanted:
            told["msg"] = "The mode is still %s after the switch to %s. %s" % (name(after), name(wanted), lost or "")
            told["msg"] = told["msg"].strip()
        return told

    def _hindrances(self) -> list[str]:
        records, now = self._app.records(), self._client.now()
        if self._advanced:
            valid = records if lit(self._ssl.own(), now) else []
        else:
            known = {record.id: record for record in records}
            valid = [known[row.domain_id] for row in self._ssl.by_domain(records) if lit(row.certificate, now)]
        self._dark = sorted(hosts(valid))
        self._effort = effort(self._advanced, records, self._registered)
        stop = consent(self._dark, self._accepted)
        stops = [stop] if stop else []
        names = len(hosts(records))
        if not self._advanced and names > MAX_NAMES:
            stops.append(
                "The web app serves %d names (www. counts), and one certificate covers at most %d: in Basic mode none could be issued."
                % (names, MAX_NAMES)
            )
        return stops

    def _write(self, wanted: SslMode) -> ApiError | None:
        try:
            self._ssl.set_mode(wanted)
        except ApiError as exc:
            if exc.unclear:
                return exc
            if wanted.advanced and exc.status in (402, 403, 422) and not exc.html:
                raise Refusal("%s %s" % (exc, _PLAN)) from exc
            raise
        return None

    def _told(self, before: SslMode, after: SslMode) -> dict[str, Any]:
        return {
            "changed": before != after,
            "ssl_mode": after._asdict(),
            "dark_names": self._dark,
            "effort": self._effort and dict(self._effort._asdict(), message=self._effort.message()),
            "api_calls": api_calls(self._client.calls),
            "diff": {"before": "%s\n" % name(before), "after": "%s\n" % name(after)},
        }


def name(mode: SslMode) -> str:
    """A mode in words."""
    if not mode.advanced:
        return "Basic SSL"
    return "Advanced SSL with AutoSSL" if mode.auto else "Advanced SSL"


def registered_by(suffixes: Any) -> Callable[[str], str]:
    """A name's registered domain by a public suffix list; a name that is a suffix itself stands for itself."""

    def registered(host: str) -> str:
        return str(suffixes.privatesuffix(host) or host)

    return registered
