# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of one network (docs/schemas/report-1.json): what a run wrote, what is not as it should be, and who has to do something. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._moments import end_of, moment_of, until_faults
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, fold, normalise
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_items import read_run
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import (
    CLASSES,
    REPORT_FORMAT,
    Item,
    count,
    is_item,
    is_list,
    is_moment,
    plain,
    rows_of,
    texts_of,
)
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_unasked import carried_over

_DOCUMENTS = ("desired", "result", "purged", "certificates")
_LISTS = ("seen", "stuck", "dns", "faults", "notes", "calls")
_NEEDED = ("desired", "result")
_HOLDS = {"desired": "domains", "result": "domains", "purged": "domains", "certificates": "valid"}
_REFUSED = "the multisite's list is refused: "
_WORDS = {
    "desired": "what the multisite wants is not known, because the run ended before it was read",
    "result": "what is on RunCloud is not known, because the run ended before it was read",
    "purged": "the purge broke off without a result; what it removed is not known",
    "certificates": "the module for certificates broke off without a result; what it ordered is not known",
}


def network_report(
    run: Mapping[str, Any],
    previous: Any = None,
    now: str = "",
    overrides: Sequence[Mapping[str, Any]] = (),
    expiring_fraction: float = 0.2,
) -> dict[str, Any]:
    """The report of a run.

    :arg run: ``host`` and the documents of the run, each of which may be missing or empty when it ended early; ``unasked`` (``checked``, ``why``) when it
        ended on purpose before RunCloud was asked.
    :arg previous: the report before this one; what cannot be used as one is left out with a note.
    :arg now: when it is made, such as 2026-07-18T12:00:00Z.
    :arg overrides: those of the role, for what a person has acknowledged.
    :raises ValueError: when an argument is none of these; all faults at once.
    """
    moment = _check(run, now, overrides, expiring_fraction)
    if run.get("unasked"):
        return carried_over(run, {} if why_no_report(previous) else previous, now)
    faults = _faults(run)
    told = read_run(run, expiring_fraction)
    ends = {_key(row["name"]): row for row in overrides if row.get("until") is not None}
    items = sorted({_clean(item) for item in _acknowledge(told.items, ends, moment)})
    notes = texts_of(run, "notes") + [
        note for key in ("desired", "result", "purged", "certificates") for note in _notes(run, key)
    ]
    unfit = why_no_report(previous)
    if unfit:
        notes += (
            ["the report before this one cannot be used, so everything counts as new: %s" % unfit] if previous else []
        )
        previous = {}
    before = [row for name in ("items", "remembered") for row in rows_of(previous, name) if is_item(row)]
    # Of what becomes acknowledged, or is no longer, the time runs on.
    since = {(row["name"], row["kind"]): row["since"] for row in before}
    rows = [_row(item, since.get((item.name, item.kind), now)) for item in items]
    alarms = {(row["name"], row["kind"]) for row in before if row["class"] == "attention"}
    new = [item for item in items if item.cls == "attention" and (item.name, item.kind) not in alarms]
    if faults:
        verdict = "error"
    else:
        open_ = new or run.get("failed") or any(item.cls == "drift" for item in items)
        verdict = "drift" if open_ else "in_sync"
    result, last = run.get("result") or {}, previous.get("last_success")
    keys = {item.key for item in items}
    # What this run could not look at is not gone.
    remembered = [dict(row) for row in before if _known(row) not in keys] if faults else []
    if remembered:
        notes.append(
            "%s of the report before may stand still; this run could not look"
            % count(len(remembered), "entry", "entries")
        )
    return {
        "format": REPORT_FORMAT,
        "host": plain(run["host"]),
        "network": plain((run.get("desired") or {}).get("network") or result.get("network") or ""),
        "made": now,
        "verdict": verdict,
        "last_success": now if verdict != "error" else last if is_moment(last) else None,
        "faults": faults,
        "changes": sorted(
            ({key: plain(change[key]) for key in ("name", "what", "reason")} for change in told.changes),
            key=lambda change: (change["name"], change["what"], change["reason"]),
        ),
        "items": rows,
        "remembered": sorted(remembered, key=_known),
        "certificates": sorted(
            (dict(row, name=plain(row["name"])) for row in told.certificates),
            key=lambda row: (row["name"], row["state"], str(row["days_left"]), str(row["valid_until"])),
        ),
        "notes": sorted(set(notes)),
        "counts": {
            **{cls: sum(item.cls == cls for item in items) for cls in CLASSES},
            "new": len(new),
            "changes": len(told.changes),
            "certificates": len(told.certificates),
            "as_wanted": told.quiet["as_wanted"],
            "covered": told.quiet["covered"],
            "records": len(rows_of(run.get("purged") or result, "domains")),
        },
        "api_calls": _calls(run),
        "duration": None,
    }


def _check(run: Any, now: Any, overrides: Any, expiring: Any) -> datetime:
    """When the report is made.

    :raises ValueError: with all that is wrong with the arguments.
    """
    faults, moment = [], None
    if not isinstance(run, Mapping) or not isinstance(run.get("host"), str) or not run["host"].strip():
        faults.append("the run is no dict with a host, the inventory's name of the network.")
    else:
        faults += [
            "run.%s is no dict." % name
            for name in (*_DOCUMENTS, "unasked")
            if not isinstance(run.get(name) or {}, Mapping)
        ]
        faults += ["run.%s is no list." % name for name in _LISTS if not is_list(run.get(name) or [])]
        unknown = sorted(set(run) - {"host", "failed", "unasked", *_DOCUMENTS, *_LISTS})
        faults += ["run has unknown keys (misspelt?): %s." % ", ".join(map(str, unknown))] if unknown else []
    try:
        moment = moment_of(now)
    except (TypeError, ValueError):
        faults.append("now must be a moment such as 2026-07-18T12:00:00Z, not %r." % (now,))
    if not is_list(overrides) or not all(isinstance(row, Mapping) and row.get("name") for row in overrides):
        faults.append("overrides is no list of dicts with a name.")
    else:
        for index, row in enumerate(overrides):
            faults += until_faults(row, "overrides[%d] (%s)" % (index, row["name"]))
    if isinstance(expiring, bool) or not isinstance(expiring, (int, float)) or not 0 <= expiring <= 1:
        faults.append("expiring_fraction must be a number from 0 to 1, not %r." % (expiring,))
    if faults or moment is None:
        raise ValueError(" ".join(faults))
    return moment


def _faults(run: Mapping[str, Any]) -> list[str]:
    """Why the report is one of an error. The message of a module whose lists tell what failed is none."""
    faults = texts_of(run, "faults")
    for name in _DOCUMENTS:
        document = run.get(name) or {}
        more = [_REFUSED + reason for reason in texts_of(document, "refused")]
        more += [] if document.get("paused") else texts_of(document, "stops")
        if document and not is_list(document.get(_HOLDS[name])):
            more.append(plain(document.get("msg") or _WORDS[name]))
        elif not more and document.get("msg") and not _explained(document):
            more.append(plain(document["msg"]))
        faults += more
    # Who says why the run ended says why there is no document.
    found = list(dict.fromkeys(faults or [_WORDS[name] for name in _NEEDED if not run.get(name)]))
    return sorted(one for one in found if not any(_core(one) in other for other in found if other != one))


def _explained(document: Mapping[str, Any]) -> bool:
    """Whether the lists of a document say what its message says."""
    if document.get("paused") or rows_of(document, "failures"):
        return True
    if rows_of(document, "refused"):
        return document.get("complete") is not False
    return any(str(row.get("reason")) in document["msg"] for row in rows_of(document, "blocked"))


def _core(fault: str) -> str:
    """A fault as it stands in the longer sentence of somebody who told it before."""
    return fault.removeprefix(_REFUSED).rstrip(".")


def _notes(run: Mapping[str, Any], key: str) -> list[str]:
    document = run.get(key) or {}
    notes = texts_of(document, "warnings" if key == "desired" else "notes")
    if key == "desired":
        told = " ".join(texts_of(run, "faults"))
        refusals = texts_of(document, "purge_refused")
        notes += ["the list must not be purged by: %s" % why for why in refusals if _core(why) not in told]
    if key == "result" and document.get("paused"):
        notes.append("the network is held: %s" % plain(document["paused"]))
        notes += texts_of(document, "stops")
    return notes


def _acknowledge(items: Sequence[Item], ends: Mapping[str, Mapping[str, Any]], now: datetime) -> Iterable[Item]:
    """The items with a person's word about them. Only what alarms, or what the override itself keeps, is acknowledged by it."""
    silent = set(ends)
    for item in items:
        override = ends.get(_key(item.name))
        if override is None or item.cls not in ("drift", "attention", "kept"):
            yield item
            continue
        silent.discard(_key(item.name))
        until, why = str(override["until"]).strip(), str(override["reason"])
        if end_of(until) > now:
            yield item._replace(cls="acknowledged", until=(plain(why), plain(until)))
        else:
            over = "%s; acknowledged until %s, which is over (%s)" % (item.reason, until, why)
            yield item._replace(cls="drift" if item.cls == "drift" else "attention", reason=over, do=item.do or _OVER)
    for key in silent:
        if end_of(str(ends[key]["until"])) <= now:
            reason = "acknowledged until %s, which is over (%s)" % (ends[key]["until"], ends[key]["reason"])
            yield Item(str(ends[key]["name"]), "attention", "override", reason, _OVER)


_OVER = "take the override away, or give it another end"


def _key(name: Any) -> str:
    """Under which a name and its www are one; of what is no host name the text itself."""
    try:
        return fold(normalise(str(name), wildcard=True))
    except BadName:
        return str(name)


def _clean(item: Item) -> Item:
    return item._replace(name=plain(item.name), reason=plain(item.reason), do=plain(item.do))


def _row(item: Item, since: str) -> dict[str, Any]:
    return {
        "name": item.name,
        "class": item.cls,
        "kind": item.kind,
        "reason": item.reason,
        "do": item.do,
        "since": since,
        "acknowledged": {"reason": item.until[0], "until": item.until[1]} if item.until else None,
    }


def _known(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["name"], row["class"], row["kind"]


def why_no_report(document: Any) -> str:
    """Why a document is no report; empty when it is one."""
    if not isinstance(document, Mapping):
        return "it is no dict"
    if document.get("format") != REPORT_FORMAT:
        return "its format is %s, and %s is understood" % (plain(document.get("format")), REPORT_FORMAT)
    return "" if is_list(document.get("items")) else "it has no list of items"


def _calls(run: Mapping[str, Any]) -> dict[str, int]:
    """API calls of all documents by verb, and their total."""
    calls: Counter[str] = Counter()
    documents = [(run.get(name) or {}).get("api_calls") for name in _DOCUMENTS] + rows_of(run, "calls")
    for document in documents:
        if isinstance(document, Mapping):
            calls.update({plain(verb): number for verb, number in document.items() if isinstance(number, int)})
    return {verb: calls[verb] for verb in sorted(calls) if verb != "total"} | {"total": calls["total"]}
