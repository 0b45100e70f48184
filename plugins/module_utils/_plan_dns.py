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
_AWAY = {
    "elsewhere": "elsewhere",
    "partly": "only in part here",
    "nxdomain": "does not exist",
    "no_address": "no address",
}
_RECORD_KEYS = ("type", "name", "value")


class Host(NamedTuple):
    """What DNS says of one host: whether it reaches us (None: not known), in words for a customer, with the record to set."""

    ready: bool | None
    message: str
    record: dict[str, Any] | None = None
    seen: str = ""  # of a host that does not reach us: what DNS holds of it, in a few words
    forbidden: str = ""  # how its CAA records keep a certificate from being issued


class Facts(NamedTuple):
    """What DNS says of all hosts.

    ``reason``: why the facts must not be used, empty when they may. ``mindful``: whether a name waits, too, for which no certificate
    would be issued: it would spoil one that names share, and harms nobody where it has one of its own.
    """

    hosts: Mapping[str, Host]
    reason: str = ""
    mindful: bool = False

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
    return Facts(hosts, "" if valid is True else words, params["add_when"] == "auto")


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
    kept = None if record is None else {key: record[key] for key in _RECORD_KEYS}
    caa = row.get("caa")
    forbidden = str(caa.get("message")) if isinstance(caa, Mapping) and caa.get("allowed") is False else ""
    hosts[name] = Host(ready, words, kept, _seen(row) if ready is False else "", forbidden)
    return ""


def _seen(row: Mapping[str, Any]) -> str:
    cname, found = row.get("cname"), row.get("addresses")
    addresses = [text for text in found if isinstance(text, str)] if isinstance(found, list) else []
    parts = ["CNAME %s" % cname] if isinstance(cname, str) and cname else []
    for kind, texts in (
        ("A", [text for text in addresses if ":" not in text]),
        ("AAAA", [text for text in addresses if ":" in text]),
    ):
        parts += ["%s %s" % (kind, " and ".join(texts))] if texts else []
    if row["state"] != "elsewhere" or not parts:
        parts.insert(0, _AWAY[row["state"]])
    return ", ".join(parts)


def with_dns(wishes: Sequence[Wish], facts: Facts | None, network: str) -> list[Wish]:
    """The wishes with what DNS says of each; without facts as they are.

    :arg network: the network's own domain, which waits for nothing.
    """
    if facts is None:
        return list(wishes)
    names = {wish.name for wish in wishes}
    judged = [_judge(wish, WWW + wish.name in names, facts, fold(network)) for wish in wishes]
    return [wish._replace(away=_away(wish.name, facts)) for wish in judged]


def _away(name: str, facts: Facts) -> dict[str, str]:
    seen = {host: facts.of(host).seen for host in (name, WWW + name)}
    return {host: words for host, words in seen.items() if words}


def _judge(wish: Wish, www_wished: bool, facts: Facts, network: str) -> Wish:
    """:arg www_wished: its www has a wish of its own."""
    if is_wildcard(wish.name):
        return wish  # no visitor ever asks for this name
    has_www = not wish.name.startswith(WWW)
    only_www = wish.forms == "www" and has_www and not www_wished
    naked, www = facts.of(wish.name), facts.of(WWW + wish.name)
    # Where the multisite holds the www alone, that is the name which has to reach us.
    asked, host = (WWW + wish.name, www) if only_www else (wish.name, naked)
    if wish.cls == "keep":
        if not wish.needs_dns:
            return wish
        if not host.ready:
            known = "" if host.ready is False else ", which is not known"
            reason = "%s; it is added as soon as its DNS points here%s: %s" % (wish.rule, known, host.message)
            return wish._replace(wait=_wait(asked, wish.rule, host)._replace(reason=reason))
        wish = wish._replace(cls="ensure", needs_dns=False, rule="%s; %s points here now" % (wish.rule, asked))
    if host.ready and only_www and naked.ready is None:
        asked, host = wish.name, naked  # under which name it is to be added hangs on this one
    always = wish.cls == "protected" or fold(wish.name) == network
    wait = None if always or host.ready else _wait(asked, wish.rule, host)
    if host.ready and host.forbidden and facts.mindful and not always:
        wait = Wait(asked, "%s; no certificate would be issued: %s" % (wish.rule, host.forbidden), host.forbidden)
    alone = only_www or (wish.forms == "both" and not www_wished and www.ready is True and not always)
    naked_wait = _wait(wish.name, wish.rule, naked) if alone and naked.ready is False else None
    wish = wish._replace(wait=wait, naked_wait=naked_wait, naked_ready=naked.ready is True)
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
    waiting = {wish.name for wish in wishes if wish.wait is not None or wish.naked_wait is not None}
    waiting |= {
        WWW + wish.name
        for wish in wishes
        if wish.wait is not None and wish.naked_wait is not None and wish.forms == "www"
    }
    return [action.name for action in plan.of("add") if action.name in waiting]
