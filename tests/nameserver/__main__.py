# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.nameserver``: the name servers alone, until they are interrupted."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path

import yaml

from . import running


def main() -> None:
    """Start, say where, wait."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.nameserver", description="A resolver that knows a few names."
    )
    parser.add_argument("--port", type=int, default=5353, help="0: any free one (default: %(default)s)")
    parser.add_argument(
        "--names",
        type=Path,
        help="YAML file, host: {a: [address], aaaa: [address], cname: host, caa: [record]}; others do not exist",
    )
    options = parser.parse_args()
    if options.names and not options.names.is_file():
        parser.error(f"--names: there is no file {options.names}")
    names = yaml.safe_load(options.names.read_text(encoding="utf-8")) if options.names else {}
    nameserver = running(options.port)
    for host, records in names.items():
        nameserver.point(host, **records)
    # Blocked before any thread starts, so that only sigwait sees them.
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        nameserver.start()
    except OSError as error:
        parser.error(f"--port {options.port}: {error.strerror}")
    try:
        print(f'multisite_domains_dns_nameservers: ["127.0.0.1:{nameserver.port}"]', flush=True)
        signal.sigwait(signals)
    finally:
        nameserver.stop()


if __name__ == "__main__":
    main()
