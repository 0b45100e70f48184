# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What DNS says of each wish, for the plan. Pure: it neither asks a name server nor knows what RunCloud serves.

The facts are the document ``dns`` of the module domain_dns_info (wpmultisite.dns/1). A host that it does not hold, one whose name
servers gave no answer, and every host of facts that are declared invalid is *not known*: nothing is concluded from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ._names import WWW, BadName, fold, is_wildcard, normalise, reserved
from ._plan_shapes import Plan, Wait, Wish

FORMAT = "wpmultisite.dns/1"
# What name servers answered about a name that does not reach us. In every other state they could not be understood.
_AWAY = frozenset(("elsewhere", "partly", "nxdomain", "no_address"))
_RECORD_KEYS = ("type", "name", "value")


class Host(NamedTuple):
    """What DNS says of one host: whether it reaches us (None: not known), in words for a customer, with the record to set."""

    ready: bool | None
    message: str
    record: dict[str, Any] | None = None


class Facts(NamedTuple):
    """What DNS says of all hosts; ``reason``: why the facts must not be used, empty when they may."""

    hosts: Mapping[str, Host]
    reason: str = ""

    def of(self, name: str) -> Host:
        """One host; not known when nobody asked."""
        if self.reason:
            return Host(None, self.reason)
        if name not in self.hosts and reserved(name):
            return Host(
                None, "no public name server knows %s, because .%s is reserved" % (name, name.rsplit(".", 1)[-1])
            )
        return self.hosts.get(name, Host(None, "nobody asked for the DNS of %s" % name))


def read_dns(params: Mapping[str, Any], faults: list[str]) -> Facts | None:
    """The facts from the option ``dns``, None where there are none; what is wrong with it goes to the faults."""
    document = params["dns"]
    if document is None:
        if params["add_when"] == "ready" and params["restore"] is None and not params["adopt"]:
            faults.append("add_when: ready needs dns, the facts of domain_dns_info: without them no name is ready.")
        return None
    if document.get("format") != FORMAT:
        faults.append(
            "dns: its format is %r, and %s is understood: give the dns that domain_dns_info returned."
            % (document.get("format"), FORMAT)
        )
        return None
    rows, valid, reason = document.get("hosts"), document.get("valid"), document.get("reason")
    if not isinstance(valid, bool):
        faults.append("dns: valid is %r, neither true nor false." % (valid,))
    if not isinstance(rows, list):
        faults.append("dns: hosts is no list.")
        return None
    hosts: dict[str, Host] = {}
    for index, row in enumerate(rows):
        fault = _row(row, hosts)
        if fault:
            faults.append("dns: hosts[%d] %s." % (index, fault))
    words = reason if isinstance(reason, str) and reason else "the DNS facts of this run are not valid"
    return Facts(hosts, "" if valid is True else words)


def _row(row: Any, hosts: dict[str, Host]) -> str:
    """Take one host in; what is wrong with it, or an empty text."""
    if not isinstance(row, Mapping) or not isinstance(row.get("name"), str):
        return "has no name"
    record, message = row.get("record"), row.get("message")
    if not isinstance(row.get("state"), str) or not isinstance(row.get("ready"), bool):
        return "(%s) has no state, or a ready that is neither true nor false" % row["name"]
    if record is not None and not (
        isinstance(record, Mapping) and all(isinstance(record.get(key), str) for key in _RECORD_KEYS)
    ):
        return "(%s) has a record without type, name and value" % row["name"]
    try:
        name = normalise(row["name"])
    except BadName as exc:
        return "(%s) is not usable: %s" % (row["name"], exc)
    if name in hosts:
        return "names %s once more" % name
    ready = True if row["ready"] else False if row["state"] in _AWAY else None
    words = message if isinstance(message, str) and message else "the DNS of %s is %s" % (name, row["state"])
    hosts[name] = Host(ready, words, None if record is None else {key: record[key] for key in _RECORD_KEYS})
    return ""


def with_dns(wishes: Sequence[Wish], facts: Facts | None, network: str) -> list[Wish]:
    """The wishes with what DNS says of each; without facts as they are.

    :arg network: the network's own domain, which waits for nothing.
    """
    if facts is None:
        return list(wishes)
    names = {wish.name for wish in wishes}
    return [_judge(wish, wish.forms == "www" and WWW + wish.name not in names, facts, fold(network)) for wish in wishes]


def _judge(wish: Wish, only_www: bool, facts: Facts, network: str) -> Wish:
    """:arg only_www: the multisite holds the www alone, and no wish of its own names that."""
    if is_wildcard(wish.name):
        return wish  # no visitor ever asks for this name
    has_www = not wish.name.startswith(WWW)
    only_www = only_www and has_www
    naked, www = facts.of(wish.name), facts.of(WWW + wish.name)
    # Where the multisite holds the www alone, that is the name which has to reach us.
    asked, host = (WWW + wish.name, www) if only_www else (wish.name, naked)
    if wish.cls == "keep":
        if not wish.needs_dns:
            return wish
        if not host.ready:
            return wish._replace(wait=_wait(asked, wish.rule, host))
        wish = wish._replace(cls="ensure", needs_dns=False, rule="%s; %s points here now" % (wish.rule, asked))
    if host.ready and only_www and naked.ready is None:
        asked, host = wish.name, naked  # under which name it is to be added hangs on this one
    free = host.ready or wish.cls == "protected" or fold(wish.name) == network
    wait = None if free else _wait(asked, wish.rule, host)
    wish = wish._replace(wait=wait, www_alone=only_www and naked.ready is False)
    if not (wish.www_needs_dns and has_www):
        return wish
    if www.ready:
        return wish._replace(www_ready=True)
    return wish._replace(www_wait=_wait(WWW + wish.name, "the www of %s" % wish.name, www))


def _wait(name: str, what: str, host: Host) -> Wait:
    words = "its DNS is not ready" if host.ready is False else "its DNS is not known"
    reason = "%s; %s: %s" % (what, words, host.message)
    return Wait(name, reason, host.message, host.record, host.ready is False)


def unready(plan: Plan, wishes: Sequence[Wish]) -> list[str]:
    """The names that the plan adds although DNS does not say that they reach us."""
    waiting = {wish.name for wish in wishes if wish.wait is not None}
    waiting |= {WWW + wish.name for wish in wishes if wish.wait is not None and wish.www_alone}
    return [action.name for action in plan.of("add") if action.name in waiting]
