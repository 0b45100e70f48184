# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet as lines for the terminal, and as Markdown for a CI job's summary or a comment. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_fleet import (
    checked,
    headline,
    loudest_first,
    per_month,
    worst_first,
)
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import CLASSES, count, plain

Report = Mapping[str, Any]

_VERDICTS = {"error": "❌ error", "drift": "⚠️ drift", "in_sync": "✅ in sync"}
_SHOWN = ("drift", "attention", "waiting", "acknowledged", "foreign")
# Whatever means something to Markdown or HTML is written as a number, which means nothing in any dialect.
_SPECIAL = {ord(char): "&#%d;" % ord(char) for char in "\\`*_[]{}()<>|~&\"'$!^"}
# Not a link to a customer's site, a person who gets a message, or another ticket.
_SPECIAL.update({ord(char): "&#%d;<!-- -->" % ord(char) for char in "@#"})
_LINK = re.compile(r"(?i)(?<=www)\.|:(?=//)")
_LEAST = 1000  # bytes in which the headline and the sentence about what is left out have room


def report_table(fleet: Any) -> list[str]:
    """Lines, one a network, the worst first.

    :raises ValueError: when it is no report of a fleet.
    """
    rows = [["network", "verdict", *_SHOWN, "changes", "ends first", "API calls"]]
    for report in worst_first(checked(fleet)):
        counts = report["counts"]
        first = ends_first(report)
        numbers = [*(counts[cls] for cls in _SHOWN), counts["changes"], "-" if first is None else "%d d" % first]
        rows.append([plain(report["host"]), report["verdict"], *map(str, numbers), str(report["api_calls"]["total"])])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) if column < 2 else cell.rjust(width) for column, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(row, widths)) for row in rows)
    ]
    why = [
        "%s: %s" % (plain(report["host"]), plain(fault)) for report in worst_first(fleet) for fault in report["faults"]
    ]
    totals, pace = fleet["totals"], per_month(fleet["totals"])
    calls = ["%s%s" % (count(totals["api_calls"], "API call"), pace)] if pace else []
    return [headline(fleet), *(line.rstrip() for line in lines), *why, *calls]


def ends_first(report: Report) -> int | None:
    """Days left of the certificate that ends first; None where none is known."""
    return min((row["days_left"] for row in report["certificates"] if row["days_left"] is not None), default=None)


def report_markdown(fleet: Any, limit: int = 60000) -> str:
    """The report in Markdown of at most so many bytes, the worst network first.

    What does not fit is left out by whole lines, and a sentence says how many. GitHub takes 65,536 characters for a comment.

    :raises ValueError: when it is no report of a fleet, or the limit is too small for anything.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < _LEAST:
        raise ValueError("limit must be a number of bytes, %d or more." % _LEAST)
    page = _Page(limit)
    networks = worst_first(checked(fleet))
    page.always("## %s\n" % _cell(headline(fleet)))
    totals = fleet["totals"]
    page.always("Made %s, %s%s.\n" % (_cell(fleet["made"]), count(totals["api_calls"], "API call"), per_month(totals)))
    page.table(
        ["network", "verdict", *_SHOWN, "ends first"],
        [
            [
                _cell(report["host"]),
                _VERDICTS[report["verdict"]],
                *(str(report["counts"][cls] or "") for cls in _SHOWN),
                _days(ends_first(report)),
            ]
            for report in networks
        ],
    )
    for report in networks:
        _network(page, report)
    page.section([], ["- note: %s" % _cell(note) for note in fleet["notes"]], [""])
    return page.text()


def _network(page: _Page, report: Report) -> None:
    counts = ", ".join("%d %s" % (report["counts"][cls], cls) for cls in CLASSES if report["counts"][cls])
    state = " open" if report["verdict"] != "in_sync" else ""
    head = [
        "<details%s><summary><b>%s</b>: %s%s</summary>"
        % (state, _cell(report["host"]), _VERDICTS[report["verdict"]], " (%s)" % counts if counts else ""),
        "",
    ]
    facts = ["- fault: %s" % _cell(fault) for fault in report["faults"]]
    facts += [
        "- done: %s: %s (%s)" % (row["what"], _cell(row["name"]), _cell(row["reason"])) for row in report["changes"]
    ]
    facts += ["- note: %s" % _cell(note) for note in report["notes"]]
    if not facts and not report["items"]:
        return
    items = [
        "| %s |" % " | ".join((_cell(row["name"]), row["class"], _cell(row["reason"]), _todo(row), row["since"]))
        for row in loudest_first(report)
    ]
    opened = page.section(head, facts, [""] if items else ["", "</details>", ""])
    if items:
        table = ["| name | class | reason | what to do | since |", "|---|---|---|---|---|"]
        if not page.section([*([] if opened else head), *table], items, ["", "</details>", ""]) and opened:
            page.always("</details>\n")


def _todo(row: Mapping[str, Any]) -> str:
    word = row["acknowledged"]
    return _cell("until %s: %s" % (word["until"], word["reason"]) if word else row["do"])


def _days(days: int | None) -> str:
    return "" if days is None else "%d days" % days


def _cell(text: Any) -> str:
    """A text that any reader of Markdown shows as it is."""
    marked = plain(text).translate(_SPECIAL)
    return _LINK.sub(lambda found: "&#%d;" % ord(found.group()), marked)


class _Page:
    """Lines up to a limit in bytes; what does not fit is counted."""

    def __init__(self, limit: int) -> None:
        self._lines: list[str] = []
        self._room = limit - 200  # for the sentence at the end
        self._left = 0

    def always(self, line: str) -> None:
        """A line that every report has."""
        self._lines.append(line)
        self._room -= _size(line)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table; its rows may be left out, its head not."""
        opening = ["| %s |" % " | ".join(heads), "|%s" % ("---|" * len(heads))]
        self.section(opening, ["| %s |" % " | ".join(row) for row in rows], [""])

    def section(self, opening: Sequence[str], lines: Sequence[str], closing: Sequence[str]) -> bool:
        """As many of the lines as have room together with what has to stand around them; gives whether there is one."""
        room = self._room - sum(map(_size, (*opening, *closing)))
        fitting: list[str] = []
        for line in lines:
            room -= _size(line)
            if room < 0:
                break
            fitting.append(line)
        self._left += len(lines) - len(fitting)
        for line in (*opening, *fitting, *closing) if fitting else ():
            self.always(line)
        return bool(fitting)

    def text(self) -> str:
        """All of it."""
        tail = ["%s left out here; the whole report is with the artefacts of this run." % _were(self._left)]
        return "\n".join(self._lines + (tail if self._left else [])).rstrip("\n") + "\n"


def _were(number: int) -> str:
    return "%s %s" % (count(number, "line"), "is" if number == 1 else "are")


def _size(line: str) -> int:
    return len(line.encode("utf-8")) + 1
