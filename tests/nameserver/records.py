# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the name servers know: zones, the servers of each, and the records of names; and their answers to a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

RECURSIVE = "127.0.0.1"
AUTHORITATIVE = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
SERVERS_ZONE = "nameserver.test"
TTL = 60


class Host(NamedTuple):
    """The records of one name; a name with a ``cname`` has nothing else."""

    a: tuple[str, ...] = ()
    aaaa: tuple[str, ...] = ()
    cname: str | None = None
    txt: tuple[str, ...] = ()
    caa: tuple[str, ...] = ()

    def of(self, kind: str) -> tuple[str, ...]:
        """The records of a type (A, AAAA, CNAME, TXT, CAA), as zone files write them."""
        if kind == "CNAME":
            return () if self.cname is None else (self.cname + ".",)
        if kind == "TXT":
            return tuple('"%s"' % text for text in self.txt)
        return {"A": self.a, "AAAA": self.aaaa, "CAA": self.caa}.get(kind, ())


class Records:
    """Names and zones. A zone is implied by the last two labels of a name, unless ``zone`` names a longer one."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing but the name servers' own names."""
        self._hosts: dict[str, Host] = {}
        self._stale: dict[tuple[str, str], Host | None] = {}
        self._zones: dict[str, tuple[str, ...]] = {"": AUTHORITATIVE[:2]}
        for address in AUTHORITATIVE:
            self.point(server_name(address), a=[address])

    def zone(self, name: str, servers: Sequence[str] = AUTHORITATIVE[:2]) -> None:
        """A zone of its own, served by these addresses of AUTHORITATIVE; its parents' other servers refer to it."""
        labels = name.split(".")
        for start in range(1, len(labels)):
            self._zones.setdefault(".".join(labels[start:]), AUTHORITATIVE[:2])
        self._zones[name] = tuple(servers)

    def point(
        self,
        name: str,
        *,
        a: Iterable[str] = (),
        aaaa: Iterable[str] = (),
        cname: str | None = None,
        txt: Iterable[str] = (),
        caa: Iterable[str] = (),
        server: str | None = None,
    ) -> None:
        """Replace the records of a name: everywhere, or only as one authoritative server has them (``server``)."""
        host = Host(tuple(a), tuple(aaaa), cname, tuple(txt), tuple(caa))
        if server is not None:
            self._stale[server, name] = host
            return
        self._hosts[name] = host
        if "." not in self._cut(name, self._zones):
            self.zone(".".join(name.split(".")[-2:]))

    def forget(self, name: str, server: str | None = None) -> None:
        """The name has no records any more, at one authoritative server or everywhere; its zone goes with its last name."""
        if server is not None:
            self._stale[server, name] = None
            return
        del self._hosts[name]
        zone = self._cut(name, self._zones)
        if not any(_within(other, zone) for other in self._hosts):
            del self._zones[zone]

    def servers(self, name: str) -> tuple[str, ...]:
        """The addresses of the authoritative servers of a name."""
        return self._zones[self._cut(name, self._zones)]

    def resolved(self, query: dns.message.Message) -> dns.message.Message:
        """The answer of a recursive resolver."""
        reply = dns.message.make_response(query, recursion_available=True)
        name, kind = _question(query)
        complete = self._chain(reply, name, kind, None, lambda _name: True)
        if not complete:
            reply.set_rcode(dns.rcode.SERVFAIL)
            reply.answer.clear()
        return reply

    def authoritative(self, query: dns.message.Message, server: str) -> dns.message.Message:
        """The answer of one authoritative server: data, a referral, or REFUSED for what is none of its zones."""
        reply = dns.message.make_response(query)
        name, kind = _question(query)
        own = [zone for zone, servers in self._zones.items() if server in servers]
        if not any(_within(name, zone) for zone in own):
            reply.set_rcode(dns.rcode.REFUSED)
            return reply
        zone, cut = self._cut(name, own), self._cut(name, self._zones)
        if cut != zone:
            below = min((z for z in self._zones if _within(name, z) and _within(z, zone) and z != zone), key=len)
            reply.authority.append(self._ns(below))
            return reply
        reply.flags |= dns.flags.AA
        self._chain(reply, name, kind, server, lambda other: self._cut(other, self._zones) in own)
        return reply

    def _chain(
        self, reply: dns.message.Message, name: str, kind: str, server: str | None, may: Callable[[str], bool]
    ) -> bool:
        """Append a name's data and what its CNAMEs lead to, as far as ``may`` goes; False for a loop."""
        seen: set[str] = set()
        while may(name):
            if name in seen:
                return False
            seen.add(name)
            host = self._host(name, server)
            cname = host.of("CNAME") if host is not None else ()
            if cname and kind != "CNAME":
                reply.answer.append(_rrset(name, "CNAME", cname))
                name = cname[0].rstrip(".").lower()
                continue
            found = self._data(name, kind, host)
            if found is not None:
                reply.answer.append(found)
                return True
            if not self._exists(name, host):
                reply.set_rcode(dns.rcode.NXDOMAIN)
            reply.authority.append(self._soa(self._cut(name, self._zones)))
            return True
        return True

    def _data(self, name: str, kind: str, host: Host | None) -> dns.rrset.RRset | None:
        if name in self._zones and kind in ("NS", "SOA"):
            return self._ns(name) if kind == "NS" else self._soa(name)
        values = host.of(kind) if host is not None else ()
        return _rrset(name, kind, values) if values else None

    def _host(self, name: str, server: str | None) -> Host | None:
        if server is not None and (server, name) in self._stale:
            return self._stale[server, name]
        return self._hosts.get(name)

    def _exists(self, name: str, host: Host | None) -> bool:
        below = any(other.endswith("." + name) for other in (*self._zones, *self._hosts))
        return host is not None or name in self._zones or below

    def _ns(self, zone: str) -> dns.rrset.RRset:
        return _rrset(zone, "NS", [server_name(address) + "." for address in self._zones[zone]])

    @staticmethod
    def _soa(zone: str) -> dns.rrset.RRset:
        return _rrset(
            zone, "SOA", [f"{server_name(AUTHORITATIVE[0])}. hostmaster.{SERVERS_ZONE}. 1 7200 900 1209600 60"]
        )

    @staticmethod
    def _cut(name: str, zones: Iterable[str]) -> str:
        return max((zone for zone in zones if _within(name, zone)), key=len)


def server_name(address: str) -> str:
    """The host name of an authoritative server: ``127.0.0.2`` is ``ns2.nameserver.test``."""
    return f"ns{address.rpartition('.')[2]}.{SERVERS_ZONE}"


def _within(name: str, zone: str) -> bool:
    return not zone or name == zone or name.endswith("." + zone)


def _question(query: dns.message.Message) -> tuple[str, str]:
    (question,) = query.question
    return question.name.to_text(omit_final_dot=True).lower().strip("."), dns.rdatatype.to_text(question.rdtype)


def _rrset(name: str, kind: str, values: Iterable[str]) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(name + ".", TTL, dns.rdataclass.IN, kind, list(values))
