# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet as one page of HTML that needs nothing else. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_fleet import (
    checked,
    headline,
    loudest_first,
    per_month,
    worst_first,
)
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_page import SCRIPT, STYLE, TEMPLATE
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import CLASSES, count, plain

_WORDS = {"error": "error", "drift": "drift", "in_sync": "in sync"}
_COLOURS = {"error": "red", "drift": "amber", "in_sync": "green"}
_ABOUT = {
    "drift": "a run mends it",
    "attention": "a person has to look",
    "waiting": "for the customer's DNS or for time",
    "foreign": "records that are not ours and not the multisite's",
    "rejected": "names of the multisite that are no host names",
    "kept": "left alone by a rule or by a person",
    "acknowledged": "known, with a reason and an end",
}
# Columns of the picture: what has ended, 30 of three days each, and what lasts longer.
_STEP, _STEPS = 3, 30
_RED, _AMBER = 6, 18  # days left
_FIRST = 5


def report_html(fleet: Any) -> str:
    """The page.

    :raises ValueError: when it is no report of a fleet.
    """
    from jinja2 import Environment, StrictUndefined  # of the control node, as ansible-core itself
    from markupsafe import Markup

    bare = _bare(checked(fleet))
    rows = [row for report in bare["networks"] for row in report["certificates"] if row["days_left"] is not None]
    totals = bare["totals"]
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    html = page.from_string(TEMPLATE).render(
        fleet=bare,
        headline=headline(bare),
        # Both are constants of the collection.
        style=Markup(STYLE),
        script=Markup(SCRIPT),
        policy="; ".join(
            (
                "default-src 'none'",
                "style-src '%s'" % _hash(STYLE),
                "script-src '%s'" % _hash(SCRIPT),
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
            )
        ),
        words=_WORDS,
        when=lambda moment: moment[:16].replace("T", " "),
        tiles=[
            _tile("networks in sync", totals["networks"]["in_sync"], "green"),
            _tile("with errors", totals["networks"]["error"], "red"),
            _tile("drift: a run mends it", totals["drift"], "amber"),
            _tile("attention: a person has to look", totals["attention"], "violet"),
            _tile("waiting for DNS or time", totals["waiting"]),
            _tile("API calls of this run%s" % per_month(totals), totals["api_calls"]),
        ],
        bars=_bars([row["days_left"] for row in rows]),
        certificates=_certificates([row["days_left"] for row in rows]),
        first=[
            {"name": row["name"], "left": _left(row["days_left"])}
            for row in sorted(rows, key=lambda row: (row["days_left"], row["name"]))[:_FIRST]
        ],
        runs=_runs(bare["history"]),
        classes=[{"name": cls, "about": _ABOUT[cls], "number": totals[cls]} for cls in CLASSES if totals[cls]],
        networks=worst_first(bare),
        items={report["host"]: loudest_first(report) for report in bare["networks"]},
        sums={report["host"]: _sum(report) for report in bare["networks"]},
        data=Markup(_script_safe(bare)),
    )
    return str(html)


def _bare(value: Any) -> Any:
    """Data that are nothing but data, with texts that harm nobody: a report may come from a file."""
    if isinstance(value, Mapping):
        return {plain(key): _bare(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_bare(one) for one in value]
    return plain(value) if isinstance(value, str) else value


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _script_safe(value: Any) -> str:
    """JSON that cannot end the element in which it stands."""
    text = json.dumps(value, sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _tile(label: str, number: int, colour: str = "") -> dict[str, Any]:
    """A figure with its label; nothing is red because it is 0."""
    return {"label": label, "number": number, "colour": colour if number else ""}


def _bars(days: Sequence[float]) -> list[dict[str, Any]]:
    """The columns of the picture, each with its height in per cent."""
    if not days:
        return []
    numbers = [0] * (_STEPS + 2)
    for left in days:
        numbers[0 if left < 0 else min(int(left // _STEP), _STEPS) + 1] += 1
    bars = []
    for index, number in enumerate(numbers):
        start = (index - 1) * _STEP
        span = "ended" if index == 0 else "%d to %d days" % (start, start + _STEP - 1)
        bars.append(
            {
                "label": "%s: %s" % ("90 days and more" if index > _STEPS else span, count(number, "certificate")),
                "height": _height(number, max(numbers)),
                "colour": "red" if start < _RED else "amber" if start < _AMBER else "green",
            }
        )
    return bars


def _runs(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    numbers = [row["counts"]["drift"] + row["counts"]["attention"] for row in history]
    return [
        {
            **row,
            "label": "%s: %s, %d drift, %d attention"
            % (row["made"], _WORDS[row["verdict"]], row["counts"]["drift"], row["counts"]["attention"]),
            "height": _height(number, max(numbers)) or 4,
            "colour": _COLOURS[row["verdict"]],
        }
        for row, number in zip(history, numbers)
    ]


def _height(number: int, most: int) -> int:
    """A column's height in per cent; what is there can be seen."""
    return max(6, round(96 * number / most)) if number else 0


def _certificates(days: Sequence[float]) -> str:
    ended, now = sum(left < 0 for left in days), sum(0 <= left < _RED for left in days)
    soon = sum(_RED <= left < _AMBER for left in days)
    parts = ["%d ended" % ended] if ended else []
    parts += ["%d end%s within %d days" % (now, "s" if now == 1 else "", _RED)] if now else []
    parts += ["%d%s within %d days" % (soon, " more" if now else "", _AMBER)] if soon else []
    return "%s%s." % (count(len(days), "certificate"), ": " + ", ".join(parts) if parts else ", none ends soon")


def _left(days: float) -> str:
    return "ended %s ago" % count(int(-days), "day") if days < 0 else count(int(days), "day")


def _sum(report: Mapping[str, Any]) -> str:
    counts = report["counts"]
    quiet = "nothing was seen" if report["faults"] else "nothing to tell"
    return ", ".join("%d %s" % (counts[cls], cls) for cls in CLASSES if counts[cls]) or quiet
