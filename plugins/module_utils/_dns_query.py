# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks DNS about many hosts at once, by dnspython. The only place that sends a DNS query."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Callable, NamedTuple

try:
    import dns.asyncquery
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
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
from ._dns_caa import CaaAnswer, CaaRecord

_OLDEST = (2, 6)  # the first that goes on listening after a forged answer (CVE-2023-29483)
_MOST_HOPS = 10  # CNAMEs, and referrals, that are followed
_MOST_SERVERS = 13  # of one zone: as many as fit into an answer of 512 bytes (RFC 1035 4.2.1)
_SAID = {"timeout": "no answer", "error": "cannot be reached", "nxdomain": "denies that there is a root"}
_MOST_ADDRESSES = 26  # of these servers together
_UNREACHED = frozenset(("timeout", "error"))
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


class _Failed(NamedTuple):
    outcome: str


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


def ask_all(hosts: Iterable[str], settings: Settings, caa_of: Callable[[str, list[View]], bool] | None = None) -> Seen:
    """What is seen of each host.

    :arg caa_of: says of a host and its views whether CAA matters. It is asked of the resolvers, as certificate authorities do.
    :raises DnsError: when no resolver answers, or no authoritative server can be reached.
    """
    return asyncio.run(_run(list(hosts), settings, caa_of))


async def _run(hosts: list[str], settings: Settings, caa_of: Callable[[str, list[View]], bool] | None) -> Seen:
    asker = _Asker(settings)
    await asker.probe()
    authoritative = _Authoritative(asker)
    look = authoritative.views if settings.authoritative else asker.resolved
    views = dict(zip(hosts, await asyncio.gather(*(look(host) for host in hosts))))
    outcomes = {reply.outcome for found in views.values() for view in found for reply in (view.a, view.aaaa)}
    if not outcomes.isdisjoint(_UNREACHED):
        await asker.probe()  # the resolver may have died on the way
        await authoritative.check_reach()
    wanted = [host for host in hosts if caa_of is not None and caa_of(host, views[host])]
    tree = _CaaTree(asker)
    caa = dict(zip(wanted, await asyncio.gather(*(tree.relevant(host) for host in wanted))))
    if any(answer.outcome in _UNREACHED for answer in caa.values()):
        await asker.probe()
    return Seen(views, asker.queries, caa)


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
        self.resolvers = tuple(r for r, answer in zip(resolvers, answers) if not isinstance(answer, _Failed))
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
        if not isinstance(answer, _Failed) and answer.rcode() == dns.rcode.NXDOMAIN:
            return _Failed("nxdomain")
        return answer

    async def resolved(self, host: str) -> list[View]:
        """A host as the resolver sees it."""
        return [View("", *await self.both(host, self.resolvers))]

    async def both(self, host: str, servers: Sequence[tuple[str, int]]) -> list[Reply]:
        """A and AAAA."""
        answers = await asyncio.gather(*(self.ask(host, kind, servers) for kind in ("A", "AAAA")))
        return [_reply(host, kind, answer) for kind, answer in zip(("A", "AAAA"), answers)]

    async def ask(self, name: str, kind: str, servers: Sequence[tuple[str, int]], recurse: bool = True) -> Any:
        """The answer of the first server that has one (NOERROR or NXDOMAIN), or a _Failed. One that is silent is asked twice."""
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
        return _Failed(min(failures, key=lambda outcome: (outcome in _UNREACHED, outcome != "servfail")))

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
    """Climbs from hosts towards the root (RFC 8659 3). Hosts share their parents."""

    async def relevant(self, host: str) -> CaaAnswer:
        """The nearest records, those where a CNAME of the name leads being its own; or the first failure on the way to them."""
        answer = _caa(host, await self._asker.ask(host, "CAA", self._asker.resolvers))
        if answer.outcome != "ok" or answer.records or "." not in host:
            return answer
        above: CaaAnswer = await self._once(self.relevant, host.partition(".")[2])
        return above


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
        if all(isinstance(answer, _Failed) for answer in await asyncio.gather(*tries)):
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
            if depth >= _MOST_HOPS:  # in a circle, mostly
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
                found.append(View(server, _behind(view.a, below.a), _behind(view.aaaa, below.aaaa)))
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
                below = _referral(answers, zone.name, host)
                if below is not None:
                    break
            if below is None:
                return [
                    View(label, *(_first_hop(host, kind, answer) for kind, answer in zip(("A", "AAAA"), pair)))
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
            if isinstance(answer, _Failed):
                return _Zone(name, failure=answer.outcome)
            for rrset in (*answer.answer, *answer.authority):
                owner = _text(rrset.name)
                if rrset.rdtype == dns.rdatatype.SOA and _within(name, owner):
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
        if isinstance(answer, _Failed):
            return _Zone(zone, failure=answer.outcome)
        names = sorted(
            _text(record.target)
            for rrset in answer.answer
            if rrset.rdtype == dns.rdatatype.NS and _text(rrset.name) == zone
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


def _reply(host: str, kind: str, answer: Any) -> Reply:
    """What a resolver's answer says, with the whole chain of CNAMEs."""
    if isinstance(answer, _Failed):
        return Reply(answer.outcome)
    cnames, found = _followed(host, kind, answer)
    if found is None:
        return Reply("loop", (), cnames)
    outcome = "nxdomain" if answer.rcode() == dns.rcode.NXDOMAIN else "ok"
    return Reply(outcome, tuple(sorted(record.address for record in found)), cnames)


def _caa(name: str, answer: Any) -> CaaAnswer:
    """What an answer says about the CAA records of a name; none, where it does not exist."""
    if isinstance(answer, _Failed):
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
    records = {(_text(rrset.name), rrset.rdtype): rrset for rrset in answer.answer}
    cnames: list[str] = []
    end = name
    while (end, dns.rdatatype.CNAME) in records:
        end = _text(records[end, dns.rdatatype.CNAME][0].target)
        if end == name or end in cnames:
            return tuple(cnames), None
        cnames.append(end)
    return tuple(cnames), records.get((end, dns.rdatatype.from_text(kind)), ())


def _first_hop(host: str, kind: str, answer: Any) -> Reply:
    """What an authoritative server says, without what it adds about the target of a CNAME."""
    if isinstance(answer, _Failed):
        return Reply(answer.outcome)
    if not _authority(answer):
        return Reply("lame")
    reply = _reply(host, kind, answer)
    # The code of an answer with a CNAME is that of the CNAME's target (RFC 2308 2.1).
    return Reply("ok", (), reply.cnames[:1]) if reply.cnames else reply


def _behind(own: Reply, below: Reply) -> Reply:
    """A CNAME's reply completed by that of its target."""
    return below._replace(cnames=(*own.cnames, *below.cnames)) if own.cnames else own


def _authority(answer: Any) -> bool:
    return not isinstance(answer, _Failed) and bool(answer.flags & dns.flags.AA)


def _referral(answers: Sequence[Sequence[Any]], zone: str, host: str) -> str | None:
    """The zone below this one to which servers refer for the host; None when one of them answers for it, or none refers."""
    found = [answer for pair in answers for answer in pair if not isinstance(answer, _Failed)]
    if any(_authority(answer) for answer in found):
        return None
    for rrset in (rrset for answer in found for rrset in answer.authority):
        owner = _text(rrset.name)
        if rrset.rdtype == dns.rdatatype.NS and owner != zone and _within(owner, zone) and _within(host, owner):
            return owner
    return None


def _within(name: str, zone: str) -> bool:
    return not zone or name == zone or name.endswith("." + zone)


def _text(name: Any) -> str:
    """A name as everything else spells it; the root is empty."""
    return str(name.to_text(omit_final_dot=True)).lower().strip(".")


def _place(address: str, port: int) -> str:
    if port == 53:
        return address
    return ("[%s]:%d" if ":" in address else "%s:%d") % (address, port)
