# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let's Encrypt as far as an order sees it: its limits, CAA, and validation by what DNS really answers.

Limits: https://letsencrypt.org/docs/rate-limits/ (2025), for one account. The staging environment has none of them here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import dns.exception
import dns.resolver
from publicsuffixlist import PublicSuffixList

CA_NAME = "letsencrypt.org"
CAA_TAGS = ("issue", "issuewild", "iodef", "issuemail")
HOUR, DAY = 3600.0, 86400.0
MAX_NAMES = 100
FAILURES_AN_HOUR = 5
DUPLICATES_A_WEEK = 5
CERTIFICATES_A_WEEK = 50
ORDERS_IN_THREE_HOURS = 300


class Refused(Exception):
    """Why no certificate was issued, as an ACME problem reads."""


@dataclass
class LetsEncrypt:
    """What the authority remembers. ``at``: seconds since the epoch; names: those of one order."""

    orders: list[float] = field(default_factory=list)
    issued: list[tuple[float, frozenset[str]]] = field(default_factory=list)
    failed: dict[str, list[float]] = field(default_factory=dict)
    in_a_row: dict[str, int] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)

    def admit(self, names: Collection[str], at: float) -> None:
        """A new order; raises Refused when a limit forbids it, before anything is validated."""
        if len(names) > MAX_NAMES:
            raise Refused(f"malformed: too many identifiers: {len(names)}, at most {MAX_NAMES} are allowed")
        if held := sorted(self.paused.intersection(names)):
            raise Refused(
                f"rateLimited: your account is temporarily prevented from requesting certificates for {held[0]}"
            )
        if self._recent(self.orders, at, 3 * HOUR) >= ORDERS_IN_THREE_HOURS:
            raise Refused(f"rateLimited: too many new orders ({ORDERS_IN_THREE_HOURS}) in the last 3h0m0s")
        for name in names:
            if self._recent(self.failed.get(name, []), at, HOUR) >= FAILURES_AN_HOUR:
                raise Refused(
                    f'rateLimited: too many failed authorizations ({FAILURES_AN_HOUR}) for "{name}" in the last 1h0m0s'
                )
        exact = frozenset(names)
        same = [when for when, issued in self.issued if issued == exact]
        if self._recent(same, at, 7 * DAY) >= DUPLICATES_A_WEEK:
            raise Refused(
                f"rateLimited: too many certificates ({DUPLICATES_A_WEEK}) already issued for this exact set of identifiers"
            )
        if not same:  # a renewal does not count towards the registered domain
            for domain in sorted({registered(name) for name in names}):
                theirs = [when for when, issued in self.issued if domain in {registered(name) for name in issued}]
                if self._recent(theirs, at, 7 * DAY) >= CERTIFICATES_A_WEEK:
                    raise Refused(
                        f'rateLimited: too many certificates ({CERTIFICATES_A_WEEK}) already issued for "{domain}"'
                    )
        self.orders.append(at)

    def validated(self, names: Collection[str], faults: dict[str, str], at: float, paused_after: int) -> None:
        """The end of an order; raises Refused with every name's fault when there is one."""
        for name in names:
            if name not in faults:
                self.in_a_row[name] = 0
                continue
            self.failed.setdefault(name, []).append(at)
            self.in_a_row[name] = self.in_a_row.get(name, 0) + 1
            if self.in_a_row[name] >= paused_after:
                self.paused.add(name)
        if faults:
            raise Refused("; ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.issued.append((at, frozenset(names)))

    @staticmethod
    def _recent(times: list[float], at: float, window: float) -> int:
        return sum(at - window < when <= at for when in times)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@cache
def registered(name: str) -> str:
    """The registered domain of a name."""
    return _suffixes().privatesuffix(name.removeprefix("*.")) or name


def _permits(value: str, method: str) -> bool:
    """Whether an ``issue`` is for Let's Encrypt, this way of validation, and no account of somebody else."""
    issuer, *parameters = (part.strip() for part in value.split(";"))
    given = {name.strip(): text.strip() for name, _, text in (one.partition("=") for one in parameters)}
    methods = given.get("validationmethods", method).split(",")
    return issuer == CA_NAME and method in methods and "accounturi" not in given


class Resolver:
    """Asks one recursive resolver; without an address every name fails, for nothing is issued because a test said so."""

    def __init__(self, address: str | None, port: int = 53) -> None:
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [address] if address else []
        self._resolver.port, self._resolver.lifetime = port, 2.0

    def http_fault(self, name: str, reaching: Collection[str]) -> str | None:
        """Why HTTP-01 cannot prove this name: it has to reach one of these addresses, and nothing else."""
        if name.startswith("*."):
            return "malformed: a wildcard cannot be validated by http-01"
        try:
            addresses = [*self._records(name, "A"), *self._records(name, "AAAA")]
        except dns.exception.DNSException as error:
            return f"dns: {type(error).__name__} looking up A for {name}"
        if not addresses:
            return f"dns: no valid A records found for {name}; no valid AAAA records found for {name}"
        wrong = [address for address in addresses if address not in reaching]
        if wrong:
            return f"unauthorized: {wrong[0]}: Invalid response from http://{name}/.well-known/acme-challenge/: 404"
        return self.caa_fault(name, "http-01")

    def caa_fault(self, name: str, method: str) -> str | None:
        """Why CAA forbids it: the nearest record set up the tree decides (RFC 8659; of RFC 8657 the way and the account)."""
        try:
            at, records = self._caa(name.removeprefix("*."))
        except dns.exception.DNSException:
            return f"caa: SERVFAIL looking up CAA for {name}"
        tags = {row.tag.decode().lower() for row in records}
        decides = "issuewild" if name.startswith("*.") and "issuewild" in tags else "issue"
        issues = [row.value.decode() for row in records if row.tag.decode().lower() == decides]
        unknown = any(row.flags & 128 and row.tag.decode().lower() not in CAA_TAGS for row in records)
        if unknown or (issues and not any(_permits(value, method) for value in issues)):
            return f"caa: CAA record for {at} prevents issuance"
        return None

    def _caa(self, name: str) -> tuple[str, list[Any]]:
        labels = name.split(".")
        for start in range(len(labels)):
            at = ".".join(labels[start:])
            if records := self._answer(at, "CAA"):
                return at, records
        return name, []

    def _records(self, name: str, kind: str) -> list[str]:
        return [row.address for row in self._answer(name, kind)]

    def _answer(self, name: str, kind: str) -> list[Any]:
        try:
            return list(self._resolver.resolve(name + ".", kind, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
