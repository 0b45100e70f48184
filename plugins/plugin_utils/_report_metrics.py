# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet as metrics, in the text format that the textfile collector of Prometheus' node_exporter reads. Pure.

Source of the format: https://prometheus.io/docs/instrumenting/exposition_formats/ (one HELP, one TYPE, then all samples of a metric; in labels
backslash, quote and line feed are escaped). The collector refuses timestamps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._moments import moment_of
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_fleet import checked
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import CLASSES, VERDICTS, plain

_PREFIX = "wpmultisite_"
_DAYS = 30  # of a month
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

Labels = Mapping[str, Any]
Samples = Iterable["tuple[Labels, float]"]


def report_metrics(fleet: Any, quota: int | None = None, runs_per_day: float = 24) -> str:
    """The metrics of a fleet.

    :arg quota: API calls that the account has a month, None where nobody says it.
    :arg runs_per_day: how often the job runs, for the projection until the history has an hour or 30 runs.
    :raises ValueError: when an argument is none of these.
    """
    for name, number in (("quota", 1 if quota is None else quota), ("runs_per_day", runs_per_day)):
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 < number < float("inf"):
            raise ValueError("%s must be a number above 0, not %r." % (name, number))
    networks: Sequence[Mapping[str, Any]] = checked(fleet)["networks"]
    known = fleet["totals"].get("api_calls_per_month")
    projected = fleet["totals"]["api_calls"] * runs_per_day * _DAYS if known is None else known
    text = [
        _metric(
            "verdict",
            "Whether this is the verdict on the network: in_sync, drift or error.",
            (
                ({**_of(report), "verdict": verdict}, float(report["verdict"] == verdict))
                for report in networks
                for verdict in VERDICTS
            ),
        ),
        _metric(
            "items",
            "What is told of names, by class.",
            (({**_of(report), "class": cls}, report["counts"][cls]) for report in networks for cls in CLASSES),
        ),
        _metric(
            "changes",
            "What the last run wrote.",
            ((_of(report), report["counts"]["changes"]) for report in networks),
        ),
        _metric(
            "certificate_days_left",
            "Days until the certificate of a name ends, below 0 when it has ended.",
            (
                ({**_of(report), "name": name}, days)
                for report in networks
                for name, days in sorted(_days_left(report).items())
            ),
        ),
        _metric(
            "last_run_timestamp_seconds",
            "When the network was last looked at.",
            ((_of(report), _seconds(report["made"])) for report in networks),
        ),
        _metric(
            "last_success_timestamp_seconds",
            "When the network was last looked at without an error.",
            ((_of(report), _seconds(report["last_success"])) for report in networks if report["last_success"]),
        ),
        _metric(
            "api_calls",
            "Calls of RunCloud's API by the last run.",
            ((_of(report), report["api_calls"]["total"]) for report in networks),
        ),
        _metric(
            "api_calls_projected_per_month",
            "Calls of RunCloud's API in %d days %s."
            % (
                _DAYS,
                "if each of %g runs a day makes as many" % runs_per_day
                if known is None
                else "at the pace of the last runs",
            ),
            # Of a run that asked nobody, nothing can be said.
            [({}, projected)] if projected or known is not None else [],
        ),
        _metric(
            "api_calls_quota_per_month",
            "Calls of RunCloud's API that the account has a month.",
            [({}, quota)] if quota is not None else [],
        ),
    ]
    return "".join(text)


def _metric(name: str, about: str, samples: Samples) -> str:
    """A gauge; nothing where there is no sample of it."""
    lines = [
        "%s%s%s %s\n" % (_PREFIX, name, _labels(labels), repr(float(value)).removesuffix(".0"))
        for labels, value in samples
    ]
    head = "# HELP %s%s %s\n# TYPE %s%s gauge\n" % (_PREFIX, name, about, _PREFIX, name)
    return head + "".join(lines) if lines else ""


def _labels(labels: Labels) -> str:
    pairs = ['%s="%s"' % (key, plain(value).translate(_ESCAPES)) for key, value in labels.items()]
    return "{%s}" % ",".join(pairs) if pairs else ""


def _of(report: Mapping[str, Any]) -> dict[str, Any]:
    return {"host": report["host"], "network": report["network"]}


def _days_left(report: Mapping[str, Any]) -> dict[str, float]:
    """Of a name with two certificates the one that ends first: two samples with one set of labels would be refused."""
    found: dict[str, float] = {}
    for row in report["certificates"]:
        if row["days_left"] is not None:
            found[row["name"]] = min(row["days_left"], found.get(row["name"], row["days_left"]))
    return found


def _seconds(moment: str) -> float:
    return moment_of(moment).timestamp()
