# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report of the fleet has to say, worked out from SQL, the panel's records, DNS and the ledgers. It shares no code with the collection."""

from __future__ import annotations

import json
import re
import time
from calendar import timegm
from pathlib import Path
from typing import Any, NamedTuple

import dns.resolver
import pymysql

from tests.playbooks.certificates import OURS

from .fleet_world import STAGING, STATE, Fleet

HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]+")
# A fifth of 90 days; what the role removes at most.
SOON, MOST_REMOVALS = 18, 5


class Fact(NamedTuple):
    """What is told of a name: its class, and words that the reason has to hold."""

    name: str
    cls: str
    words: str


class Truth(NamedTuple):
    """Of one network. ``actions``: kind and name of what a run would write to the list of domains."""

    verdict: str
    facts: list[Fact]
    actions: set[tuple[str, str]]
    days_left: dict[str, int]


def truth_of(fleet: Fleet, host: str, variables: dict[str, Any]) -> Truth:
    """The truth about a network; ``variables`` are those of its host in the inventory."""
    rows = _rows(fleet, host, variables)
    if rows is None or _calls_itself_staging(fleet, host):
        return Truth("error", [], set(), {})
    rejected = [Fact(_seen(name), "rejected", "") for name in rows if not HOST.fullmatch(name)]
    if variables["runcloud_api_token"] not in fleet.emu.world.data.tokens:
        return Truth("error", sorted(rejected), set(), {})
    number = fleet.numbers[host]
    records = {row["name"]: row for row in fleet.emu.domains(number)}
    certificates = {row.name: row for row in fleet.emu.certificates(number)}
    days = {str(name): _days(row.validUntil) for name, row in certificates.items()}
    ours = _ledger(fleet, host)
    purges = variables.get("multisite_domains_purge", False)
    wanted = {name.removeprefix("www.") for name in rows if HOST.fullmatch(name)} | {fleet.domain(host)}
    asks_dns = variables.get("multisite_domains_dns", True)
    facts, actions = [], set()
    for name in wanted - set(records):
        if _leads_here(fleet, name):
            facts.append(Fact(name, "drift", "alias, www off, redirection none"))
            actions.add(("add", name))
        else:
            facts.append(Fact(name, "waiting", "leads elsewhere"))
    for name, row in records.items():
        if not HOST.fullmatch(name):
            facts.append(Fact(_seen(name), "kept", "cannot be compared"))
        elif name not in wanted and name not in ours:
            facts.append(Fact(name, "foreign", "it is not ours"))
        elif name not in wanted:
            facts.append(Fact(name, "drift" if purges else "attention", "nothing wants it"))
            actions |= {("remove", name)} if purges else set()
        elif name in ours and (bool(row["www"]), row["redirection"]) != ours[name]:
            facts.append(Fact(name, "drift", "changed by a person"))
            actions.add(("update", name))
    for name in wanted & set(records) if asks_dns else ():
        www = f"www.{name}"
        if name not in certificates and _leads_here(fleet, name):
            facts.append(Fact(name, "drift", "no usable certificate"))
        elif not _leads_here(fleet, name):
            facts.append(Fact(name, "attention", "leads elsewhere"))
        elif days[name] < SOON:
            facts.append(Fact(name, "attention", f"in {days[name]} days"))
        elif rows.get(name) == "ssl-failed":
            facts.append(Fact(name, "attention", "stage ssl-failed"))
        if www in rows and _leads_here(fleet, www) and www not in certificates[name].names:
            facts.append(Fact(www, "attention", "no certificate"))
    known = {row["name"] for row in variables.get("multisite_domains_overrides", ()) if row["until"] > "2026"}
    alarms = ("drift", "attention")
    facts = [fact._replace(cls="acknowledged") if fact.name in known and fact.cls in alarms else fact for fact in facts]
    if sum(kind == "remove" for kind, _name in actions) > MOST_REMOVALS:
        return Truth("error", sorted(facts + rejected), set(), days if asks_dns else {})
    verdict = "drift" if any(fact.cls in alarms for fact in facts) else "in_sync"
    return Truth(verdict, sorted(facts + rejected), actions, days if asks_dns else {})


def _rows(fleet: Fleet, host: str, variables: dict[str, Any]) -> dict[str, str] | None:
    """Mapped name → stage, as whoever has the inventory's login sees it; None when nobody can."""
    login = {"user": "root"}
    if host != STAGING:
        login = {
            "unix_socket": variables["multisite_domains_login_unix_socket"],
            "user": variables["multisite_domains_login_user"],
            "password": variables["multisite_domains_login_password"],
        }
    # What pymysql opens where nobody answers it does not close.
    if not Path(login.get("unix_socket", "/")).exists():
        return None
    try:
        with fleet.connect(host, **login) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT domain, stage FROM `{fleet.network.table('wu_domain_mappings')}`")
            return dict(cursor.fetchall())
    except pymysql.Error:
        return None


def _calls_itself_staging(fleet: Fleet, host: str) -> bool:
    return host == STAGING and "'staging'" in fleet.network.config.read_text()


def _ledger(fleet: Fleet, host: str) -> dict[str, tuple[bool, str]]:
    """Name → www and redirection as they were written by us."""
    path = fleet.folder / STATE / host / "ledger.json"
    rows = json.loads(path.read_text())["domains"] if path.exists() else []
    return {row["name"]: (row["written"]["www"], row["written"]["redirection"]) for row in rows}


def _leads_here(fleet: Fleet, name: str) -> bool:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], fleet.names.port
    return [row.address for row in resolver.resolve(name, "A", search=False)] == [OURS]


def _days(until: str | None) -> int:
    assert until is not None
    return int((timegm(time.strptime(until, "%Y-%m-%d %H:%M:%S")) - time.time()) // 86400)


def _seen(text: str) -> str:
    """As a person sees it: what steers a terminal or turns the writing round is written as an escape."""
    return "".join(
        char if char.isprintable() else rf"\x{ord(char):02x}" if ord(char) < 256 else rf"\u{ord(char):04x}"
        for char in text
    )
