# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times the runs of a timer: a full check, one where nothing is new, and from a new mapping in WordPress to the domain in the panel.

Run it after scripts/build.sh: ``scripts/run.sh python scripts/benchmarks/tick.py``. WordPress, MariaDB, DNS and the HTTP server are real; RunCloud is the
emulator. One network of so many customers, read by PHP on this machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.emulator import TOKEN, Emulator
from tests.nameserver import RECURSIVE, Nameserver, running
from tests.playbooks.runner import CONVERGE, inventory, run
from tests.wordpress import MariaDB, Network, unpacked_wordpress

HERE = "203.0.113.10"
CACHE = Path(__file__).resolve().parents[2] / ".cache"


class Timer:
    """One network, whose control node remembers what it has seen."""

    def __init__(self, folder: Path, emu: Emulator, network: Network, names: Nameserver) -> None:
        self.folder, self.emu, self.network, self.names = folder, emu, network, names
        variables = {
            "runcloud_server_id": 11,
            "runcloud_webapp_id": 11,
            "runcloud_api_token": TOKEN,
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "multisite_domains_api_url": emu.url,
            "multisite_domains_path": str(network.path),
            "multisite_domains_dns": True,
            "multisite_domains_expected_addresses": [HERE],
            "multisite_domains_dns_nameservers": [f"{RECURSIVE}:{names.port}"],
            "multisite_domains_ssl_policy": "none",
            "multisite_domains_full_check_every": 21600,
        }
        self.inventory = inventory(folder, {network.domain: variables}, {})

    def customer(self, name: str) -> None:
        """Somebody maps a domain whose DNS leads here."""
        for host in (name, f"www.{name}"):
            self.names.point(host, a=[HERE])
        self.network.add_mapping(name)

    def tick(self, word: str) -> float:
        """One run, as a line; gives its seconds."""
        self.emu.clear_journal()
        begun = time.monotonic()
        run(self.folder, "-i", self.inventory, CONVERGE, environment={"XDG_STATE_HOME": str(self.folder / "state")})
        seconds = time.monotonic() - begun
        print(f"{word}: {seconds:.1f} s, {len(self.emu.journal)} calls", flush=True)
        return seconds

    def change(self, name: str) -> None:
        """From the change to the domain on the web app, when the run begins at once."""
        begun, found = time.monotonic(), threading.Event()
        there: list[float] = []

        def watch() -> None:
            while not found.wait(0.02):
                if any(row["name"] == name for row in self.emu.domains(11)):
                    there.append(time.monotonic() - begun)
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            self.customer(name)
            self.tick("one new customer")
        finally:
            found.set()
            watcher.join()
        print(
            f"from the change in WordPress to the domain in RunCloud: {there[0]:.1f} s, and the wait for the next tick"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=200)
    options = parser.parse_args()
    mariadb = MariaDB()
    try:
        with tempfile.TemporaryDirectory() as place, Emulator() as emu, running() as names:
            folder = Path(place)
            network = Network(mariadb, unpacked_wordpress(CACHE), folder / "wp", subdomain=True)
            emu.seed(
                {
                    "servers": [{"id": 11}],
                    "webapps": [{"id": 11, "server_id": 11, "rootPath": str(network.path)}],
                    "domains": [
                        {"webapp_id": 11, "name": network.domain},
                        *(
                            {"webapp_id": 11, "name": f"client{number}.com", "www": 1}
                            for number in range(options.customers)
                        ),
                    ],
                }
            )
            names.point(network.domain, a=[HERE])
            timer = Timer(folder, emu, network, names)
            for number in range(options.customers):
                timer.customer(f"client{number}.com")
            timer.tick(f"full check of {options.customers} customers")
            timer.tick("nothing is new")
            timer.change("new-customer.com")
            timer.tick("nothing is new")
            network.close()
    finally:
        mariadb.stop()


if __name__ == "__main__":
    main()
