# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a run as lines for a person, one host name each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

_DONE = {"added": "added", "updated": "updated", "removed": "removed"}
_WOULD = {"added": "would be added", "updated": "would be updated", "removed": "would be removed"}


def summary(result: Mapping[str, Any], desired: Mapping[str, Any]) -> list[str]:
    """Lines: the counts first, then every name with its reason. A failure that no list tells gives its message."""
    lists = {name: list(result.get(name) or ()) for name in _SAY}
    # The role also gives the excluded names to the plan, which says of those on the web app that it keeps them.
    told = {row["name"] for row in lists["kept"]}
    lists["ignored"] = [row for row in desired.get("ignored") or () if row["name"] not in told]
    lists["rejected"] = [dict(row, name=row["value"]) for row in desired.get("rejected") or ()]
    stopped = bool(result.get("stops"))
    verbs = _WOULD if stopped or result.get("check_mode") else _DONE
    lines = [_headline(result, desired, lists, verbs)]
    for stop in result.get("stops") or ():
        lines.append("STOPPED  %s" % stop)
    if result.get("msg") and not stopped and not lists["refused"]:
        lines.append("FAILED  %s" % result["msg"])
    for name, rows in lists.items():
        say = _SAY.get(name, _reason)
        lines += ["%s  %s  %s" % (verbs.get(name, name), row["name"], say(row)) for row in rows]
    lines += ["note  %s" % note for note in result.get("notes") or ()]
    return lines + ["warning  %s" % warning for warning in desired.get("warnings") or ()]


def _headline(
    result: Mapping[str, Any], desired: Mapping[str, Any], lists: Mapping[str, list[Any]], verbs: Mapping[str, str]
) -> str:
    counts = ["%d %s" % (len(rows), verbs.get(name, name)) for name, rows in lists.items() if rows or name in _DONE]
    calls = (result.get("api_calls") or {}).get("total", 0)
    return "%s: %s (%d API calls)" % (desired.get("network") or "unknown network", ", ".join(counts), calls)


def _flags(flags: Mapping[str, Any]) -> str:
    return "%s, www %s, redirection %s" % (flags["type"], "on" if flags["www"] else "off", flags["redirection"])


def _reason(row: Mapping[str, Any]) -> str:
    return str(row["reason"])


_SAY: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "added": lambda row: "%s (%s)" % (_flags(row), row["reason"]),
    "updated": lambda row: "%s -> %s (%s)" % (_flags(row["before"]), _flags(row["after"]), row["reason"]),
    "removed": lambda row: "was %s (%s)" % (_flags(row), row["reason"]),
    "differs": lambda row: "is %s, wanted %s (%s)" % (_flags(row["current"]), _flags(row["wanted"]), row["reason"]),
    "waiting": _reason,
    "refused": lambda row: "%s: %s" % (row["action"], row["reason"]),
    "kept": _reason,
    "covered": _reason,
}
