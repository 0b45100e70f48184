# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet as the files of one folder, and what they are made from. Nothing here raises for a file: a report must not harm a run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._lock import StateError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._state import forget, keep, put_text, recall
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._full_check import KIND as CHECK
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report import network_report
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_fleet import fleet_report, fleet_status
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_html import report_html
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_memory import (
    EMPTY,
    KIND,
    Memory,
    memory_of,
)
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_metrics import report_metrics
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import texts_of
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_text import report_markdown
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_unasked import is_untold

STATUS = "status.json"


class Settings(NamedTuple):
    """``folder``: where the files go. ``metrics``: where the metrics go instead, empty for nowhere else. The others as in the filters."""

    folder: str
    metrics: str
    limit: int
    quota: int | None
    runs_per_day: float


def fleet_of(
    networks: Mapping[str, Mapping[str, Any]], memory: Memory, look: bool, now: str, names: Mapping[str, str]
) -> dict[str, Any]:
    """The report of the fleet.

    :arg networks: by host a dict of ``run``, ``overrides`` and ``expiring_fraction``, each of which may be missing. What cannot be judged is an
        error of that network alone.
    :arg look: whether this was a look that writes nothing.
    :arg names: the options of modules as a person has set them, such as max_adds: multisite_domains_max_adds.
    """
    reports = [
        _report(host, networks[host], _before(host, networks[host], memory, look), now, names) for host in networks
    ]
    return fleet_report(reports, memory.history, now)


def _before(host: str, network: Mapping[str, Any], memory: Memory, look: bool) -> Any:
    """With what a report is compared. A run that asked nobody knows no more than the last one that did, whatever its kind."""
    return memory.latest(host) if _unasked(network) else memory.before(look).get(host)


def _unasked(network: Mapping[str, Any]) -> Mapping[str, Any]:
    """Why RunCloud was not asked, and since when; empty where it was."""
    run = network.get("run")
    return (run.get("unasked") if isinstance(run, Mapping) else None) or {}


def _report(host: str, network: Mapping[str, Any], previous: Any, now: str, names: Mapping[str, str]) -> dict[str, Any]:
    given = network.get("run")
    run = dict(given, host=host) if given and isinstance(given, Mapping) else {"host": host, "faults": [_NOTHING]}
    judged_by = [network[key] for key in ("overrides", "expiring_fraction") if key in network]
    try:
        report = network_report(run, previous, now, *judged_by)
    except ValueError as exc:
        report = network_report({"host": host, "faults": [*texts_of(run, "faults"), str(exc)]}, previous, now)
    spoken = {key: [_spoken(text, names) for text in report[key]] for key in ("faults", "notes")}
    items = [
        dict(item, reason=_spoken(item["reason"], names), do=_spoken(item["do"], names)) for item in report["items"]
    ]
    return {**report, **spoken, "items": items}


_NOTHING = "what its run left could not be read; why is said at the task that failed"
_WORD = re.compile(r"(?<![\w/.-])[a-z]+(?:_[a-z]+)+(?!\w)")


def _spoken(text: str, names: Mapping[str, str]) -> str:
    """Modules speak of their options, and a person has set the role's variables."""
    return _WORD.sub(lambda found: names.get(found.group(), found.group()), text)


def look_again(networks: Mapping[str, Mapping[str, Any]], memory: Memory) -> list[str]:
    """Let the next run look at all of a network whose last full check no report tells of; gives what went wrong."""
    faults = []
    for host, network in networks.items():
        unasked = _unasked(network)
        if unasked.get("state_dir") and is_untold(unasked, memory.latest(host)):
            try:
                forget(os.path.expanduser(str(unasked["state_dir"])), CHECK)
            except StateError as exc:
                faults.append(str(exc))
    return faults


def open_memory(folder: str) -> tuple[Memory, list[str]]:
    """What earlier runs left in the folder, and what a person should know of it."""
    try:
        return recall(folder, KIND, memory_of) or EMPTY, []
    except StateError as exc:
        return EMPTY, ["Everything counts as new. %s This run keeps it as %s.unusable." % (exc, KIND.file)]


def set_aside(folder: str) -> None:
    """Keep a memory that cannot be used under another name."""
    path = os.path.join(folder, KIND.file)
    # Where that fails it is written over, or that fails and is told.
    with suppress(OSError):
        os.replace(path, path + ".unusable")


def write_memory(folder: str, memory: Memory) -> list[str]:
    """Keep the memory; gives what went wrong."""
    try:
        keep(folder, KIND, memory._asdict())
    except StateError as exc:
        return [str(exc)]
    return []


def write_reports(settings: Settings, fleet: Mapping[str, Any]) -> list[str]:
    """Write all files; gives what went wrong. The status comes last, and an old one goes first: where it is, the others are whole."""
    with suppress(OSError):
        os.unlink(os.path.join(settings.folder, STATUS))
    metrics = settings.metrics or os.path.join(settings.folder, "metrics.prom")
    files: list[tuple[str, Callable[[], str], int]] = [
        (os.path.join(settings.folder, "fleet.json"), lambda: _json(fleet), 0o600),
        (os.path.join(settings.folder, "report.md"), lambda: report_markdown(fleet, settings.limit), 0o600),
        (os.path.join(settings.folder, "report.html"), lambda: report_html(fleet), 0o600),
        # Where the collector looks for it, another user reads it.
        (
            metrics,
            lambda: report_metrics(fleet, settings.quota, settings.runs_per_day),
            0o644 if settings.metrics else 0o600,
        ),
        (os.path.join(settings.folder, STATUS), lambda: _json(fleet_status(fleet)), 0o600),
    ]
    return [fault for path, text, mode in files for fault in _write(path, text(), mode)]


def make_folder(folder: str) -> list[str]:
    """Make the folder, for its owner alone; gives what went wrong."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as exc:
        return ["The folder for reports %s cannot be made: %s." % (folder, exc.strerror)]
    except ValueError as exc:  # a NUL
        return ["The folder for reports %r cannot be made: %s." % (folder, exc)]
    return []


def _write(path: str, text: str, mode: int = 0o600) -> list[str]:
    try:
        put_text(path, text, mode)
    except OSError as exc:
        return ["%s cannot be written: %s." % (path, exc.strerror)]
    return []


def _json(document: Mapping[str, Any]) -> str:
    """Stable: two runs that found the same differ in their moments alone."""
    return json.dumps(document, indent=1, sort_keys=True) + "\n"
