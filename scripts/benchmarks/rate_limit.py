# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times a fleet of networks that share one token against an emulated panel with a rate limit: wall time, calls a minute, 429s, by forks.

Run it after scripts/build.sh: ``scripts/run.sh python scripts/benchmarks/rate_limit.py``. Each network has one new customer, so its run makes
a listing, two looks before the write, the write, a look at it and a closing listing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, FROM_FILES, inventory, run, snapshot, write_json

FIRST = 11


def fleet(folder: Path, emu: Emulator, networks: int) -> str:
    """The inventory of that many networks, each of which lacks a name on its web app."""
    numbers = range(FIRST, FIRST + networks)
    emu.seed(
        {
            "servers": [{"id": number} for number in numbers],
            "webapps": [{"id": number, "server_id": number} for number in numbers],
            "domains": [{"webapp_id": number, "name": f"network{number}.com"} for number in numbers],
        }
    )
    hosts = {}
    for number in numbers:
        document = snapshot(f"client{number}.com", network=f"network{number}.com")
        file = write_json(folder / f"{number}.json", document)
        ids = {"runcloud_server_id": number, "runcloud_webapp_id": number}
        hosts[f"network{number}"] = {**ids, "multisite_domains_file": file}
    everywhere = {**FROM_FILES, "runcloud_api_token": TOKEN, "multisite_domains_api_url": emu.url}
    return inventory(folder, hosts, everywhere)


def timed(networks: int, limit: int, window: float, forks: int, budget: float) -> str:
    """One run, as a line."""
    with tempfile.TemporaryDirectory() as place, Emulator() as emu:
        folder = Path(place)
        hosts = fleet(folder, emu, networks)
        emu.rate_limit(limit=limit, window=window)
        emu.clear_journal()
        begun = time.monotonic()
        words = ("-i", hosts, CONVERGE, "-e", f"multisite_domains_retry_budget={budget}", "--forks", str(forks))
        own = {"XDG_STATE_HOME": str(folder / "state"), "ANSIBLE_PIPELINING": "true"}
        try:
            run(folder, *words, environment=own)
            ended = "all served"
        except AssertionError:
            ended = "FAILED"
        seconds = time.monotonic() - begun
        statuses = Counter(entry.status for entry in emu.journal)
        added = sum(
            any(row["name"].startswith("client") for row in emu.domains(number))
            for number in range(FIRST, FIRST + networks)
        )
    calls = sum(statuses.values())
    return (
        f"forks {forks:2}: {seconds:6.1f} s, {calls} calls ({60 * calls / seconds:.0f} a minute of {60 * limit / window:.0f}), "
        f"{statuses[429]} times 429, {added} of {networks} networks served ({ended})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=20)
    parser.add_argument("--limit", type=int, default=60, help="calls in a window")
    parser.add_argument("--window", type=float, default=60, help="seconds")
    parser.add_argument("--budget", type=float, default=120, help="the role's retry budget, in seconds")
    parser.add_argument("--forks", type=int, nargs="*", default=[1, 5, 20])
    options = parser.parse_args()
    for forks in options.forks:
        print(timed(options.networks, options.limit, options.window, forks, options.budget), flush=True)


if __name__ == "__main__":
    main()
