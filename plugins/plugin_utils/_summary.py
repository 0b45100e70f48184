# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a run as lines for a person, one host name each. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import count, visible

_DONE = {"added": "added", "updated": "updated", "removed": "removed", "adopted": "adopted"}
_MAPPING, _RULE = re.compile(r"^R2\.3 (?=stage)"), re.compile(r"^R2\.\d ")
_PURGE_IS_OFF = re.compile(r"; purge is off$")
_MANY = 5  # names that are kept for one reason share a line
_WOULD = {name: "would be %s" % word for name, word in _DONE.items()}


def foreseen(result: Mapping[str, Any]) -> bool:
    """Whether the lists say what would be done, and nothing was."""
    return bool(result.get("stops") or result.get("paused") or result.get("check_mode"))


def verb(result: Mapping[str, Any], name: str) -> str:
    """What a list of the result is called: what was done, or would be."""
    return (_WOULD if foreseen(result) else _DONE).get(name, _spoken(name))


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def summary(result: Mapping[str, Any], desired: Mapping[str, Any], purging: bool = False) -> list[str]:
    """Lines: the counts first, then every name with its reason. A failure that no list tells gives its message.

    :arg purging: a purge follows, so what is due is no longer kept.
    """
    lists = {name: list(result.get(name) or ()) for name in _SAY}
    if purging and result.get("complete"):
        due = {row["name"] for row in lists["due"]}
        lists["kept"] = [row for row in lists["kept"] if row["name"] not in due]
        lists["not_applied"] = [
            row for row in lists["not_applied"] if row["kind"] != "remove" or row["name"] not in due
        ]
    else:
        lists["due"] = []
    if purging:
        # Of two calls only the second one purges, and this is the first one.
        lists["kept"] = [dict(row, reason=_PURGE_IS_OFF.sub("", row["reason"])) for row in lists["kept"]]
    # The role also gives the excluded names to the plan, as names to keep; why they are is known to the list.
    lists["ignored"] = list(desired.get("ignored") or ())
    ignored = {row["name"] for row in lists["ignored"]}
    lists["kept"] = [row for row in lists["kept"] if row["name"] not in ignored]
    unwanted = {row["name"]: row["reason"] for row in desired.get("unwanted") or ()}
    for name in ("kept", "removed"):
        lists[name] = [_with_source(row, unwanted.get(row["name"])) for row in lists[name]]
    lists["rejected"] = [dict(row, name=row["value"]) for row in desired.get("rejected") or ()]
    stopped = bool(result.get("stops"))
    verbs = _WOULD if foreseen(result) else _DONE
    lines = [_headline(result, desired, lists, verbs)]
    if result.get("paused"):
        lines.append("PAUSED  %s" % result["paused"])
    covered = lists.pop("covered")
    for stop in result.get("stops") or ():
        lines.append("STOPPED  %s" % stop)
    if "domains" not in result or (result.get("msg") and not stopped and not lists["refused"]):
        lines.append("FAILED  %s" % result.get("msg", "the module broke off; what it did is not known"))
    for name, rows in lists.items():
        say = _SAY.get(name, _reason)
        # The records of an app that was filled by hand would drown all the others.
        single, together = _grouped(rows, _MANY) if name == "kept" else (rows, [])
        lines += ["%s  %s  %s" % (verbs.get(name, _spoken(name)), row["name"], say(row)) for row in single]
        lines += ["%s  %s" % (name, line) for line in together]
    # A wildcard covers every sub-site: one line for all of them, or the rest could not be seen any more.
    lines += ["covered  %s" % line for line in _grouped(covered, 1)[1]]
    lines += ["%s  %s  %s" % (verbs["adopted"], row["name"], _flags(row)) for row in result.get("adopted") or ()]
    if result.get("backup_file"):
        lines.append("backup  the listing from before this run: %s" % result["backup_file"])
    if result.get("plan_file"):
        lines.append(
            "plan  saved, with %s of this call: %s" % (count(len(result["planned"]), "change"), result["plan_file"])
        )
    lines += ["note  %s" % note for note in result.get("notes") or ()]
    lines += ["warning  %s" % warning for warning in desired.get("warnings") or ()]
    # The names of others may hold anything.
    return [visible(line) for line in lines]


def _grouped(rows: Sequence[Mapping[str, Any]], least: int) -> tuple[list[Mapping[str, Any]], list[str]]:
    """The rows that stand alone, and one line for each reason that at least so many share."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(_reason(row), []).append(row["name"])
    single = [row for row in rows if len(groups[_reason(row)]) < least]
    return single, [
        "%d %s  %s: %s" % (len(names), "name" if len(names) == 1 else "names", reason, ", ".join(names))
        for reason, names in groups.items()
        if len(names) >= least
    ]


def _headline(
    result: Mapping[str, Any], desired: Mapping[str, Any], lists: Mapping[str, list[Any]], verbs: Mapping[str, str]
) -> str:
    network = result.get("network") or desired.get("network") or "unknown network"
    if "domains" not in result:
        return "%s: FAILED, there is no result" % network
    counts = [
        "%d %s" % (len(rows), verbs.get(name, _spoken(name))) for name, rows in lists.items() if rows or name in _DONE
    ]
    if result.get("unchanged"):
        counts.insert(3, "%d as wanted" % len(result["unchanged"]))
    calls = (result.get("api_calls") or {}).get("total", 0)
    if "adopted" in result:
        counts.append("%d %s" % (len(result["adopted"]), verbs["adopted"]))
    return "%s: %s (%d API call%s)" % (network, ", ".join(counts), calls, "" if calls == 1 else "s")


def _flags(flags: Mapping[str, Any]) -> str:
    return "%s, www %s, redirection %s" % (flags["type"], "on" if flags["www"] else "off", flags["redirection"])


def with_record(text: str, record: Mapping[str, Any] | None) -> str:
    """A text with the record that a customer has to set at the name servers, unless its words hold that already."""
    if not record or "%(name)s with the value %(value)s" % record in text:
        return text
    return "%s; set: %s %s → %s" % (text, record["type"], record["name"], record["value"])


def tell(name: str, row: Mapping[str, Any]) -> str:
    """One entry of a list of LISTS in words."""
    if name == "unchanged":
        return "as wanted"
    return _SAY.get(name, _reason)(row)


def _with_source(row: Mapping[str, Any], reason: str | None) -> Mapping[str, Any]:
    """Why the source does not want a name is known to the list, not to the plan."""
    return dict(row, reason="%s (%s)" % (row["reason"], reason)) if reason else row


def _reason(row: Mapping[str, Any]) -> str:
    # The rules' numbers are for docs/architecture.md and for those who ask why; a person reads the words.
    return _RULE.sub("", _MAPPING.sub("mapping in ", str(row["reason"])))


_SAY: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "added": lambda row: "%s (%s)" % (_flags(row), _reason(row)),
    "updated": lambda row: "%s -> %s (%s)" % (_flags(row["before"]), _flags(row["after"]), _reason(row)),
    "removed": lambda row: "was %s (%s)" % (_flags(row), _reason(row)),
    "not_approved": lambda row: "%s: %s" % (row["kind"], _reason(row)),
    "not_applied": lambda row: "%s: %s" % (row["kind"], _reason(row)),
    "differs": lambda row: "is %s, wanted %s (%s)" % (_flags(row["current"]), _flags(row["wanted"]), _reason(row)),
    "waiting": lambda row: with_record(_reason(row), row.get("record")),
    "refused": lambda row: "%s: %s" % (row["action"], _reason(row)),
    "due": lambda row: "%s; it goes if a second read of the multisite agrees" % _reason(row),
    "kept": _reason,
    "covered": _reason,
}
LISTS = (*_SAY, "unchanged")
