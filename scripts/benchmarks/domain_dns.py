# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times 500 names by domain_dns_info's lookups: one query at a time against many, both resolver modes, in one run.

Run it after scripts/build.sh: ``scripts/run.sh python scripts/benchmarks/domain_dns.py``. The name servers run in a process of
their own on loopback and hold each answer back as a near resolver does.
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ansible_collections.wpmultisite.runcloud.plugins.module_utils import _dns, _dns_query

from tests.nameserver import RECURSIVE, running

OURS = "203.0.113.10"
CASES = (
    ("every name in a zone of its own", [f"c{number:04}.com" for number in range(500)]),
    ("all names in one zone", [f"c{number:04}.network.com" for number in range(500)]),
)


def serve(pipe: Connection, delay: float) -> None:
    """The name servers, until the pipe says that it is enough."""
    with running() as server:
        for _title, names in CASES:
            for name in names:
                server.point(name, a=[OURS])
        server.delay = delay
        pipe.send(server.port)
        pipe.recv()


@contextmanager
def served(delay: float) -> Iterator[int]:
    """The port of name servers in another process."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there, delay))
    process.start()
    yield int(here.recv())
    here.send(None)
    process.join()


def measured(names: list[str], settings: _dns_query.Settings, rounds: int) -> str:
    """Best and worst of some rounds, and the number of queries; every name must be seen."""
    expected = _dns.Expected(_dns.networks([OURS], "")[0])
    times = []
    for _round in range(rounds):
        begin = time.perf_counter()
        views, queries, _caa = _dns_query.ask_all(names, settings)
        times.append(time.perf_counter() - begin)
        if not all(_dns.judge(name, found, expected).ready for name, found in views.items()):
            raise SystemExit("a name was not seen: the figures are worth nothing")
    return f"{min(times):6.2f} s to {max(times):6.2f} s, {queries} queries"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.010, help="seconds before an answer (default 0.010)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(
        f"500 names, answers after {options.delay * 1000:.0f} ms, {options.rounds} rounds, Python {platform.python_version()}"
    )
    with served(options.delay) as port:
        for title, names in CASES:
            for mode in ("recursive", "authoritative"):
                for concurrency in (1, 50):
                    settings = _dns_query.Settings(
                        ((RECURSIVE, port),), mode == "authoritative", port, timeout=5.0, concurrency=concurrency
                    )
                    figures = measured(names, settings, options.rounds)
                    print(f"{title}, {mode}, {concurrency:2} at once: {figures}", flush=True)


if __name__ == "__main__":
    main()
