# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times tls_certificate_info's handshakes with 500 hosts: one at a time against many at once, in one run.

Run it after scripts/build.sh: ``scripts/run.sh python scripts/benchmarks/tls_certificates.py``. The web server runs in a process of
its own on loopback and holds each handshake back as a server some way off does.
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ansible_collections.wpmultisite.runcloud.plugins.module_utils import _tls, _tls_probe

from tests.modules.harness import START
from tests.modules.pem import intermediate, leaf, root
from tests.modules.tls_site import ADDRESSES, HOME, SILENT, running

HOSTS = [f"c{number:04}.com" for number in range(500)]
PATIENCE = 2.0  # seconds with a silent host


def serve(pipe: Connection, delay: float, folder: str) -> None:
    """The web server, until the pipe says that it is enough."""
    Path(folder, "root.crt").write_text(root().pem)
    pair = leaf(*HOSTS)
    with running(Path(folder)) as site:
        for host in HOSTS:
            site.serve(host, pair, intermediate())
        site.on_handshake = lambda _name: time.sleep(delay)
        pipe.send(site.port)
        pipe.recv()


@contextmanager
def served(delay: float, folder: str) -> Iterator[int]:
    """The port of a web server in another process."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there, delay, folder))
    process.start()
    yield int(here.recv())
    here.send(None)
    process.join()


def measured(silent: int, settings: _tls_probe.Settings, rounds: int) -> str:
    """Best and worst of some rounds; every host that is served must be seen as valid."""
    targets: dict[str, Sequence[str] | None] = {
        host: [ADDRESSES[SILENT] if number < silent else HOME] for number, host in enumerate(HOSTS)
    }
    rules = _tls.Rules(START, 0.25)
    times = []
    for _round in range(rounds):
        begin = time.perf_counter()
        shown = _tls_probe.probe_all(targets, settings)
        states = [_tls.judge(host, seen, rules).state for host, seen in shown.items()]
        times.append(time.perf_counter() - begin)
        if states.count("valid") != len(HOSTS) - silent or states.count("unreachable") != silent:
            raise SystemExit("a host was not seen as it is: the figures are worth nothing")
    handshakes = sum(seen.handshakes for seen in shown.values())
    return f"{min(times):6.2f} s to {max(times):6.2f} s, {handshakes} handshakes"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--delay", type=float, default=0.030, help="seconds that a handshake is held back (default 0.030)"
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    held = f"held back for {options.delay * 1000:.0f} ms"
    print(f"500 hosts, handshakes {held}, {options.rounds} rounds, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory(prefix="tls-") as folder, served(options.delay, folder) as port:
        contexts = _tls_probe.contexts(str(Path(folder, "root.crt")))
        for title, path, silent, bounds in (
            ("handshake alone", None, 0, (1, 50)),
            ("handshake and page", "/", 0, (1, 50)),
            (f"10 hosts silent, {PATIENCE:.0f} s of patience", "/", 10, (1, 50)),
            (f"50 hosts silent, {PATIENCE:.0f} s of patience", "/", 50, (50, 200)),
        ):
            for concurrency in bounds:
                settings = _tls_probe.Settings(contexts, port, PATIENCE, concurrency, path)
                figures = measured(silent, settings, options.rounds)
                print(f"{title}, {concurrency:3} at once: {figures}", flush=True)


if __name__ == "__main__":
    main()
