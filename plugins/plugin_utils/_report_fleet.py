# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet, its status for CI, and what changed since the last one (docs/schemas/fleet-1.json, status-1.json). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._moments import moment_of
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import (
    CLASSES,
    FLEET_FORMAT,
    LOUD,
    REPORT_FORMAT,
    STATUS_FORMAT,
    VERDICTS,
    count,
    is_item,
    is_list,
    is_moment,
    plain,
    rows_of,
    worst,
)

RUNS = 30  # of the history
_RUN = ("made", "verdict", "counts", "api_calls")
_MONTH = timedelta(days=30)
_SPAN = timedelta(hours=1)  # of the history, below which nobody can say how many calls a month brings
_REPORT = frozenset(
    ("host", "network", "made", "verdict", "last_success", "faults", "changes", "items", "certificates", "notes")
)
_REPORT |= {"remembered", "counts", "api_calls"}
_FLEET = frozenset(("made", "verdict", "networks", "totals", "history", "notes"))
_TOTALS = (*CLASSES, "new", "changes", "certificates", "as_wanted", "covered", "records")


def fleet_report(reports: Sequence[Any], history: Any = (), now: str = "") -> dict[str, Any]:
    """The report of all networks.

    :arg reports: those of the networks, each host once.
    :arg history: the ``history`` of the fleet's report before; entries that cannot be used are left out with a note.
    :arg now: when it is made; the newest report's moment if not given.
    :raises ValueError: when an argument is none of these.
    """
    faults = []
    if not is_list(reports):
        raise ValueError("the reports of the networks are no list.")
    hosts: set[str] = set()
    for index, report in enumerate(reports):
        if not isinstance(report, Mapping) or report.get("format") != REPORT_FORMAT:
            faults.append("reports[%d] is no document of the format %s." % (index, REPORT_FORMAT))
        elif not set(report) >= _REPORT:
            faults.append("reports[%d] is not whole, it lacks %s." % (index, ", ".join(sorted(_REPORT - set(report)))))
        elif report["host"] in hosts:
            faults.append("reports[%d]: there is one of %s already." % (index, report["host"]))
        else:
            hosts.add(report["host"])
    if now and not is_moment(now):
        faults.append("now must be a moment such as 2026-07-18T12:00:00Z, not %r." % (now,))
    elif not now and not reports:
        faults.append("there is no report, so now has to say when this was.")
    if faults:
        raise ValueError(" ".join(faults))
    made = now or max(report["made"] for report in reports)
    past = rows_of({"runs": history}, "runs")
    usable = [{key: row[key] for key in _RUN} for row in past if _is_run(row)]
    left = len(history) - len(usable) if is_list(history) else 1 if history else 0
    networks = sorted((dict(report) for report in reports), key=lambda report: str(report["host"]))
    verdict = worst(report["verdict"] for report in networks)
    totals: dict[str, Any] = {
        "networks": {one: sum(report["verdict"] == one for report in networks) for one in VERDICTS},
        **{key: sum(report["counts"][key] for report in networks) for key in _TOTALS},
        "api_calls": sum(report["api_calls"]["total"] for report in networks),
    }
    run = {"made": made, "verdict": verdict, "counts": _counts(totals), "api_calls": totals["api_calls"]}
    earlier = sorted((row for row in usable if row["made"] < made), key=lambda row: str(row["made"]))
    runs = [*earlier[-(RUNS - 1) :], run]
    totals["api_calls_per_month"] = _per_month(runs)
    return {
        "format": FLEET_FORMAT,
        "made": made,
        "verdict": verdict,
        "networks": networks,
        "totals": totals,
        "history": earlier[-RUNS:] if earlier and _is_quiet(run, earlier[-1]) else runs,
        "notes": ["%s of the history cannot be used" % count(left, "entry", "entries")] if left else [],
    }


def fleet_status(fleet: Any) -> dict[str, Any]:
    """The verdicts alone, for CI.

    :raises ValueError: when it is no report of a fleet.
    """
    networks = {report["host"]: report["verdict"] for report in checked(fleet)["networks"]}
    return {"format": STATUS_FORMAT, "made": fleet["made"], "verdict": fleet["verdict"], "networks": networks}


def report_changes(fleet: Any, previous: Any = None) -> dict[str, Any]:
    """What alarms now and did not before, and the other way round; empty when nothing changed. What one run could not look at is not gone.

    :arg previous: the fleet's report before; what is none counts as one without networks.
    :raises ValueError: when the first one is no report of a fleet.
    """
    checked(fleet)
    usable = isinstance(previous, Mapping) and previous.get("format") == FLEET_FORMAT
    old = {str(report.get("host")): report for report in rows_of(previous, "networks")} if usable else {}
    new = {report["host"]: report for report in fleet["networks"]}
    networks, lines = [], []
    for host in sorted({*old, *new}):
        before = old.get(host, {})
        after = with_unseen(before, new[host]) if host in new else {}
        was, verdicts = _alarms(before), (before.get("verdict"), after.get("verdict"))
        now = _alarms(after)
        come = [now[key] for key in sorted(now, key=str) if key not in was]
        gone = [was[key] for key in sorted(was, key=str) if key not in now]
        # That attention is no longer new is no change.
        looked = "error" not in verdicts and None not in verdicts
        faults = [fault for fault in after.get("faults", ()) if fault not in before.get("faults", ())]
        if not come and not gone and not faults and (looked or verdicts[0] == verdicts[1]):
            continue
        networks.append({"host": host, "before": verdicts[0], "after": verdicts[1], "new": come, "gone": gone})
        if verdicts[0] != verdicts[1]:
            lines.append("%s: %s (was %s)" % (host, verdicts[1] or "no longer there", verdicts[0] or "not there"))
        lines += ["%s: %s" % (host, fault) for fault in faults]
        lines += ["%s: new %s %s: %s" % (host, row["class"], row["name"], row["reason"]) for row in come]
        lines += [_gone(host, row, after) for row in gone]
    if not networks:
        return {}
    return {
        "made": fleet["made"],
        "verdict": {"before": previous.get("verdict") if usable else None, "after": fleet["verdict"]},
        "networks": networks,
        "lines": [plain(line) for line in lines],
    }


def with_unseen(before: Mapping[str, Any], after: Mapping[str, Any]) -> Mapping[str, Any]:
    """A network's report, and what people know of it that a run with an error could not see: that is not gone.

    The report remembers what runs of its own kind have found; people were told of the others' finds as well.
    """
    if after.get("verdict") != "error":
        return after
    seen = {
        (row["name"], row["kind"]) for key in ("items", "remembered") for row in rows_of(after, key) if is_item(row)
    }
    unseen = [row for row in _alarms(before).values() if (row["name"], row["kind"]) not in seen]
    return {**after, "remembered": [*rows_of(after, "remembered"), *unseen]}


def _gone(host: str, row: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What became of something that alarmed: it may be there still, and known."""
    still = [one for one in rows_of(after, "items") if (one["name"], one["kind"]) == (row["name"], row["kind"])]
    if still:
        return "%s: %s %s, no longer %s: %s" % (host, still[0]["class"], row["name"], row["class"], still[0]["reason"])
    return "%s: gone %s %s: %s" % (host, row["class"], row["name"], row["reason"])


def checked(fleet: Any) -> Mapping[str, Any]:
    """The report of a fleet itself.

    :raises ValueError: when it is none.
    """
    if not isinstance(fleet, Mapping) or fleet.get("format") != FLEET_FORMAT or not set(fleet) >= _FLEET:
        raise ValueError(
            "this is no whole document of the format %s, as the filter fleet_report gives it." % FLEET_FORMAT
        )
    return fleet


def worst_first(fleet: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The networks, those that a person has to hear of first at the top."""
    return sorted(
        fleet["networks"],
        key=lambda report: (
            VERDICTS.index(report["verdict"]),
            *(-report["counts"][cls] for cls in LOUD),
            report["host"],
        ),
    )


def loudest_first(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A network's items by class, and by name."""
    return sorted(
        report["items"], key=lambda row: (CLASSES.index(row["class"]), row["name"], row["kind"], row["reason"])
    )


def headline(fleet: Mapping[str, Any]) -> str:
    """The verdict in a few words, for a person."""
    networks, totals = fleet["totals"]["networks"], fleet["totals"]
    if not fleet["networks"]:
        return "No network was looked at"
    if fleet["verdict"] == "in_sync":
        known = (
            "; a person has %s still to look at" % count(totals["attention"], "thing") if totals["attention"] else ""
        )
        return "All in sync: %s%s" % (count(len(fleet["networks"]), "network"), known)
    parts = [count(networks["error"], "network") + " with errors"] if networks["error"] else []
    parts += [count(networks["drift"], "network") + " with drift"] if networks["drift"] else []
    parts += ["%d in sync" % networks["in_sync"]] if networks["in_sync"] else []
    # A network with an error is mended by no run until a person has looked at it.
    mends = sum(report["counts"]["drift"] for report in fleet["networks"] if report["verdict"] != "error")
    todo = ["a run would mend %s" % count(mends, "thing")] if mends else []
    todo += ["a person has to look at %d" % totals["attention"]] if totals["attention"] else []
    return "; ".join(filter(None, (", ".join(parts), ", ".join(todo))))


def per_month(totals: Mapping[str, Any]) -> str:
    """What the pace of API calls comes to, for a person; empty while nobody knows it."""
    known = totals.get("api_calls_per_month")
    return "" if known is None else ", %s a month at this pace" % format(known, ",")


def _alarms(report: Mapping[str, Any]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    rows = [*rows_of(report, "items"), *rows_of(report, "remembered")]
    return {(row["name"], row["class"], row["kind"]): row for row in rows if is_item(row) and row["class"] in LOUD}


def _counts(totals: Mapping[str, Any]) -> dict[str, int]:
    return {"networks": dict(totals["networks"]), **{cls: totals[cls] for cls in CLASSES}}


def _is_quiet(run: Mapping[str, Any], last: Mapping[str, Any]) -> bool:
    """Whether a run asked nobody and says what the last one said: every two minutes of these would leave no history of anything else."""
    return not run["api_calls"] and all(run[key] == last[key] for key in ("verdict", "counts"))


def _per_month(runs: Sequence[Mapping[str, Any]]) -> int | None:
    """API calls in 30 days at the pace of these runs, None while they are few and of less than an hour.

    Those of the first one belong to the time before it, of which nobody knows when it began.
    """
    span = moment_of(runs[-1]["made"]) - moment_of(runs[0]["made"])
    if span < _SPAN and len(runs) < RUNS:
        return None
    calls: int = sum(run["api_calls"] for run in runs[1:])
    return round(calls * (_MONTH / span))


def _is_run(row: Mapping[str, Any]) -> bool:
    counts = row.get("counts")
    return (
        is_moment(row.get("made"))
        and row.get("verdict") in VERDICTS
        and isinstance(counts, Mapping)
        and set(counts) == {"networks", *CLASSES}
        and _are_numbers(counts[cls] for cls in CLASSES)
        and isinstance(counts["networks"], Mapping)
        and set(counts["networks"]) == set(VERDICTS)
        and _are_numbers([row.get("api_calls"), *counts["networks"].values()])
    )


def _are_numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) and value >= 0 for value in values)
