# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of a fleet as the role's facts hold them, and the filters that tell of them."""

from __future__ import annotations

import importlib
from typing import Any

NOW = "2026-07-18T12:00:00Z"
NAMES = ("network_report", "fleet_report", "fleet_status")
FORMATS = ("report_markdown", "report_html", "report_table", "report_metrics", "report_changes")
FILTERS: dict[str, Any] = {
    name: importlib.import_module(f"ansible_collections.wpmultisite.runcloud.plugins.filter.{name}")
    .FilterModule()
    .filters()[name]
    for name in (*NAMES, *FORMATS)
}
FLAGS = {"type": "alias", "www": True, "redirection": "none"}
NASTY = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "{{ 7*7 }}",
    "\x1b[31mred\x1b[0m",
    "evil\u202emoc.elgoog",
    'it\'s "quoted" & `ticked`',
    "two\nlines\r\n| and | pipes |",
    "</script><!-- -->",
    "@everyone #1 www.evil.com https://evil.com [a](b) ![i](j) *b* _i_ ~~s~~ $x^2$ \\",
    "zero\u200bwidth\u2028and\ud800half",
)


def result(**lists: Any) -> dict[str, Any]:
    """What runcloud_domains returns when it looks ahead."""
    lists = {"domains": [{"name": "network.com"}], "unchanged": [{"name": "network.com", "ours": True}], **lists}
    return {"check_mode": True, "complete": True, "api_calls": {"GET": 2, "total": 2}, **lists}


def desired(**lists: Any) -> dict[str, Any]:
    """What desired_domains gives."""
    return {"network": "network.com", "domains": [{"name": "network.com"}], "refused": [], **lists}


def certificates(**lists: Any) -> dict[str, Any]:
    """What runcloud_certificates returns when it looks ahead."""
    return {"check_mode": True, "valid": [], "issued": [], "api_calls": {"GET": 3, "total": 3}, **lists}


def run(host: str = "client", **documents: Any) -> dict[str, Any]:
    """A run that found nothing to do."""
    return {"host": host, "desired": desired(), "result": result(), "certificates": certificates(), **documents}


def report(host: str = "client", previous: Any = None, overrides: Any = (), now: str = NOW, **documents: Any) -> Any:
    """The report of such a run."""
    return FILTERS["network_report"](run(host, **documents), previous=previous, now=now, overrides=overrides)


def busy(host: str, size: int = 4) -> dict[str, Any]:
    """A run that finds something of each class, ``size`` of most."""
    names = [f"{word}-{host}-{index}.com" for index in range(size) for word in ("bakery", "garage")]
    return run(
        host,
        desired=desired(
            network=f"{host}.com",
            rejected=[{"value": text, "reason": f"no host name: {text}", "from": []} for text in NASTY[:size]],
            ignored=[{"name": f"hold.{host}.com", "reason": "excluded by a person", "from": []}],
        ),
        result=result(
            added=[dict(FLAGS, name=name, id=None, reason="R2.3 stage checking-dns") for name in names[:size]],
            differs=[
                {
                    "name": f"shop-{host}.com",
                    "current": dict(FLAGS, type="redirect"),
                    "wanted": FLAGS,
                    "reason": "a redirect record is never turned into an alias by a list; runcloud_domain does it",
                }
            ],
            waiting=[
                {
                    "name": f"new-{host}-{index}.com",
                    "reason": f"R2.3 stage checking-dns; its DNS is not ready: new-{host}-{index}.com leads elsewhere (A 198.51.100.7).",
                    "message": "",
                    "record": {"type": "A", "name": f"new-{host}-{index}.com", "value": "203.0.113.10"},
                }
                for index in range(size)
            ],
            kept=[
                {
                    "name": f"left-{host}.com",
                    "reason": "nothing wants it; it is not ours; remove it by runcloud_domain if nobody needs it",
                }
            ],
        ),
        certificates=certificates(
            valid=[
                {"name": name, "id": 1, "days_left": days, "valid_until": "2026-09-01T00:00:00Z"}
                for name, days in zip(names, (89, 75, 3, 61, 34, 15, 88, 47, 62, 80) * size, strict=False)
            ],
            blocked=[
                {
                    "name": f"old-{host}.com",
                    "reason": "its certificate ended on 2026-07-01T00:00:00Z; the record is not ours",
                }
            ],
        ),
        stuck=[{"id": 4, "domain": f"stuck-{host}.com", "stage": "ssl-failed"}],
    )


def fleet(size: int = 4, quiet: int = 9) -> Any:
    """The report of a fleet with all verdicts, and a history."""
    held = [{"name": "shop-acme.com", "reason": "the customer moves, ticket 4711", "until": "2026-08-01"}]
    reports = [FILTERS["network_report"](busy(host, size), now=NOW, overrides=held) for host in ("acme", "borealis")]
    reports += [
        report(f"quiet-{index}", certificates=certificates(valid=[_valid(f"quiet-{index}.com", 20 + 7 * index)]))
        for index in range(quiet)
    ]
    reports.append(
        report(
            "cellar",
            desired={},
            result={},
            certificates={},
            faults=["The database does not answer: \x1b[31mConnection refused"],
        )
    )
    history: list[dict[str, Any]] = []
    for day in range(1, 18):
        noise = day * 7 % 12 if day % 5 else 0
        verdict = "error" if day == 9 else "drift" if noise else "in_sync"
        past = FILTERS["fleet_report"]([report()], now=f"2026-07-{day:02}T12:00:00Z")["history"][-1]
        past["counts"].update(drift=noise, attention=noise // 3)
        history.append(dict(past, verdict=verdict))
    return FILTERS["fleet_report"](reports, history=history)


def _valid(name: str, days: int) -> dict[str, Any]:
    return {"name": name, "id": 1, "days_left": days, "valid_until": "2026-09-01T00:00:00Z"}
