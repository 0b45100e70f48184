# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A verdict on a host in words that a customer can act on, and the record that must be set. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, Callable

from ._dns import Expected, Verdict, View
from ._names import enumerated

_BROKEN = {
    "refused": "they refuse to answer for it",
    "lame": "they know nothing of its zone",
    "error": "they cannot be reached, or answer with what is no DNS message",
    "loop": "its CNAME records lead in a circle",
    "nxdomain": "they deny for one type of address that the name exists, and not for the other",
}


def fact(
    host: str, verdict: Verdict, expected: Expected, below: bool = False, caa: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The entry of a host in the facts.

    :arg below: whether the host lies below a name that is in DNS, so that its domain is surely registered.
    :arg caa: what CAA says, where that was asked.
    """
    view = verdict.view
    return {
        "name": host,
        "state": verdict.state,
        "ready": verdict.ready,
        "message": message(host, verdict, expected, below),
        "record": None if verdict.ready else record(host, expected),
        "addresses": list(view.addresses),
        "cname": view.cnames[0] if view.cnames else None,
        "caa": caa,
    }


def record(host: str, expected: Expected) -> dict[str, str] | None:
    """The record that a customer must set; None where only ranges are expected, or the host's own name.

    An address goes before a CNAME, because a domain itself (the apex of a zone) cannot have one (RFC 1034 3.6.2).
    """
    ipv4, ipv6 = expected.single(4), expected.single(6)
    if ipv4 is not None:
        return {"type": "A", "name": host, "value": ipv4}
    if ipv6 is not None:
        return {"type": "AAAA", "name": host, "value": ipv6}
    cname = next((name for name in expected.cnames if name != host), None)
    return {"type": "CNAME", "name": host, "value": cname} if cname is not None else None


def message(host: str, verdict: Verdict, expected: Expected, below: bool = False) -> str:
    """One or two sentences: what is seen, and what to do."""
    if below and verdict.state == "nxdomain" and not verdict.view.cnames:
        return "%s does not exist in DNS. %s" % (host, _to_set(host, expected))
    return _WORDS[verdict.state](host, verdict, expected)


def _to_set(host: str, expected: Expected) -> str:
    """The sentence that names the record to set."""
    wanted = record(host, expected)
    if wanted is None:
        addresses = enumerated(expected.texts()) or "the server, which only its operator knows"
        return "It has to lead to an address of %s." % addresses
    if wanted["type"] == "CNAME":
        return (
            "Set a CNAME record for %s with the value %s (for a domain itself, where no CNAME can stand, what DNS providers call ALIAS or ANAME)."
            % (host, wanted["value"])
        )
    text = "Set an %s record for %s with the value %s" % (wanted["type"], host, wanted["value"])
    ipv6 = expected.single(6)
    if wanted["type"] == "A" and ipv6 is not None:
        text += ", and for IPv6 an AAAA record with the value %s" % ipv6
    return text + "."


def _ready(host: str, verdict: Verdict, _expected: Expected) -> str:
    return "%s reaches this server (%s)." % (host, _path(verdict.view))


def _proxied(host: str, verdict: Verdict, _expected: Expected) -> str:
    return "%s leads to a proxy that is accepted (%s); whether the proxy leads here is set there." % (
        host,
        _path(verdict.view),
    )


def _elsewhere(host: str, verdict: Verdict, expected: Expected) -> str:
    view = verdict.view
    if view.cnames:
        return "%s leads elsewhere: its CNAME record leads to %s (%s). Remove that one. %s" % (
            host,
            view.cnames[-1],
            ", ".join(view.addresses),
            _to_set(host, expected),
        )
    return "%s leads elsewhere (%s). Remove what is there. %s" % (host, _records(view), _to_set(host, expected))


def _partly(host: str, verdict: Verdict, expected: Expected) -> str:
    faults = []
    here = (*verdict.ours, *verdict.proxied)
    for foreign, kind, version in (
        ([address for address in verdict.foreign if ":" not in address], "A", "IPv4"),
        ([address for address in verdict.foreign if ":" in address], "AAAA", "IPv6"),
    ):
        if not foreign:
            continue
        shared = any((":" in address) is (kind == "AAAA") for address in here)
        whom = "some of the visitors" if shared else "%s visitors" % version
        several = len(foreign) > 1
        # IPv4 addresses in the form of IPv6 are not routed.
        mapped = all(getattr(ip_address(address), "ipv4_mapped", None) for address in foreign)
        faults.append(
            "the %s record%s %s lead%s %s and Let's Encrypt %s: remove %s"
            % (
                kind,
                "s" if several else "",
                ", ".join(foreign),
                "" if several else "s",
                whom,
                "nowhere" if mapped else "elsewhere",
                "them" if several else "it",
            )
        )
    where = " (a CNAME of %s)" % verdict.view.cnames[-1] if verdict.view.cnames else ""
    text = "%s%s leads here only in part: %s." % (host, where, "; ".join(faults))
    # A host that reaches us by IPv6 alone would be left without an IPv4 address.
    if all(":" in address for address in here) and any(network.version == 4 for network in expected.networks):
        text += " " + _to_set(host, expected)
    return text


def _stale(host: str, verdict: Verdict, expected: Expected) -> str:
    said = "; ".join("%s says %s" % (view.server or "one", _records(view)) for view in verdict.views)
    return (
        "The name servers of %s disagree: %s. If this was changed just now, wait until all of them have it; else have the DNS provider mend it. %s"
        % (host, said, _to_set(host, expected))
    )


def _nxdomain(host: str, verdict: Verdict, expected: Expected) -> str:
    if verdict.view.cnames:
        return "%s has a CNAME record to %s, which does not exist in DNS. Remove it. %s" % (
            host,
            verdict.view.cnames[-1],
            _to_set(host, expected),
        )
    return "%s does not exist in DNS. Check that the domain is registered and has not expired. %s" % (
        host,
        _to_set(host, expected),
    )


def _no_address(host: str, verdict: Verdict, expected: Expected) -> str:
    if verdict.view.cnames:
        return "%s has a CNAME record to %s, which has no address. Remove it. %s" % (
            host,
            verdict.view.cnames[-1],
            _to_set(host, expected),
        )
    return "%s is known in DNS but has no address. %s" % (host, _to_set(host, expected))


def _servfail(host: str, _verdict: Verdict, expected: Expected) -> str:
    return (
        "DNS fails for %s (SERVFAIL). A common cause is DNSSEC: the registrar has a DS record that does not fit the zone, often after "
        "a move to other name servers; have it removed or renewed. %s" % (host, _to_set(host, expected))
    )


def _timeout(host: str, _verdict: Verdict, expected: Expected) -> str:
    return (
        "The name servers of %s gave no answer in time. Try again later; if it stays so, check the name servers that the registrar has for the domain. %s"
        % (host, _to_set(host, expected))
    )


def _broken(host: str, verdict: Verdict, expected: Expected) -> str:
    view = verdict.view
    outcome = next(reply.outcome for reply in (view.a, view.aaaa) if reply.outcome != "ok")
    if {view.a.outcome, view.aaaa.outcome} == {"ok", "nxdomain"}:
        outcome = "nxdomain"
    return (
        "The name servers of %s do not work: %s. Check that the domain's zone is at the DNS provider that the registrar names. %s"
        % (host, _BROKEN.get(outcome, "their answer (%s) is of no use" % outcome), _to_set(host, expected))
    )


_WORDS: dict[str, Callable[[str, Verdict, Expected], str]] = {
    "ready": _ready,
    "proxied": _proxied,
    "elsewhere": _elsewhere,
    "partly": _partly,
    "stale": _stale,
    "nxdomain": _nxdomain,
    "no_address": _no_address,
    "servfail": _servfail,
    "timeout": _timeout,
    "broken": _broken,
}


def _path(view: View) -> str:
    return " > ".join((*view.cnames, ", ".join(view.addresses)))


def _records(view: View) -> str:
    """What a view holds, as zone files say it."""
    if view.a.outcome == "nxdomain":
        return "that it does not exist"
    cname = "CNAME %s, " % view.cnames[0] if view.cnames else ""
    pairs: Sequence[tuple[str, tuple[str, ...]]] = (("A", view.a.addresses), ("AAAA", view.aaaa.addresses))
    return cname + (", ".join("%s %s" % (kind, ", ".join(found)) for kind, found in pairs if found) or "no address")
