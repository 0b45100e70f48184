# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks DNS about many hosts at once, by dnspython. The only place that sends a DNS query."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, Callable, NamedTuple

try:
    import dns.asyncquery
    import dns.exception
    import dns.flags
    import dns.message
    import dns.rcode
    import dns.rdatatype
    import dns.resolver
    import dns.version
except ImportError:
    dns = None  # type: ignore[assignment]
    DNS_ERROR: str | None = traceback.format_exc()
else:
    DNS_ERROR = None

from ._dns import Reply, View
from ._dns_answers import ROOT, Failed, behind, caa_answer, first_hop, referral, reply, text, within
from ._dns_caa import CaaAnswer

_OLDEST = (2, 6)  # the first that goes on listening after a forged answer (CVE-2023-29483)
_MOST_HOPS = 10  # CNAMEs, and referrals, that are followed
_MOST_SERVERS = 13  # of one zone: as many as fit into an answer of 512 bytes (RFC 1035 4.2.1)
_SAID = {"timeout": "no answer", "error": "cannot be reached", "nxdomain": "denies that there is a root"}
_MOST_ADDRESSES = 26  # of these servers together
_FEWEST_HOSTS = 3  # that all fail, before that is put down to the resolver
_UNREACHED = frozenset(("timeout", "error"))
_FAILS = _UNREACHED | {"servfail", "refused"}
_PASSED = 2  # servers of a zone that are asked where it goes on, as "com" is


class DnsError(Exception):
    """DNS itself does not work from here, so nothing is known about any host."""


class Settings(NamedTuple):
    """How to ask.

    :arg nameservers: recursive resolvers with their ports.
    :arg port: of authoritative servers.
    :arg timeout: seconds for one try.
    :arg concurrency: queries under way at once, at most.
    """

    nameservers: tuple[tuple[str, int], ...]
    authoritative: bool
    port: int = 53
    timeout: float = 3.0
    concurrency: int = 50


class _Zone(NamedTuple):
    """A zone and its servers (label for a person, address); with a ``failure`` instead of servers where none is known."""

    name: str
    servers: tuple[tuple[str, str], ...] = ()
    failure: str = ""


def too_old() -> bool:
    """Whether the installed dnspython cannot be used."""
    return (dns.version.MAJOR, dns.version.MINOR) < _OLDEST


def system_nameservers(port: int) -> list[tuple[str, int]]:
    """The resolvers that this machine is set up with.

    :raises DnsError: when it has none.
    """
    try:
        found = dns.resolver.Resolver(configure=True).nameservers
    except dns.exception.DNSException as exc:
        raise DnsError("This machine has no DNS resolver (%s). Give nameservers." % exc) from exc
    return [(str(server), port) for server in found]


class Seen(NamedTuple):
    """The views of each host, how many queries were sent, and the CAA records of those that were asked for theirs."""

    views: dict[str, list[View]]
    queries: int
    caa: dict[str, CaaAnswer]


def ask_all(
    hosts: Iterable[str],
    settings: Settings,
    caa_of: Callable[[str, list[View]], bool] | None = None,
    doubt: bool = True,
) -> Seen:
    """What is seen of each host.

    :arg caa_of: says of a host and its views whether CAA matters. It is asked of the resolvers, as certificate authorities do.
    :arg doubt: whether the resolver is doubted when it answers for the root and for none of the hosts.
    :raises DnsError: when no resolver answers, or no authoritative server can be reached.
    """
    return asyncio.run(_run(list(hosts), settings, caa_of, doubt))


async def _run(
    hosts: list[str], settings: Settings, caa_of: Callable[[str, list[View]], bool] | None, doubt: bool
) -> Seen:
    asker = _Asker(settings)
    await asker.probe()
    authoritative = _Authoritative(asker)
    look = authoritative.views if settings.authoritative else asker.resolved
    views = dict(zip(hosts, await asyncio.gather(*(look(host) for host in hosts))))
    outcomes = {one.outcome for found in views.values() for view in found for one in (view.a, view.aaaa)}
    if not outcomes.isdisjoint(_UNREACHED):
        await asker.probe()  # the resolver may have died on the way
        await authoritative.check_reach()
    if doubt:
        await _check_answers(asker, views)
    wanted = [host for host in hosts if caa_of is not None and caa_of(host, views[host])]
    tree = _CaaTree(asker)
    caa = dict(zip(wanted, await asyncio.gather(*(tree.climb(host) for host in wanted))))
    if any(answer.outcome in _UNREACHED for answer in caa.values()):
        await asker.probe()
    return Seen(views, asker.queries, caa)


async def _check_answers(asker: _Asker, views: Mapping[str, Sequence[View]]) -> None:
    """Tell a resolver that can only answer for the root, because it holds that itself, from hosts whose zones are down.

    :raises DnsError: when it has answered for none of several hosts.
    """
    # What an authoritative server says has its label, and where a CNAME was found somebody has answered.
    unanswered = all(
        not view.server and not view.cnames and {view.a.outcome, view.aaaa.outcome} <= _FAILS
        for found in views.values()
        for view in found
    )
    if len(views) < _FEWEST_HOSTS or not unanswered:
        return
    domains = {".".join(host.split(".")[-2:]) for host in views}
    if len(domains) == 1:
        # These may be of one zone, which is down: then what is above it answers.
        above = domains.pop().partition(".")[2]
        if not isinstance(await asker.ask(above, "SOA", asker.resolvers), Failed):
            return
    said = sorted({one.outcome for found in views.values() for view in found for one in (view.a, view.aaaa)})
    raise DnsError(
        "The DNS resolver (%s) answers for the root and for none of the %d names (%s), so nothing is known about any name. It probably has no way "
        "to the Internet, or does not serve this machine: check it, or give others in nameservers."
        % (
            ", ".join(_place(*resolver) for resolver in asker.resolvers),
            len(views),
            ", ".join(_SAID.get(outcome, outcome) for outcome in said),
        )
    )


class _Asker:
    """Sends queries, a bounded number at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self.port = settings, settings.port
        self._slots = asyncio.Semaphore(settings.concurrency)
        self.resolvers = settings.nameservers
        self.queries = 0
        self.silent = self.reached = False  # whether an authoritative server was silent, and whether one has answered

    async def probe(self) -> None:
        """Keep to the resolvers that answer for the root.

        :raises DnsError: when none does.
        """
        resolvers = self._settings.nameservers
        answers = await asyncio.gather(*(self._root(resolver) for resolver in resolvers))
        self.resolvers = tuple(r for r, answer in zip(resolvers, answers) if not isinstance(answer, Failed))
        if not self.resolvers:
            said = ", ".join(
                "%s: %s" % (_place(*r), _SAID.get(answer.outcome, answer.outcome))
                for r, answer in zip(resolvers, answers)
            )
            raise DnsError(
                "No DNS resolver works (%s), so nothing is known about any name. Check the network of this machine and its resolvers, or "
                "give others in nameservers." % said
            )

    async def _root(self, resolver: tuple[str, int]) -> Any:
        answer = await self.ask("", "SOA", [resolver])
        if not isinstance(answer, Failed) and answer.rcode() == dns.rcode.NXDOMAIN:
            return Failed("nxdomain")
        return answer

    async def resolved(self, host: str) -> list[View]:
        """A host as the resolver sees it."""
        return [View("", *await self.both(host, self.resolvers))]

    async def both(self, host: str, servers: Sequence[tuple[str, int]]) -> list[Reply]:
        """A and AAAA."""
        answers = await asyncio.gather(*(self.ask(host, kind, servers) for kind in ("A", "AAAA")))
        return [reply(host, kind, answer) for kind, answer in zip(("A", "AAAA"), answers)]

    async def ask(self, name: str, kind: str, servers: Sequence[tuple[str, int]], recurse: bool = True) -> Any:
        """The answer of the first server that has one (NOERROR or NXDOMAIN), or a Failed. One that is silent is asked twice."""
        failures = []
        for where, port in servers if len(servers) > 1 else [*servers, *servers]:
            try:
                query = dns.message.make_query(name + ".", kind)  # what a CNAME leads to may be no name
                if not recurse:
                    query.flags &= ~dns.flags.RD
                answer = await self._send(query, where, port)
                self.reached = self.reached or not recurse
            except dns.exception.Timeout:
                failures.append("timeout")
                self.silent = self.silent or not recurse
                continue
            except (OSError, EOFError, dns.exception.DNSException):
                failures.append("error")
                continue
            if answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                return answer
            failures.append(dns.rcode.to_text(answer.rcode()).lower())
            if len(servers) == 1:
                break
        return Failed(min(failures, key=lambda outcome: (outcome in _UNREACHED, outcome != "servfail")))

    async def _send(self, query: Any, where: str, port: int) -> Any:
        async with self._slots:
            self.queries += 1
            # Both switches make it go on listening for the true answer after a forged one.
            answer, _tcp = await dns.asyncquery.udp_with_fallback(
                query, where, self._settings.timeout, port, ignore_unexpected=True, ignore_errors=True
            )
            return answer


class _Once:
    """What many hosts share is looked up once."""

    def __init__(self, asker: _Asker) -> None:
        self._asker = asker
        self._tasks: dict[tuple[str, str], asyncio.Task[Any]] = {}

    def _once(self, what: Callable[[str], Awaitable[Any]], name: str) -> Awaitable[Any]:
        key = (what.__name__, name)
        if key not in self._tasks:
            self._tasks[key] = asyncio.ensure_future(what(name))
        return self._tasks[key]


class _CaaTree(_Once):
    """Climbs from hosts towards the root (RFC 8659 3), and asks for each name once, however many hosts lie below it."""

    async def climb(self, host: str) -> CaaAnswer:
        """The nearest records, those where a CNAME of the name leads being its own; or the first failure on the way to them."""
        answer: CaaAnswer = await self._once(self._records, host)
        if answer.outcome != "ok" or answer.records or "." not in host:
            return answer
        return await self.climb(host.partition(".")[2])

    async def _records(self, name: str) -> CaaAnswer:
        return caa_answer(name, await self._asker.ask(name, "CAA", self._asker.resolvers))


class _Authoritative(_Once):
    """Asks all servers of a host's zone: of zones, and of where CNAMEs lead."""

    async def views(self, host: str) -> list[View]:
        """A host as each server sees it; where CNAMEs lead is seen by the servers there."""
        return await self._chase(host, 0)

    async def check_reach(self) -> None:
        """When authoritative servers were silent and none has answered, try those of the root.

        :raises DnsError: when they are silent, too.
        """
        if self._asker.reached or not self._asker.silent:
            return
        root: _Zone = await self._once(self._servers, "")
        port = self._asker.port
        tries = (self._asker.ask("", "SOA", [(address, port)], recurse=False) for _label, address in root.servers)
        if all(isinstance(answer, Failed) for answer in await asyncio.gather(*tries)):
            raise DnsError(
                "No authoritative name server answers, not even those of the root, so nothing is known about any name. A firewall probably "
                "lets DNS pass to the resolver alone: open UDP and TCP port %d, or use resolver=recursive." % port
            )

    async def _chase(self, host: str, depth: int) -> list[View]:
        hops: list[View] = await self._once(self._hop, host)
        # Where servers disagree about the target two show it; below that one is enough, or a hostile zone could fan out for ever.
        targets = list(dict.fromkeys(view.cnames[0] for view in hops if view.cnames))[: 1 if depth else 2]
        deeper: dict[str, list[View]] = {}
        for target in targets:
            if target == ROOT:
                deeper[target] = [View("", Reply("ok"), Reply("ok"))]  # it has no address
            elif depth >= _MOST_HOPS:  # in a circle, mostly
                deeper[target] = [View("", Reply("loop"), Reply("loop"))]
            else:
                deeper[target] = await self._chase(target, depth + 1)
        agreed = len({(view.a, view.aaaa) for view in hops}) == 1
        found = []
        for view in hops[:1] if agreed else hops:
            if not view.cnames:
                found.append(view)
            for below in deeper.get(view.cnames[0], ()) if view.cnames else ():
                server = below.server if agreed else view.server
                found.append(View(server, behind(view.a, below.a), behind(view.aaaa, below.aaaa)))
        return found[:_MOST_ADDRESSES]

    async def _hop(self, host: str) -> list[View]:
        """What the servers of the host's zone say, up to the first CNAME."""
        labels = host.split(".")
        zone: _Zone = await self._once(self._zone_of, ".".join(labels[1:]) if len(labels) > 2 else host)
        for _cut in range(_MOST_HOPS):
            if zone.failure:
                return [View("", Reply(zone.failure), Reply(zone.failure))]
            answers: list[Sequence[Any]] = []
            below = None
            # Where the first ones refer to a zone below, as a registry's do, the others need not be asked.
            for servers in (zone.servers[:_PASSED], zone.servers[_PASSED:]):
                answers += await asyncio.gather(*(self._asked(host, address) for _label, address in servers))
                below = referral(answers, zone.name, host)
                if below is not None:
                    break
            if below is None:
                return [
                    View(label, *(first_hop(host, kind, answer) for kind, answer in zip(("A", "AAAA"), pair)))
                    for (label, _address), pair in zip(zone.servers, answers)
                ]
            zone = await self._once(self._servers, below)
        return [View("", Reply("loop"), Reply("loop"))]

    async def _asked(self, host: str, address: str) -> Sequence[Any]:
        server = [(address, self._asker.port)]
        return await asyncio.gather(*(self._asker.ask(host, kind, server, recurse=False) for kind in ("A", "AAAA")))

    async def _zone_of(self, name: str) -> _Zone:
        """The zone that a name lies in, as the resolver knows it by its SOA record."""
        while True:
            answer = await self._asker.ask(name, "SOA", self._asker.resolvers)
            if isinstance(answer, Failed):
                return _Zone(name, failure=answer.outcome)
            for rrset in (*answer.answer, *answer.authority):
                owner = text(rrset.name)
                if rrset.rdtype == dns.rdatatype.SOA and within(name, owner):
                    zone: _Zone = await self._once(self._servers, owner)
                    return zone
            if answer.rcode() == dns.rcode.NXDOMAIN and not answer.answer:
                return _Zone(name, failure="nxdomain")  # nothing is below it either (RFC 8020)
            if "." not in name:
                return _Zone(name, failure="lame")
            name = name.partition(".")[2]  # it is a CNAME into another zone

    async def _servers(self, zone: str) -> _Zone:
        """The servers of a zone, as the resolver knows them."""
        answer = await self._asker.ask(zone, "NS", self._asker.resolvers)
        if isinstance(answer, Failed):
            return _Zone(zone, failure=answer.outcome)
        names = sorted(
            text(record.target)
            for rrset in answer.answer
            if rrset.rdtype == dns.rdatatype.NS and text(rrset.name) == zone
            for record in rrset
        )
        # Nobody's own servers serve a top-level domain: they are only asked where to go on.
        names = names[: _MOST_SERVERS if "." in zone else _PASSED]
        found = await asyncio.gather(*(self._once(self._addresses, name) for name in names))
        labels: dict[str, str] = {}
        for name, own in zip(names, found):
            for address in own:
                labels.setdefault(address, "%s (%s)" % (name, address))
        servers = [(label, address) for address, label in labels.items()][:_MOST_ADDRESSES]
        return _Zone(zone, tuple(servers), "" if servers else "lame")

    async def _addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of a name server: IPv4, and IPv6 only where it has no other, because few machines have both."""
        a, aaaa = await self._asker.both(name, self._asker.resolvers)
        return a.addresses or aaaa.addresses


def _place(address: str, port: int) -> str:
    if port == 53:
        return address
    return ("[%s]:%d" if ":" in address else "%s:%d") % (address, port)
