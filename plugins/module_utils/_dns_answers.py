# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the answers of DNS servers hold: dnspython's messages as plain data. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

try:
    import dns.flags
    import dns.rcode
    import dns.rdatatype
except ImportError:  # said by the module, which does not get here
    dns = None  # type: ignore[assignment]

from ._dns import Reply
from ._dns_caa import CaaAnswer, CaaRecord

ROOT = "."  # as where a CNAME leads


class Failed(NamedTuple):
    """Why there is no answer: timeout, error, or the code of the answer in small letters."""

    outcome: str


def reply(host: str, kind: str, answer: Any) -> Reply:
    """What a resolver's answer says, with the whole chain of CNAMEs."""
    if isinstance(answer, Failed):
        return Reply(answer.outcome)
    cnames, found = _followed(host, kind, answer)
    if found is None:
        return Reply("loop", (), cnames)
    outcome = "nxdomain" if answer.rcode() == dns.rcode.NXDOMAIN else "ok"
    return Reply(outcome, tuple(sorted(record.address for record in found)), cnames)


def caa_answer(name: str, answer: Any) -> CaaAnswer:
    """What an answer says about the CAA records of a name; none, where it does not exist."""
    if isinstance(answer, Failed):
        return CaaAnswer(answer.outcome, name)
    cnames, found = _followed(name, "CAA", answer)
    if found is None:
        return CaaAnswer("loop", name)
    records = tuple(
        CaaRecord(one.flags, one.tag.decode("ascii").lower(), one.value.decode("latin-1"), one.to_text())
        for one in found
    )
    return CaaAnswer("ok", (name, *cnames)[-1] if records else None, records)


def _followed(name: str, kind: str, answer: Any) -> tuple[tuple[str, ...], Any]:
    """The CNAMEs of a name, and the records of where they lead; these are None for a circle."""
    records = {(text(rrset.name), rrset.rdtype): rrset for rrset in answer.answer}
    cnames: list[str] = []
    end = name
    while (end, dns.rdatatype.CNAME) in records:
        end = text(records[end, dns.rdatatype.CNAME][0].target) or ROOT
        if end == name or end in cnames:
            return tuple(cnames), None
        cnames.append(end)
    return tuple(cnames), records.get((end, dns.rdatatype.from_text(kind)), ())


def first_hop(host: str, kind: str, answer: Any) -> Reply:
    """What an authoritative server says, without what it adds about the target of a CNAME."""
    if isinstance(answer, Failed):
        return Reply(answer.outcome)
    if not _authority(answer):
        return Reply("lame")
    own = reply(host, kind, answer)
    # The code of an answer with a CNAME is that of the CNAME's target (RFC 2308 2.1).
    return Reply("ok", (), own.cnames[:1]) if own.cnames else own


def behind(own: Reply, below: Reply) -> Reply:
    """A CNAME's reply completed by that of its target."""
    return below._replace(cnames=(*own.cnames, *below.cnames)) if own.cnames else own


def _authority(answer: Any) -> bool:
    return not isinstance(answer, Failed) and bool(answer.flags & dns.flags.AA)


def referral(answers: Sequence[Sequence[Any]], zone: str, host: str) -> str | None:
    """The zone below this one to which servers refer for the host; None when one of them answers for it, or none refers."""
    found = [answer for pair in answers for answer in pair if not isinstance(answer, Failed)]
    if any(_authority(answer) for answer in found):
        return None
    for rrset in (rrset for answer in found for rrset in answer.authority):
        owner = text(rrset.name)
        if rrset.rdtype == dns.rdatatype.NS and owner != zone and within(owner, zone) and within(host, owner):
            return owner
    return None


def within(name: str, zone: str) -> bool:
    """Whether a name is a zone's, or below it; all are below the root, which is empty."""
    return not zone or name == zone or name.endswith("." + zone)


def text(name: Any) -> str:
    """A name as everything else spells it; the root is empty."""
    return str(name.to_text(omit_final_dot=True)).lower().strip(".")
