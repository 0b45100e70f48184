# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.emulator``: the emulator alone, until it is interrupted."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .server import Emulator


def _moment(text: str) -> float:
    """Seconds since the epoch."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def main() -> None:
    """Start, say where, wait."""
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description="An emulator of the RunCloud API.")
    parser.add_argument("--port", type=int, default=8080, help="0: any free one (default: %(default)s)")
    parser.add_argument("--seed", type=Path, help="YAML file with what the panel holds")
    parser.add_argument("--https", action="store_true", help="with a certificate of its own authority")
    parser.add_argument("--ca-file", type=Path, help="copy the authority's certificate to this file")
    parser.add_argument("--ready-file", type=Path, help="JSON with url, token, ca_file, …; written when it listens")
    parser.add_argument("--resolver", metavar="ADDRESS:PORT", help="whom validation asks; without it nothing is issued")
    parser.add_argument("--tls-port", type=int, default=0, help="what visitors meet, by SNI; 0: any free one")
    parser.add_argument("--tls-ca-file", type=Path, help="copy the root of the issued certificates to this file")
    parser.add_argument("--now", type=_moment, metavar="DATE", help="where the clock begins, ISO 8601, UTC if no zone")
    options = parser.parse_args()

    emulator = Emulator(https=options.https, port=options.port, tls_port=options.tls_port)
    if options.now:
        emulator.advance(options.now - time.time())
    if options.seed and not options.seed.is_file():
        parser.error(f"--seed: there is no file {options.seed}")
    if options.seed:
        emulator.seed(options.seed)
    if options.resolver:
        address, _, port = options.resolver.partition(":")
        try:
            emulator.resolve_by(address, int(port or 53))
        except ValueError as error:
            parser.error(f"--resolver {options.resolver}: {error}")
    # Blocked before any thread starts, so that only sigwait sees them.
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        emulator.start()
    except OSError as error:
        parser.error(f"--port {options.port}: {error.strerror}")
    try:
        try:
            tls_ca = emulator.tls_ca
        except OSError as error:
            parser.error(f"--tls-port {options.tls_port}: {error.strerror}")
        if options.tls_ca_file:
            tls_ca = str(shutil.copy(tls_ca, options.tls_ca_file))
        ca_file = emulator.ca_file if options.https else None
        if ca_file and options.ca_file:
            ca_file = str(shutil.copy(ca_file, options.ca_file))
        key = next(iter(emulator.world.data.keys), None)
        told: dict[str, Any] = {"url": emulator.url, "token": emulator.token, "ca_file": ca_file}
        told |= {"tls_port": emulator.tls_port, "tls_ca": tls_ca} | (key.model_dump() if key else {})
        print(f"RunCloud API emulator at {emulator.url}  (control: {emulator.root}/_emulator/, end: Ctrl-C)")
        print(f"token: {emulator.token}")
        if key:
            print(f"key:   {key.key}  secret: {key.secret}  (v2)")
        print(
            f"curl{f' --cacert {ca_file}' if ca_file else ''} -H 'Authorization: Bearer {emulator.token}'"
            f" -H 'Accept: application/json' -H 'Content-Type: application/json' {emulator.url}/v3/servers",
            flush=True,
        )
        print("what visitors meet, for the role:")
        for name, value in (("connect_to", "127.0.0.1"), ("port", emulator.tls_port), ("ca_path", told["tls_ca"])):
            print(f"  multisite_domains_tls_{name}: {value}", flush=True)
        if options.ready_file:
            # Renamed into place: who waits for the file never reads half of it.
            part = options.ready_file.with_suffix(".part")
            part.write_text(json.dumps(told), encoding="utf-8")
            part.replace(options.ready_file)
        signal.sigwait(signals)
    finally:
        emulator.stop()


if __name__ == "__main__":
    main()
