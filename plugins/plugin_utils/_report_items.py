# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the lists of a run's documents to what is told of each name. Every entry of every list ends up in one place. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import fold
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import (
    Item,
    count,
    is_moment,
    plain,
    rows_of,
)
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._summary import foreseen, tell, with_record

Row = Mapping[str, Any]

_WRITES = {"added": "add", "updated": "update", "removed": "remove", "adopted": "adopt"}
# Of records that nothing wants: what the plan says of those that belong to somebody else, and of those that only time keeps.
_FOREIGN = re.compile(r"^nothing wants it; it is not ours|^nothing here wants it, but ")
_NOT_DUE = re.compile(r"^nothing wants it; missing (in \d+ of|since .* may remove it from) ")
_AHEAD = "it would be ordered: "
_BY_POLICY = "it would be ordered, but for ssl_policy: report"
_COVERED = "covered by "
_RUN = {
    "add": "a run adds it",
    "update": "a run changes it",
    "remove": "a run removes it",
    "adopt": "a run takes it over",
    "order": "a run orders its certificate",
}
_STOPPED = "a run stops before it; do what the network's fault names"
_PURGE = "remove it by a run with multisite_domains_purge: true, or keep it by multisite_domains_keep"
_NUDGE = "let the plugin check it again, in the network admin or by multisite_domains_nudge"
_DO = {
    "differs": "mend it in the panel, or say by an override what is wanted",
    "refused": "mend what the reason names, and run again",
    "failed": "mend what the panel's log names; the run orders again by itself after a day or more",
    "blocked": "do what the reason names",
    "visitors": "look at the web app in the panel, and at what answers for this name",
    "outage": "look whether the site runs",
    "moved": "ask the customer, who may have left; its certificate will not be renewed",
    "ends": "look at the web app in the panel: its renewal should have come",
}


class Told(NamedTuple):
    """What one run says.

    ``quiet``: how many entries need no word: names that are as wanted or covered, visitors who see what they should, and entries of
    which another one says more (merged).
    """

    items: list[Item]
    changes: list[dict[str, str]]
    certificates: list[dict[str, Any]]
    quiet: dict[str, int]


def read_run(run: Row, expiring: float) -> Told:
    """All entries of a run's documents.

    :arg expiring: part of a certificate's lifetime; when less is left, a person should know.
    """
    told = Told([], [], [], {"as_wanted": 0, "covered": 0, "seen": 0, "merged": 0})
    _domains(told, run.get("desired") or {}, run.get("result") or {}, run.get("purged") or {})
    _certificates(told, run, expiring)
    _moved(told, run)
    for row in rows_of(run, "stuck"):
        reason = "it has a certificate, but WordPress does not serve it (stage %s)" % row.get("stage")
        told.items.append(Item(str(row.get("domain")), "attention", "stuck", reason, _NUDGE))
    return told


def _domains(told: Told, desired: Row, result: Row, purged: Row) -> None:
    for row in rows_of(desired, "rejected"):
        told.items.append(Item(str(row.get("value")), "rejected", "rejected", _reason("rejected", row)))
    for row in rows_of(desired, "ignored"):
        told.items.append(Item(_name(row), "kept", "excluded", _reason("ignored", row)))
    sources: dict[str, str] = {}
    for row in rows_of(desired, "unwanted"):
        told.quiet["merged"] += _name(row) in sources
        sources[_name(row)] = "; ".join(filter(None, (sources.get(_name(row)), str(row.get("reason")))))
    spoken: set[str] = set()
    # A second call, over what is due, says more of these names than the first one.
    second = {name for key in _KEYS for name in _names(purged, key)}
    for document, said in ((result, second), (purged, set())):
        due = _names(document, "due")
        elsewhere = {
            "kept": due | _names(desired, "ignored") | said,
            "due": _names(document, "removed") | _names(document, "refused") | said,
        }
        for key in _KEYS:
            for row in rows_of(document, key):
                if _name(row) in elsewhere.get(key, ()):
                    told.quiet["merged"] += 1
                else:
                    _domain(told, key, row, document, sources)
                    spoken.add(_name(row))
    silent = sorted(set(sources) - spoken)
    told.items.extend(Item(name, "kept", "unwanted", sources[name]) for name in silent)
    told.quiet["merged"] += len(sources) - len(silent)


def _domain(told: Told, name: str, row: Row, document: Row, sources: Mapping[str, str]) -> None:
    """One entry of a result of runcloud_domains."""
    if name in _QUIET:
        told.quiet[_QUIET[name]] += 1
        return
    reason = _reason(name, row)
    if name in ("kept", "removed", "due") and _name(row) in sources:
        reason = "%s (%s)" % (reason, sources[_name(row)])
    if name in _WRITES:
        kind = _WRITES[name]
        if name == "added" and foreseen(document):
            reason = "missing on RunCloud; wanted is %s" % reason
        if not foreseen(document):
            told.changes.append({"name": _name(row), "what": name, "reason": reason})
        elif document.get("paused"):
            told.items.append(Item(_name(row), "kept", kind, "%s; held: %s" % (reason, document["paused"])))
        else:
            told.items.append(
                Item(_name(row), "drift", kind, reason, _STOPPED if document.get("stops") else _RUN[kind])
            )
    elif name == "not_approved":
        told.items.append(Item(_name(row), "drift", str(row.get("kind")), reason, "make a new plan, and approve it"))
    elif name == "waiting":
        told.items.append(Item(_name(row), "waiting", "dns", reason, _record(row.get("record"))))
    elif name == "kept":
        cls, kind = "kept", "kept"
        if _FOREIGN.search(str(row.get("reason"))):
            cls, kind = "foreign", "foreign"
        elif _NOT_DUE.search(str(row.get("reason"))):
            cls, kind = "waiting", "removal"
        told.items.append(Item(_name(row), cls, kind, reason))
    else:
        told.items.append(Item(_name(row), "attention", name, reason, _PURGE if name == "due" else _DO[name]))


def _certificates(told: Told, run: Row, expiring: float) -> None:
    document, seen = run.get("certificates") or {}, rows_of(run, "seen")
    lifetimes = {_name(row): row.get("lifetime_days") for row in seen if row.get("ok")}
    # Whose absence is told already, with its reason.
    absent = {item.name for item in told.items if item.kind in ("add", "dns")}
    # Why nobody orders a certificate for a name is no news beside why the name itself is left alone.
    spoken = {item.name for item in told.items if item.cls in ("kept", "waiting")}
    result = run.get("result") or {}
    covered = _names(result, "covered")
    for name in ("valid", "issued"):
        for row in rows_of(document, name):
            _standing(told, name, row, lifetimes.get(_name(row)), expiring)
    for name in ("pending", "failures", "waiting", "forbidden", "blocked", "ignored"):
        for row in rows_of(document, name):
            by_star = str(row.get("reason")).startswith(_COVERED) and _name(row) in covered
            if name == "ignored":
                merged = by_star or _name(row) in spoken
            else:
                merged = name == "waiting" and _name(row) in absent
            if merged:
                told.quiet["merged"] += 1
            else:
                told.items.append(_certificate(name, row, str(result.get("paused") or "")))
    for row in rows_of(document, "orders"):
        if row.get("outcome") == "planned":
            told.quiet["merged"] += 1
        else:
            what = "certificate ordered" if row.get("outcome") == "pending" else "certificate %s" % row.get("outcome")
            hosts = [str(host) for host in row.get("hosts") or ()]
            name = str(row.get("domain") or (hosts[0] if hosts else "web app"))
            told.changes.append({"name": name, "what": what, "reason": str(row.get("reason"))})
    _visitors(told, seen, _names(document, "valid") | _names(document, "issued"), covered)


def _standing(told: Told, state: str, row: Row, lifetime: Any, expiring: float) -> None:
    """A certificate that is there, and the warning that it ends soon."""
    left, end = row.get("days_left"), row.get("valid_until")
    if not isinstance(left, (int, float)):
        left = None
    # Let's Encrypt's longest lifetime, for a certificate that nobody has seen.
    days = lifetime if isinstance(lifetime, (int, float)) and lifetime > 0 else 90
    if left is not None and left < days * expiring:
        state, ends = ("expiring", "ends on %s, in %s") if left >= 0 else ("ended", "ended on %s, %s ago")
        reason = "its certificate " + ends % (end, count(abs(int(left)), "day"))
        told.items.append(Item(_name(row), "attention", "ends", reason, _DO["ends"]))
    until = end if is_moment(end) else None
    told.certificates.append({"name": _name(row), "state": state, "days_left": left, "valid_until": until})


def _certificate(name: str, row: Row, held: str) -> Item:
    """An entry of a list of runcloud_certificates that holds no certificate.

    :arg held: why nothing is written to the network, empty when it is not held.
    """
    text = str(row.get("reason"))
    do = "; ".join(filter(None, (_record(host.get("record")) for host in rows_of(row, "hosts"))))
    if name == "pending":
        if not text.startswith(_AHEAD):
            return Item(_name(row), "waiting", "order", text)
        text = "no usable certificate: %s" % text[len(_AHEAD) :]
        if held:
            return Item(_name(row), "kept", "order", "%s; held: %s" % (text, held))
        return Item(_name(row), "drift", "order", text, _RUN["order"])
    if name == "failures":
        return Item(_name(row), "attention", "failed", text, _DO["failed"])
    if name == "blocked":
        return Item(_name(row), "attention", "blocked", text, _DO["blocked"])
    if name == "ignored":
        return Item(_name(row), "kept", "certificate", text)
    if text.endswith(_BY_POLICY):
        return Item(_name(row), "kept", "certificate", text)
    said = [str(host.get("message") or "").rstrip(".") for host in rows_of(row, "hosts")]
    text = "; ".join([text, *(words for words in dict.fromkeys(said) if words and words not in text)])
    again = row.get("again")
    if again and str(again) not in text:
        text = "%s; possible again at %s" % (text, again)
    return Item(_name(row), "waiting", "caa" if name == "forbidden" else "certificate", text, do)


def _moved(told: Told, run: Row) -> None:
    """Names on RunCloud that no longer lead here: who had a certificate has moved away, the others are still to come."""
    result, certificates = run.get("result") or {}, run.get("certificates") or {}
    listed, stand = (
        _names(run.get("purged") or result, "domains"),
        _names(certificates, "valid") | _names(certificates, "issued"),
    )
    known = {item.name for item in told.items if item.cls == "waiting"}
    for row in rows_of(run, "dns"):
        name = _name(row)
        if row.get("state") != "elsewhere" or name not in listed:
            continue
        text = "it is on RunCloud, but %s" % str(row.get("message") or "its DNS leads elsewhere").rstrip(".")
        if name in stand:
            told.items.append(Item(name, "attention", "moved", text, _DO["moved"]))
        elif name not in known:
            told.items.append(Item(name, "waiting", "moved", text, _record(row.get("record"))))


def _visitors(told: Told, seen: Sequence[Row], stand: set[str], covered: set[str]) -> None:
    """What visitors get in spite of the panel. Why a name has no certificate is told with its name."""
    known = {item.name for item in told.items if item.kind not in ("update", "differs", "stuck", "ends")}
    for row in seen:
        name, status = _name(row), (row.get("http") or {}).get("status") or 0
        down = status >= 500
        both = {name, fold(name)}
        if row.get("ok") and not down:
            told.quiet["seen"] += 1
        elif both.isdisjoint(stand) and name not in covered and not both.isdisjoint(known):
            told.quiet["merged"] += 1
        elif row.get("ok"):
            reason = "the home page answers with HTTP %d" % status
            told.items.append(Item(name, "attention", "outage", reason, _DO["outage"]))
        else:
            kind = "outage" if row.get("state") == "unreachable" else "visitors"
            text = str(row.get("message") or row.get("state")).rstrip(".").removeprefix(name + ": ")
            told.items.append(Item(name, "attention", kind, "visitors: %s" % text, _DO[kind]))


_QUIET = {"unchanged": "as_wanted", "covered": "covered"}
_KEYS = (*_WRITES, *_QUIET, "not_approved", "differs", "waiting", "kept", "refused", "due")


def _names(document: Row, key: str) -> set[str]:
    return {_name(row) for row in rows_of(document, key)}


def _name(row: Row) -> str:
    return str(row.get("name"))


def _reason(name: str, row: Row) -> str:
    """An entry in the words of the summary; of one that is not whole, what there is."""
    try:
        text = tell(name, dict(row, record=None) if name == "waiting" else row)
    except (KeyError, TypeError):
        text = str(row.get("reason") or "")
    return plain(text) or "no reason is given"


def _record(record: Any) -> str:
    """What the customer has to set."""
    if not isinstance(record, Mapping) or not all(key in record for key in ("type", "name", "value")):
        return ""
    return with_record("", record).removeprefix("; ")
