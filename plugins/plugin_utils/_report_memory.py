# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier runs have reported (docs/schemas/report-memory-1.json): each network's last report, the history, and what people were told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._moments import moment_of
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._state import Kind
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report import why_no_report
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_fleet import with_unseen
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import (
    FLEET_FORMAT,
    is_list,
    is_moment,
)

KIND = Kind("memory.json", "wpmultisite.report-memory/1", "memory of reports", "everything counts as new")
KEPT = timedelta(days=90)  # how long a network that no run looks at is remembered

Report = Mapping[str, Any]


class Memory(NamedTuple):
    """By host the last report of a look and that of a run that writes, the ``history`` of the fleet, and by host what people were last told of.

    What only a run has seen is new to the next look all the same: it is the look that fails for it.
    """

    looks: Mapping[str, Report]
    runs: Mapping[str, Report]
    history: Sequence[Any]
    told: Mapping[str, Report]

    def before(self, look: bool) -> Mapping[str, Report]:
        """The last reports of this kind."""
        return self.looks if look else self.runs

    def latest(self, host: str) -> Any:
        """A network's last report of either kind, but for those of an error, which know nothing; None where there is none."""
        reports = [_usable(kind.get(host)) for kind in (self.looks, self.runs)]
        known = [report for report in reports if report and report.get("verdict") != "error"]
        return max(known, key=lambda report: str(report["made"]), default=None)


EMPTY = Memory({}, {}, (), {})


def memory_of(document: Mapping[str, Any]) -> Memory:
    """From what the file holds. Single reports that cannot be used are left to ``network_report``, which says so.

    :raises KeyError, TypeError: when it is no memory.
    """
    memory = Memory(*(document[key] for key in Memory._fields))
    if not all(isinstance(part, dict) for part in (memory.looks, memory.runs, memory.told)) or not is_list(
        memory.history
    ):
        raise TypeError("its parts are of another kind")
    return memory


def after_run(memory: Memory, fleet: Mapping[str, Any], look: bool) -> Memory:
    """What to keep after a run."""
    now = moment_of(fleet["made"])
    made = {report["host"]: report for report in fleet["networks"]}
    looks, runs, told = (
        {host: report for host, report in reports.items() if _is_recent(report, now)}
        for reports in (memory.looks, memory.runs, memory.told)
    )
    (looks if look else runs).update(made)
    return Memory(looks, runs, fleet["history"], told)


def after_telling(memory: Memory, hosts: Iterable[str], look: bool) -> Memory:
    """What to keep once people know of the last report of these networks."""
    told = dict(memory.told)
    for host in hosts:
        report = _usable(memory.before(look).get(host))
        if report:
            told[host] = with_unseen(_usable(told.get(host)), report)
    return memory._replace(told=told)


def known_before(reports: Mapping[str, Report], hosts: Iterable[str]) -> dict[str, Any]:
    """These networks' reports as one of the fleet, with which a new one is compared."""
    known = [_usable(reports.get(host)) for host in hosts]
    return {"format": FLEET_FORMAT, "networks": [report for report in known if report]}


def _usable(report: Any) -> Report:
    """The report itself, an empty one where it cannot be used: the file may have been edited."""
    return {} if why_no_report(report) else report


def _is_recent(report: Any, now: datetime) -> bool:
    made = report.get("made") if isinstance(report, Mapping) else None
    return isinstance(made, str) and is_moment(made) and now - moment_of(made) < KEPT
