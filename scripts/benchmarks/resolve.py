# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and memory of resolving a snapshot, without Ansible around it: ``scripts/run.sh python scripts/benchmarks/resolve.py [ROWS...]``.

Rows are sites and mappings, half of each, of every stage and with names that fold, repeat or are bad. Time is the best of three
runs; memory is what the function itself allocated at its peak, measured in a run of its own.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._desired import resolve
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._policy import Policy

SIZES = (1_000, 10_000, 100_000)
STAGES = ("done", "done", "done", "checking-dns", "failed", "ssl-failed", "parking", "", None)
POLICY = Policy(www_policy="main_only", redirection_policy="canonical", exclude=[".excluded.com"], deny=["agency.com"])


def snapshot(rows: int) -> dict[str, Any]:
    """A network with about that many rows."""
    sites, mappings = rows // 2, rows - rows // 2
    alive = {"public": 1, "archived": 0, "mature": 0, "spam": 0, "deleted": 0}
    blogs: list[dict[str, Any]] = [{"id": 1, "network_id": 1, "domain": "network.com", "path": "/", **alive}]
    for number in range(2, sites + 1):
        state = {"archived": int(number % 20 == 0)}
        blogs.append(
            {"id": number, "network_id": 1, "domain": "s%d.network.com" % number, "path": "/", **alive, **state}
        )
    return {
        "format": "wpmultisite.snapshot/1",
        "wordpress": {"domain_current_site": "network.com", "environment_type": "production"},
        "mapping_plugin": {"name": "ultimate_multisite"},
        "settings": {"enable_domain_mapping": True},
        "networks": [{"id": 1, "domain": "network.com", "path": "/"}],
        "blogs": blogs,
        "mappings": [mapping(number, 2 + number % max(sites - 1, 1)) for number in range(1, mappings + 1)],
        "counts": {"networks": 1, "blogs": len(blogs), "mappings": mappings},
    }


def mapping(number: int, blog: int) -> dict[str, Any]:
    """One row: every tenth is a www, every fiftieth cannot be used."""
    domain = "client-%d.co.uk" % number if number % 3 else "shop.client-%d.com" % number
    if number % 10 == 0:
        domain = "www.client-%d.co.uk" % (number - 9)
    if number % 50 == 0:
        domain = "bad_%d.com" % number
    return {
        "id": number,
        "blog_id": blog,
        "domain": domain,
        "active": int(number % 25 != 0),
        "primary": 1,
        "secure": 0,
        "stage": STAGES[number % len(STAGES)],
    }


def measure(rows: int) -> tuple[float, float, int]:
    """Seconds, MiB at the peak, and entries that came out."""
    document = snapshot(rows)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        desired = resolve(document, POLICY)
        seconds.append(time.perf_counter() - start)
    tracemalloc.start()
    resolve(document, POLICY)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(seconds), peak / 2**20, len(desired["domains"])


def main(sizes: list[int]) -> None:
    """One line a size."""
    measure(100)  # loads the public suffix list
    print("%10s %10s %14s %10s %10s" % ("rows", "seconds", "µs per row", "peak MiB", "entries"))
    for rows in sizes:
        seconds, memory, entries = measure(rows)
        print("%10d %10.3f %14.1f %10.1f %10d" % (rows, seconds, seconds / rows * 1e6, memory, entries))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
