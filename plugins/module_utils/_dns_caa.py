# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CAA records mean for a host: may an issuer make out a certificate for it, in words for a customer. Pure.

By RFC 8659 and RFC 8657, and where these leave a choice as Let's Encrypt reads them (github.com/letsencrypt/boulder, va/caa.go).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from ._names import enumerated

METHODS = ("http-01", "dns-01")
# What a certificate authority knows of, whether or not it heeds it.
_KNOWN = frozenset(("issue", "issuewild", "iodef", "issuemail"))
_CRITICAL = 128 | 1  # many people read "bit 0" from the wrong end, so Let's Encrypt takes 1 for it, too
_ISSUER = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_PARAMETER = re.compile(r"[ \t]*([A-Za-z0-9]+)[ \t]*=[ \t]*([!-:<-~]*)[ \t]*")
_METHOD = re.compile(r"[A-Za-z0-9-]+")
_MOST_SHOWN = 20
_LONGEST_SHOWN = 256
_FAILED = {
    "servfail": "SERVFAIL",
    "timeout": "no answer in time",
    "refused": "REFUSED",
    "loop": "its CNAME records lead in a circle",
}


class CaaRecord(NamedTuple):
    """One record; the ``value`` has a character for each octet, ``text`` is how zone files write the record."""

    flags: int
    tag: str
    value: str
    text: str


class CaaAnswer(NamedTuple):
    """The records that are relevant for a host (RFC 8659 3).

    ``at``: whose they are, the host's own, a parent's or those where a CNAME leads; None when there are none. With an ``outcome``
    other than ok, the name for which DNS failed.
    """

    outcome: str
    at: str | None = None
    records: tuple[CaaRecord, ...] = ()


class _Issue(NamedTuple):
    """The value of a property ``issue``; ``well_formed`` is false when its parameters cannot be read."""

    issuer: str
    parameters: dict[str, str]
    well_formed: bool


def caa_entry(host: str, answer: CaaAnswer, issuer: str, method: str) -> dict[str, Any]:
    """What the facts hold of CAA: allowed, at, message, records. ``allowed`` is None where nobody knows.

    :arg issuer: how the certificate authority is called in CAA records, for example letsencrypt.org.
    :arg method: the way in which the order will be validated, one of METHODS.
    """
    allowed, message = _judge(host, answer, issuer, method)
    texts = sorted(record.text for record in answer.records)[:_MOST_SHOWN]
    return {
        "allowed": allowed,
        "at": answer.at if answer.records else None,
        "message": message,
        "records": [text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..." for text in texts],
    }


def _judge(host: str, answer: CaaAnswer, issuer: str, method: str) -> tuple[bool | None, str]:
    if answer.outcome != "ok":
        return None, (
            "The CAA records of %s cannot be looked up (%s), which %s needs: Let's Encrypt issues nothing while that fails. "
            "A common cause is DNSSEC, or name servers that do not know CAA; have the DNS provider mend it."
            % (answer.at, _FAILED.get(answer.outcome, "the answer is of no use"), host)
        )
    if not answer.records:
        return True, "No CAA record says who may issue certificates for %s, so everybody may." % host
    critical = {record.tag for record in answer.records if record.flags & _CRITICAL} - _KNOWN
    if critical:
        return False, (
            "The CAA records of %s demand by a critical tag (%s) what no certificate authority has to understand, so %s refuses "
            "certificates for %s. Remove that record." % (answer.at, enumerated(sorted(critical), 3), issuer, host)
        )
    # "issuewild" is only about wildcards.
    issues = [_parsed(record.value) for record in answer.records if record.tag == "issue"]
    if not issues:
        return True, "The CAA records of %s leave open who may issue certificates for %s." % (answer.at, host)
    ours = [issue for issue in issues if issue.issuer == issuer]
    if not ours:
        return False, "The CAA records of %s let %s issue certificates for %s, so %s refuses. %s" % (
            answer.at,
            _others(issues),
            host,
            issuer,
            _to_add(host, answer, issuer),
        )
    usable = [issue for issue in ours if issue.well_formed and _permits(issue.parameters, method)]
    if any("accounturi" not in issue.parameters for issue in usable):
        return True, "The CAA records of %s let %s issue certificates for %s." % (answer.at, issuer, host)
    if usable:
        return None, (
            "The CAA records of %s let %s issue certificates for %s to a certain account only (accounturi). Whether it is the panel's, the panel does "
            "not tell. %s" % (answer.at, issuer, host, _to_add(host, answer, issuer))
        )
    if any(issue.well_formed for issue in ours):
        return False, (
            "The CAA records of %s let %s issue certificates for %s, but not when %s proves that the domain is yours (validationmethods). %s"
            % (answer.at, issuer, host, method, _to_add(host, answer, issuer))
        )
    return False, "The CAA record of %s that names %s cannot be read, so it refuses certificates for %s. %s" % (
        answer.at,
        issuer,
        host,
        _to_add(host, answer, issuer),
    )


def _to_add(host: str, answer: CaaAnswer, issuer: str) -> str:
    """The sentence that names the record to add. One more record never forbids what others allow."""
    # Nobody's customer can change a top-level domain; the host's own records go before those.
    at = answer.at if answer.at and "." in answer.at else host
    return 'Add a CAA record for %s with the value 0 issue "%s".' % (at, issuer)


def _others(issues: Sequence[_Issue]) -> str:
    names = sorted({issue.issuer for issue in issues if _ISSUER.fullmatch(issue.issuer)})
    return "only %s" % enumerated([name[:_LONGEST_SHOWN] for name in names], 5) if names else "nobody"


def _parsed(value: str) -> _Issue:
    """``issuer; tag=value; ...`` (RFC 8659 4.2). A single final semicolon is allowed."""
    issuer, *parameters = value.split(";")
    issuer = issuer.strip(" \t")
    if len(parameters) == 1 and not parameters[0].strip(" \t"):
        parameters = []
    found = [_PARAMETER.fullmatch(parameter) for parameter in parameters]
    pairs = {match[1]: match[2] for match in found if match is not None}
    return _Issue(issuer, pairs, None not in found)


def _permits(parameters: dict[str, str], method: str) -> bool:
    """Whether ``validationmethods`` (RFC 8657 4) takes the method; one that cannot be read spoils the list up to the first fit."""
    if "validationmethods" not in parameters:
        return True
    for one in parameters["validationmethods"].split(","):
        if not _METHOD.fullmatch(one) or one == method:
            return one == method
    return False
