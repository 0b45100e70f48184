# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the PHP program of ``_nudge_program`` and says of each mapped domain what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ._nudge_program import PROGRAM
from ._snapshot_php import OPTIONS, NotInTime, mistakes
from ._snapshot_words import ReadFailed
from ._wordpress import run

# The stage that a domain is checked from. After DNS the plugin goes on to the certificate by itself.
AGAIN = {
    "ssl-failed": "checking-ssl-cert",
    "checking-ssl-cert": "checking-ssl-cert",
    "failed": "checking-dns",
    "checking-dns": "checking-dns",
}
ARGUMENTS: dict[str, Any] = {
    **OPTIONS,
    "mappings": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "id": {"type": "int", "required": True},
            "domain": {"type": "str", "required": True},
            "stage": {"type": "str", "required": True, "choices": list(AGAIN)},
        },
    },
    "state_dir": {"type": "str", "required": True},
}

# So many failed rows are told in the message; the result has them all.
_SHOWN = 5
# Code of the program: what failed, and what to do next.
_WORDS = {
    "plugin_lacks": (
        "Ultimate Multisite is active, but has no {names}",
        "Finish its set-up; if that is done, update the plugin.",
    ),
    "queue_unreadable": (
        "the plugin cannot tell what is in its queue (line {line} of {file})",
        "Look at the page Scheduled Actions of the network's main site.",
    ),
}
# What came of one domain: state and reason of the program, for a person.
_TOLD = {
    "requeued": "The plugin checks {domain} again, in stage {stage}.",
    "would": "The plugin would check {domain} again, in stage {stage}.",
    "gone": "The plugin has no row {id} any more.",
    "renamed": "Row {id} is for {now} now, no longer for {domain}.",
    "moved": "{domain} is in stage {stage} now: the plugin or a person was faster.",
    "queued": (
        "A check of {domain} is in the plugin's queue already. If it stays there, the WP-Cron of the network's main site does not run."
    ),
    "asked": "{domain} was asked for at {at} already; once a day is enough. The next time is from {next} on.",
    "refused": "The plugin refused to save {domain}: {said}.",
    "not_saved": "The plugin saved {domain}, but its stage is still {stage}. Look at the domain in the network admin.",
    "not_queued": (
        "{domain} is in stage {stage}, but the plugin's queue took no job. Look at Scheduled Actions of the network's main site."
    ),
    "threw": "The check of {domain} stopped with {class} (line {line} of {file}). Look at the plugin that the path names.",
    "stopped": "PHP ended while the plugins worked on {domain}{place}. Look there, or into PHP's log.",
    "not_tried": "{domain} was not tried: {why}",
    "unknown": "PHP was killed while it worked, so nobody knows whether {domain} is checked again. Raise timeout.",
}


class Outcome(NamedTuple):
    """``mappings``: one row for each that was given, in order. ``fault``: why the whole failed, or None."""

    mappings: list[dict[str, Any]]
    fault: str | None


def wrong_options(params: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the options, beyond their types, as sentences."""
    yield from mistakes(params)
    ids = [row["id"] for row in params["mappings"]]
    for number in sorted(set(ids)):
        if number < 1:
            yield f"mappings holds the id {number}; ids are those of the snapshot, from 1 on."
        if ids.count(number) > 1:
            yield f"mappings holds the id {number} {ids.count(number)} times; give each row once."
    if any(not row["domain"].strip() for row in params["mappings"]):
        yield "mappings holds an empty domain; give it as the snapshot has it."


def nudge(params: Mapping[str, Any], check: bool) -> Outcome:
    """Let the plugin check each row of ``mappings`` again that still is as given.

    :arg params: the options of ``ARGUMENTS``, which have no ``wrong_options``.
    :arg check: nothing is changed; WordPress is loaded all the same.
    """
    rows: list[dict[str, Any]] = params["mappings"]
    if not rows:
        return Outcome([], None)
    begin = f"Cannot have the multisite in {params['path'].rstrip('/') or '/'} check domains again: "
    try:
        asked = {"check": check, "mappings": [dict(row, to=AGAIN[row["stage"]]) for row in rows]}
        answer = run(PROGRAM, params, asked, _WORDS)
    except NotInTime as error:
        return Outcome([told(row, "failed", "unknown") for row in rows], begin + str(error))
    except ReadFailed as error:
        return Outcome([told(row, "failed", "not_tried", why="see the error.") for row in rows], begin + str(error))
    reports = answer["reports"]
    found = [_reported(row, report, check) for row, report in zip(rows, reports)]
    found += [told(row, "failed", "not_tried", why="PHP ended before.") for row in rows[len(reports) :]]
    return Outcome(found, _fault(found))


def told(
    row: Mapping[str, Any], state: str, reason: str, stage: str | None = None, key: str = "", **fields: Any
) -> dict[str, Any]:
    """One row of the result. ``key`` names the words where they are not those of ``reason``."""
    message = _TOLD[key or reason].format(id=row["id"], domain=row["domain"], stage=stage, **fields)
    return {
        "id": row["id"],
        "domain": row["domain"],
        "stage": stage,
        "state": state,
        "reason": reason,
        "message": message,
    }


def _reported(row: Mapping[str, Any], report: dict[str, Any], check: bool) -> dict[str, Any]:
    report = dict({"said": None, "file": None, "line": None}, **report)
    state, reason, stage = report.pop("state"), report.pop("reason"), report.pop("stage")
    report["said"] = report["said"] or "it gave no reason that can be shown; see its log"
    report["place"] = f" (line {report['line']} of {report['file']})" if report["file"] else ""
    return told(row, state, reason, stage, "would" if check and state == "requeued" else "", **report)


def _fault(found: Sequence[dict[str, Any]]) -> str | None:
    """What a person is told when some rows failed."""
    failed = [row["message"] for row in found if row["state"] == "failed"]
    if not failed:
        return None
    more = f" And {len(failed) - _SHOWN} more." if len(failed) > _SHOWN else ""
    return f"{len(failed)} of {len(found)} domains could not be given to the plugin. {' '.join(failed[:_SHOWN])}{more}"
