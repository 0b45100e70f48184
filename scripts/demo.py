#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
"""The main job, to watch: a multisite converges on an emulated panel, stays there, drifts, is found out and repaired.

Everything is as in real use: the installed collection's playbook, a real HTTP server, a snapshot document as the module
``multisite_info`` gives it. Only RunCloud is the emulator of ``tests/emulator``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.emulator import Remote  # noqa: E402 (the path is set above)

SERVER, WEBAPP = 1903, 646


def chapter(number: int, title: str, text: str) -> None:
    """A heading and what to look at."""
    print(f"\n{'=' * 100}\n{number}. {title}\n{'=' * 100}")
    print(textwrap.fill(text, 100), flush=True)


class Demo:
    """The emulator, an inventory for it, and the playbook."""

    def __init__(self, folder: Path, ready: dict[str, Any]) -> None:
        self.panel = Remote(ready["url"])
        self.environment = os.environ | {
            "RUNCLOUD_API_TOKEN": ready["token"],
            "RUNCLOUD_API_URL": ready["url"],
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
            "ANSIBLE_FORCE_COLOR": "true" if sys.stdout.isatty() else "false",
        }
        self.inventory = folder / "inventory.yml"
        variables = {
            "runcloud_server_id": SERVER,
            "runcloud_webapp_id": WEBAPP,
            "multisite_domains_source": "file",
            "multisite_domains_file": str(ROOT / "scripts/demo/snapshot.yml"),
            "multisite_domains_extra_domains": ["status.orchard-agency.com"],
            "multisite_domains_write_interval": 0,
        }
        inventory = {"multisites": {"hosts": {"orchard-sites.com": variables}}}
        self.inventory.write_text(json.dumps(inventory, indent=2), encoding="utf-8")

    def converge(self, *arguments: str) -> None:
        """Run the playbook; its failure ends the demo."""
        command = ["ansible-playbook", "-i", str(self.inventory), "wpmultisite.runcloud.converge", *arguments]
        print(f"\n$ ansible-playbook -i inventory.yml wpmultisite.runcloud.converge {' '.join(arguments)}", flush=True)
        self.panel.clear_journal()
        subprocess.run(command, env=self.environment, check=True, cwd=ROOT)

    def show_panel(self) -> None:
        """The web app's records."""
        rows = sorted(self.panel.domains(WEBAPP), key=lambda row: str(row["name"]))
        print(f"\nRunCloud, web app orchard: {len(rows)} records")
        for row in rows:
            flags = f"{row['type']:8} www {'on ' if row['www'] else 'off'}  redirection {row['redirection']}"
            print(f"  {row['name']:32} {flags}")
        sys.stdout.flush()

    def writes(self) -> int:
        """How many requests of the last run were not a GET."""
        return sum(entry["method"] != "GET" for entry in self.panel.journal)

    def expect_writes(self, wanted: int) -> None:
        """Say how many writes reached the panel; anything but the number that the text promises ends the demo."""
        found = self.writes()
        print(f"\nThe panel's own journal: {len(self.panel.journal)} requests, {found} of them writes.", flush=True)
        if found != wanted:
            raise SystemExit(f"the demo expected {wanted} writes")

    def run(self) -> None:
        """All chapters."""
        chapter(
            1,
            "The panel before",
            "A web app that is partly right: the network's domain and its wildcard, three customers, one name in its "
            "old www form, an archived site, a customer who left, and a record that somebody made by hand.",
        )
        self.show_panel()
        chapter(
            2,
            "Converge",
            "The multisite's list is resolved and the web app made to match. Sub-sites are covered by the wildcard; what "
            "cannot be a host name is rejected with its reason; nothing that is there is changed or removed. The inventory:",
        )
        print(self.inventory.read_text(encoding="utf-8"))
        self.converge()
        self.expect_writes(11)
        self.show_panel()
        chapter(3, "Once more", "The same run again finds nothing to do: one listing call, no write.")
        self.converge()
        self.expect_writes(0)
        chapter(
            4,
            "Drift",
            "Somebody removes two customers in the panel by mistake. Check mode with --diff finds it and writes nothing.",
        )
        for name in ("dental-practice-weber.de", "hotel-seeblick.at"):
            self.panel.drop_domain(WEBAPP, name)
        self.converge("--check", "--diff")
        self.expect_writes(0)
        chapter(5, "Repaired", "The same command without --check puts both back, and nothing else.")
        self.converge()
        self.expect_writes(2)
        print("\nDone. README.md shows the same for your own network.")


def main() -> None:
    """Start the emulator beside the demo and stop it with it."""
    with tempfile.TemporaryDirectory(prefix="runcloud-demo-") as name:
        folder = Path(name)
        ready = folder / "ready.json"
        seed = ROOT / "scripts/demo/panel.yml"
        options = ["--port", "0", "--seed", str(seed), "--ready-file", str(ready)]
        emulator = subprocess.Popen(
            [sys.executable, "-m", "tests.emulator", *options], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        try:
            until = time.monotonic() + 30
            while not ready.exists():
                if emulator.poll() is not None or time.monotonic() > until:
                    raise SystemExit("the emulator did not start")
                time.sleep(0.02)
            Demo(folder, json.loads(ready.read_text(encoding="utf-8"))).run()
        finally:
            emulator.terminate()
            emulator.wait()


if __name__ == "__main__":
    main()
