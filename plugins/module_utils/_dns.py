# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers from DNS mean for a host: does it reach us. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from ._names import BadName, is_wildcard, normalise

FORMAT = "wpmultisite.dns/1"
# https://www.cloudflare.com/ips-v4 and https://www.cloudflare.com/ips-v6
CLOUDFLARE = (
    *("173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18", "108.162.192.0/18"),
    *("190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13"),
    *("104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22"),
    *("2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32", "2a06:98c0::/29"),
    "2c0f:f248::/32",
)
READY = frozenset(("ready", "proxied"))
# From the most telling to the least.
_FAILURES = ("servfail", "timeout", "broken")


class Reply(NamedTuple):
    """What one server, or the resolver, says about one type of record of a host.

    ``outcome``: ok, nxdomain, servfail, timeout, or what is wrong with the answer: refused, lame, loop, error.
    """

    outcome: str
    addresses: tuple[str, ...] = ()
    cnames: tuple[str, ...] = ()  # where the host's CNAME leads, hop by hop


class View(NamedTuple):
    """A host as one server sees it; ``server`` is empty for the recursive resolver."""

    server: str
    a: Reply
    aaaa: Reply

    @property
    def cnames(self) -> tuple[str, ...]:
        """The chain of CNAMEs."""
        return self.a.cnames or self.aaaa.cnames

    @property
    def addresses(self) -> tuple[str, ...]:
        """IPv4 first, each in the order of its numbers."""
        return (*_sorted(self.a.addresses), *_sorted(self.aaaa.addresses))


class Expected(NamedTuple):
    """What counts as reaching us; the networks as ``ipaddress`` has them, an address being a network of one."""

    networks: tuple[Any, ...] = ()
    cnames: tuple[str, ...] = ()
    proxies: tuple[Any, ...] = ()

    def texts(self) -> list[str]:
        """The networks as a person writes them."""
        return [text_of(network) for network in self.networks]

    def single(self, version: int) -> str | None:
        """The first expected address of an IP version, if one is named and not only a range."""
        for network in self.networks:
            if network.version == version and network.num_addresses == 1:
                return text_of(network)
        return None


class Verdict(NamedTuple):
    """The state of a host, and what it was seen by. ``ours``, ``proxied`` and ``foreign`` divide the view's addresses."""

    state: str
    view: View
    ours: tuple[str, ...] = ()
    proxied: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    views: tuple[View, ...] = ()  # stale: what each server says

    @property
    def ready(self) -> bool:
        """Whether visitors reach us."""
        return self.state in READY


def text_of(network: Any) -> str:
    """An address without the length of its prefix, a range with it."""
    return str(network.network_address if network.num_addresses == 1 else network)


def judge(host: str, views: Sequence[View], expected: Expected) -> Verdict:
    """What the views of a host, at least one, come to. A server that fails does not count while another one answers."""
    verdicts = [_judge_view(host, view, expected) for view in views]
    answered = [verdict for verdict in verdicts if verdict.state not in _FAILURES]
    if not answered:
        return min(verdicts, key=lambda verdict: _FAILURES.index(verdict.state))
    states = {verdict.state for verdict in answered}
    if states == READY:
        return next(verdict for verdict in answered if verdict.state == "proxied")
    if len(states) > 1:
        return Verdict("stale", answered[0].view, views=tuple(verdict.view for verdict in answered))
    return answered[0]


def _judge_view(host: str, view: View, expected: Expected) -> Verdict:
    outcomes = {view.a.outcome, view.aaaa.outcome}
    if outcomes == {"nxdomain"}:
        return Verdict("nxdomain", view)
    if outcomes != {"ok"}:
        # A resolver may ask for either type first, and Let's Encrypt asks for both.
        return Verdict(next((state for state in _FAILURES if state in outcomes), "broken"), view)
    if not view.addresses:
        return Verdict("no_address", view)
    if not {host, *view.cnames}.isdisjoint(expected.cnames):
        return Verdict("ready", view, ours=view.addresses)
    ours, proxied, foreign = [], [], []
    for text in view.addresses:
        address = ip_address(text)
        if any(address in network for network in expected.networks):
            ours.append(text)
        elif any(address in network for network in expected.proxies):
            proxied.append(text)
        else:
            foreign.append(text)
    if foreign:
        state = "partly" if ours or proxied else "elsewhere"
    else:
        state = "proxied" if proxied else "ready"
    return Verdict(state, view, tuple(ours), tuple(proxied), tuple(foreign))


def _sorted(addresses: Iterable[str]) -> list[str]:
    return sorted(set(addresses), key=lambda text: int(ip_address(text)))


def host_names(texts: Iterable[str], option: str) -> tuple[list[str], list[str]]:
    """Host names in their one spelling, without repetitions, in the given order; and every fault."""
    names: dict[str, None] = {}
    faults = []
    for text in texts:
        try:
            if is_wildcard(text.strip()):
                raise BadName("a wildcard is no host that DNS can be asked for")
            names[normalise(text)] = None
        except BadName as exc:
            faults.append("%s: %r: %s." % (option, text, exc))
    return list(names), faults


def networks(texts: Iterable[str], option: str) -> tuple[tuple[Any, ...], list[str]]:
    """Addresses and ranges as networks, in the given order; and every fault."""
    found, faults = [], []
    for text in texts:
        try:
            found.append(ip_network(text.strip()))
        except ValueError as exc:
            faults.append(
                "%s: %s; give an address such as 203.0.113.10 or a range such as 203.0.113.0/24." % (option, exc)
            )
    return tuple(dict.fromkeys(found)), faults


def nameservers(texts: Iterable[str], port: int) -> tuple[list[tuple[str, int]], list[str]]:
    """Addresses and ports of resolvers, from ``ip``, ``ip:port`` or ``[ipv6]:port``; and every fault."""
    found, faults = [], []
    for text in texts:
        host, own = text.strip(), str(port)
        if host.startswith("[") or host.count(":") == 1:
            host, _colon, own = host.rpartition(":") if not host.endswith("]") else (host, "", own)
            host = host.strip("[]")
        try:
            if not (own.isascii() and own.isdigit() and 0 < int(own) < 65536):
                raise ValueError("%r is no port" % own)
            found.append((str(ip_address(host)), int(own)))
        except ValueError as exc:
            faults.append(
                "nameservers: %s (in %r); give an IP address, with a port if it is not %d." % (exc, text, port)
            )
    return found, faults


def document(
    hosts: Mapping[str, Mapping[str, Any]], expected: Expected, resolver: str, reason: str | None = None
) -> dict[str, Any]:
    """The facts as ``docs/schemas/dns-1.json`` has them.

    :arg reason: why they must not be believed in this run.
    """
    return {
        "format": FORMAT,
        "valid": reason is None,
        "reason": reason,
        "resolver": resolver,
        "expected_addresses": expected.texts(),
        "expected_cnames": list(expected.cnames),
        "hosts": [dict(hosts[name]) for name in sorted(hosts)],
    }
