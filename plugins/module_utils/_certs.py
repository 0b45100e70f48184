# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of names and their certificates, and the questions that both modes ask of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ._api import Record
from ._attempts import DAY, FAILED, PATIENCE, WINDOW, Attempts, within
from ._moments import text_of
from ._names import WWW, covering, is_wildcard
from ._plan_dns import Facts
from ._ssl import Certificate, moment

# States of tls_certificate_info. In all others nobody knows what the certificate is, for example behind a proxy.
GOOD = frozenset(("valid", "expiring"))
LACKING = frozenset(("name_mismatch", "no_certificate", "self_signed"))
ENDED = frozenset(("expired",))
# Let's Encrypt's longest lifetime, for a certificate that does not tell its own.
_LIFETIME = timedelta(days=90)
_EVERYTHING = 3  # ACME clients renew when a third of the lifetime is left


class Want(NamedTuple):
    """What is wanted of a name. ``policy``: auto, report, external or none; ``reason``: why no certificate is wanted, empty when one is."""

    name: str
    policy: str = "auto"
    reason: str = ""


class Seen(NamedTuple):
    """What visitors of a host see: a state of tls_certificate_info, and of the certificate its end, lifetime and names."""

    state: str
    not_after: datetime | None = None
    lifetime: timedelta | None = None
    names: tuple[str, ...] = ()

    def covers(self, host: str) -> bool:
        """Whether the certificate is for this host."""
        return host in self.names or covering(host, [name[2:] for name in self.names if is_wildcard(name)]) is not None


class Site(NamedTuple):
    """A domain record, whether somebody wants its certificate and whether the record is ours.

    ``certificate``: its own SSL object (Advanced). ``asked``: whether the panel was asked for it.
    """

    record: Record
    want: Want | None = None
    owned: bool = False
    certificate: Certificate | None = None
    asked: bool = True

    def wanted(self) -> Want:
        """Who wants it; of a site that nobody wants nobody may ask that."""
        if self.want is None:
            raise LookupError(self.record.name)
        return self.want


class Hitch(NamedTuple):
    """Why Let's Encrypt would not issue for a host, or may not. ``record``: what the customer has to set, where somebody knows it.

    ``certain``: False while it is only not known that it would. ``caa``: the CAA records are the reason, and not where DNS leads.
    """

    host: str
    message: str
    record: dict[str, Any] | None = None
    certain: bool = True
    caa: bool = False

    @property
    def forbids(self) -> bool:
        """Whether the owner of the name wants no certificate of Let's Encrypt, as far as CAA says."""
        return self.caa and self.certain

    def as_dict(self) -> dict[str, Any]:
        """As results have it."""
        return {"name": self.host, "message": self.message, "record": self.record}


class Preflight(NamedTuple):
    """What is known of the hosts before an order.

    ``proxied``: hosts behind a proxy through which no probe came. ``caa``: what CAA has against a host. ``method``: http-01 or dns-01.
    """

    facts: Facts | None = None
    proxied: frozenset[str] = frozenset()
    caa: Mapping[str, Hitch] = {}
    method: str = "http-01"

    def hitches(self, hosts: Iterable[str], found: Certificate | None) -> list[Hitch]:
        """Why these hosts must not be on an order now; none when all may.

        :arg found: the certificate that would be ordered anew, which keeps its way of validation.
        """
        method = self.method if found is None else (found.authorization_method or "http-01")
        said: list[Hitch] = []
        for host in hosts:
            away = self._away(host) if method == "http-01" else None
            said += [hitch for hitch in (away, self.caa.get(host)) if hitch is not None]
        return said

    def _away(self, host: str) -> Hitch | None:
        """Why an HTTP validation of this host would not come here; None when it would."""
        if is_wildcard(host):
            return Hitch(host, "a wildcard is validated by dns-01 alone")
        if self.facts is None:
            return Hitch(host, "no facts of DNS were given, so nobody knows whether %s is ready" % host, certain=False)
        known = self.facts.of(host)
        if not known.ready:
            return Hitch(host, known.message, known.record, known.ready is False)
        if host in self.proxied:
            message = "%s is behind a proxy, and no probe has shown that the proxy leads here" % host
            return Hitch(host, message, certain=False)
        return None


class Rules(NamedTuple):
    """By what a run decides. ``overdue`` and ``expiring`` are fractions of a certificate's lifetime."""

    now: datetime
    preflight: Preflight
    seen: Mapping[str, Seen] = {}
    attempts: Attempts = Attempts()
    survived: bool = True
    refusals: Mapping[str | None, str] = {}  # without a memory: what the panel's log says of a place's last failure
    elsewhere: Sequence[datetime] = ()  # orders of other networks for the same server
    app_order: datetime | None = None  # the newest order of any network for this web app's own certificate
    ownership: str = "all"
    environment: str = "live"
    overdue: float = 0.05
    expiring: float = 0.2
    max_orders: int = 100
    autossl_grace: timedelta = timedelta(hours=1)

    def may_replace(self, owned: bool) -> bool:
        """Whether the certificate of a name may be replaced."""
        return self.ownership == "all" or (self.ownership == "ledger" and owned)

    def _spent(self) -> list[datetime]:
        return within([*(order.at for order in self.attempts.orders), *self.elsewhere], self.now)

    def budget(self) -> int:
        """How many orders are left for this server now."""
        return max(0, self.max_orders - len(self._spent()))

    def free(self, sending: int) -> datetime | None:
        """When the cap permits the next order after as many as are being sent now; None when it never does."""
        times = [*self._spent(), *[self.now] * sending]
        return times[len(times) - self.max_orders] + WINDOW if 0 < self.max_orders <= len(times) else None

    def shown(self, hosts: Sequence[str]) -> tuple[list[str], list[str]]:
        """Of these hosts those for which visitors see a valid certificate, and those for which nobody knows.

        A valid certificate of one host that names another one covers that too, as long as nothing else is seen there.
        """
        good = [self.seen[host] for host in hosts if host in self.seen and self.seen[host].state in GOOD]
        bad = LACKING | ENDED
        covered, unknown = [], []
        for host in hosts:
            state = self.seen[host].state if host in self.seen else ""
            if state in GOOD or (state not in bad and any(one.covers(host) for one in good)):
                covered.append(host)
            elif state not in bad:
                unknown.append(host)
        return covered, unknown

    def bare(self, place: str | None, hosts: Sequence[str], beside: Iterable[str]) -> list[str]:
        """Of these hosts those whose visitors see another certificate, and which the place's own does not carry as far as anybody knows.

        One that it carries is a matter of the web server: to order anew would change nothing, and be repeated until a limit ends it.

        :arg beside: the hosts that the same certificate may be seen at.
        """
        good = [self.seen[host] for host in beside if host in self.seen and self.seen[host].state in GOOD]
        ordered = self.attempts.covered(place)
        return [
            host
            for host in hosts
            if host in self.seen
            and self.seen[host].state in LACKING
            and host not in ordered
            and not any(one.covers(host) for one in good)
        ]

    def ending(self, hosts: Sequence[str]) -> Seen | None:
        """Of the valid certificates that visitors of these hosts see, the one that ends first."""
        good = [self.seen[host] for host in hosts if host in self.seen and self.seen[host].state in GOOD]
        return min((one for one in good if one.not_after), key=lambda one: one.not_after or self.now, default=None)

    def lifetime(self, certificate: Certificate | None, hosts: Sequence[str]) -> timedelta:
        """How long a certificate is valid in all: as visitors see it, else by the panel's date of renewal, else 90 days."""
        for host in hosts:
            seen = self.seen.get(host)
            if seen is not None and seen.lifetime and seen.state in GOOD | ENDED:
                return seen.lifetime
        if certificate and certificate.valid_until and certificate.renewal_date:
            left = certificate.valid_until - certificate.renewal_date
            if left > timedelta(0):
                return min(left * _EVERYTHING, _LIFETIME)
        return _LIFETIME


class Step(NamedTuple):
    """One order to send. ``place``: the domain's name, None for the web app's own certificate. ``before``: the SSL object that is there."""

    place: str | None
    kind: str  # install, redeploy
    hosts: tuple[str, ...]
    reason: str
    domain_id: int | None = None
    before: Certificate | None = None
    rank: tuple[int, str] = (0, "")  # what comes first: served and ending, served without, new

    def as_dict(self) -> dict[str, Any]:
        """As results have it."""
        return {"domain": self.place, "hosts": list(self.hosts), "kind": self.kind, "reason": self.reason}


class Decision(NamedTuple):
    """What is to be ordered, and of each wanted name that is not ordered in which list it stands.

    ``steps`` hold the names ``ordered`` for; in Advanced mode that is one name a step.
    """

    steps: list[Step]
    valid: list[dict[str, Any]]
    pending: list[dict[str, Any]]
    waiting: list[dict[str, Any]]
    forbidden: list[dict[str, Any]]
    blocked: list[dict[str, Any]]
    ignored: list[dict[str, Any]]
    warnings: list[str]
    names: dict[str | None, list[str]]  # the wanted names that each step is for


def undecided() -> Decision:
    """Nothing yet."""
    return Decision([], [], [], [], [], [], [], [], {})


def waits(name: str, reason: str, hitches: Sequence[Hitch] = (), again: datetime | None = None) -> dict[str, Any]:
    """An entry of ``waiting`` or ``forbidden``."""
    return {
        "name": name,
        "reason": reason,
        "hosts": [hitch.as_dict() for hitch in hitches],
        "again": text_of(again) if again else None,
    }


def stands(name: str, certificate: Certificate | None, seen: Seen | None, now: datetime) -> dict[str, Any]:
    """An entry of ``valid``: its end as the panel says it, else as visitors see it."""
    end = (certificate.valid_until if certificate else None) or (seen.not_after if seen else None)
    return {
        "name": name,
        "id": certificate.id if certificate else None,
        "valid_until": text_of(end) if end else None,
        "days_left": (end - now) // DAY if end else None,
    }


def sites(
    records: Sequence[Record], wants: Sequence[Want], owned: Iterable[str]
) -> tuple[list[Site], list[dict[str, Any]], list[dict[str, Any]]]:
    """The records with who wants them; of wanted names without a record those that wait for it, and those that need none."""
    own = set(owned)
    by_name = {record.name: record for record in records}
    found: dict[str, Want] = {}
    waiting, ignored = [], []
    for want in wants:
        record = by_name.get(want.name) or _by_www(want.name, by_name)
        if record is not None:
            # Two names of one record: the record is wanted when one of them wants it.
            if record.name not in found or found[record.name].reason:
                found[record.name] = want
            continue
        star = covering(want.name, {base for one in records for base in one.wildcard_bases()})
        if want.reason:
            ignored.append({"name": want.name, "reason": want.reason})
        elif star is not None:
            ignored.append(
                {"name": want.name, "reason": "covered by %s, whose certificate is validated by dns-01" % star}
            )
        else:
            waiting.append(waits(want.name, "it is not on the web app"))
    for record in records:
        # A record of its own for the www of a wanted name, whose visitors meet the same site.
        parent = found.get(record.name[len(WWW) :]) if record.name.startswith(WWW) else None
        if parent is not None and record.name not in found:
            found[record.name] = parent._replace(name=record.name)
    return (
        [Site(record, found.get(record.name), record.name in own) for record in records],
        waiting,
        ignored,
    )


def _by_www(name: str, records: Mapping[str, Record]) -> Record | None:
    """The record that serves a name which is no record's own: with the www flag of X, or named www.X."""
    parent = records.get(name[len(WWW) :]) if name.startswith(WWW) else None
    return parent if parent and parent.www else records.get(WWW + name)


def unwanted(site: Site) -> str:
    """Why nothing at all is done about the certificate of a wanted site; empty when something may be."""
    want = site.wanted()
    return want.reason or ("ssl_policy: none" if want.policy == "none" else "")


def dead(certificate: Certificate, now: datetime) -> str:
    """Why an SSL object that is not under way is no valid certificate; empty when it is one, as far as the panel says."""
    if not certificate.issued:
        return "its last order brought no certificate"
    if certificate.valid_until is not None and certificate.valid_until <= now:
        return "its certificate ended on %s" % text_of(certificate.valid_until)
    return ""


def unseen(name: str, hosts: Sequence[str], rules: Rules) -> list[str]:
    """What visitors of a name see although the panel has a valid certificate."""
    return [
        "%s: the panel has a valid certificate, but visitors of %s do not see it (%s)"
        % (name, host, rules.seen[host].state)
        for host in hosts
        if host in rules.seen and rules.seen[host].state in LACKING | ENDED
    ]


def late(certificate: Certificate, lifetime: timedelta, rules: Rules) -> str:
    """Why the panel's own renewal is taken for failed; empty when it is not."""
    due = certificate.renewal_date
    if due is None or rules.now - due < lifetime * rules.overdue:
        return ""
    days = (rules.now - due) // DAY
    return "the panel's own renewal has been due since %s (%d day%s), and nothing came" % (
        text_of(due),
        days,
        "" if days == 1 else "s",
    )


def ends_soon(end: datetime | None, lifetime: timedelta, rules: Rules) -> bool:
    """Whether so little of the lifetime is left that a person should know."""
    return end is not None and end - rules.now < lifetime * rules.expiring


def under_way(certificate: Certificate | None, place: str | None, attempts: Attempts, now: datetime) -> datetime | None:
    """When an order whose end is not known was placed, if it may still bring a certificate; None when none may."""
    order = attempts.open(place)
    if order is None:
        last = attempts.last(place)
        if certificate is None or certificate.issued or (last is not None and last.outcome == FAILED):
            return None
    at = order.at if order else moment((certificate.created_at if certificate else None) or "")
    return at if at is not None and now - at < PATIENCE else None


def doomed(hitches: Sequence[Hitch], certificate: Certificate, now: datetime) -> list[str]:
    """For each host that is known to fail a validation the warning that the next automatic renewal breaks on it, and when."""
    if certificate.provider != "letsencrypt":
        return []
    due, end = certificate.renewal_date, certificate.valid_until
    when = ["due in %d days" % max(0, (due - now) // DAY)] if due is not None else []
    when += ["the certificate ends in %d days" % max(0, (end - now) // DAY)] if end is not None else []
    return [
        "%s will break the next automatic renewal%s: %s"
        % (hitch.host, " (%s)" % ", ".join(when) if when else "", hitch.message)
        for hitch in hitches
        if hitch.certain
    ]
