# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
"""The demo's last chapter: a fresh server, onboarded. Here WordPress, PHP and MariaDB are real; the web host is this machine."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.emulator import Emulator
from tests.nameserver import running
from tests.onboard.world import ONBOARD, World, with_plugin
from tests.wordpress import MariaDB, Network, unpacked_wordpress

ROOT = Path(__file__).resolve().parent.parent
ONBOARDING = (
    "A new server",
    "A fresh server, a web app, and a WordPress whose database is a network while its wp-config.php does not say so yet; somebody has added"
    " hand-made.com in the panel. The person knows the address of the web app's page there. First the playbook runs without a terminal: it shows the"
    " new lines of wp-config.php and the plan, its question stays without an answer, and nothing is changed. Then it is told to go on. The last run"
    " changes nothing. WordPress, PHP and MariaDB are real here, the plugin is a stand-in, and the web host is this machine, reached without SSH.",
)
APPLY = ("-e", "onboard_apply=true")


def onboard(folder: Path) -> None:
    """Make the server, onboard it, and ask PHP what is there; anything else than the text says ends the demo."""
    print("\nMaking a real WordPress network; this takes some seconds.", flush=True)
    mariadb = MariaDB()
    try:
        network = Network(mariadb, unpacked_wordpress(ROOT / ".cache"), folder, subdomain=True)
        network.reset()
        with_plugin(network)
        connection = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        with Emulator() as emu, running() as names:
            world = World(emu, names, network, network.path, getpass.getuser(), connection, folder)
            before, text = world.constants(), world.config
            _play(world)
            _expect(
                world.config == text and world.writes() == [],
                "nothing was changed, neither in wp-config.php nor in the panel",
            )
            _play(world, *APPLY)
            new = {name: value for name, value in world.constants().items() if name not in before}
            print(
                "\nPHP says of the new constants:\n"
                + "\n".join(f"  {name} = {json.dumps(value)}" for name, value in new.items())
            )
            _expect(
                new.get("DOMAIN_CURRENT_SITE") == "network.com" and "SUNRISE" in new, "WordPress is a multisite now"
            )
            added = {row["name"] for row in emu.domains(646)} - {"network.com", "*.network.com", "hand-made.com"}
            _expect(added == {"client-one.com", "moved.com"}, "both customers' domains are in RunCloud")
            _play(world, *APPLY)
            _expect(world.writes() == [], "the second run wrote nothing")
        network.close()
    finally:
        mariadb.stop()


def _play(world: World, *words: str) -> None:
    print(f"\n$ ansible-playbook -i inventory.yml {' '.join([ONBOARD, *words])}", flush=True)
    world.emu.clear_journal()
    environment = os.environ | {"ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false", "ANSIBLE_DISPLAY_OK_HOSTS": "true"}
    command = ["ansible-playbook", "-i", world.hosts(), ONBOARD, *words]
    subprocess.run(command, env=environment, check=True, cwd=world.folder, stdin=subprocess.DEVNULL)


def _expect(fact: bool, text: str) -> None:
    if not fact:
        raise SystemExit(f"the demo expected: {text}")
    print(f"Checked: {text}", flush=True)
