# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh server: a WordPress that is not switched to multisite yet, the panel, and DNS; shared by the tests and the demo."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.emulator import TOKEN, Emulator
from tests.nameserver import RECURSIVE, Nameserver
from tests.playbooks.certificates import ELSEWHERE, OURS, visited
from tests.playbooks.runner import Ran, inventory, run, started
from tests.wordpress import Network
from tests.wordpress.domains import use_plugin

ONBOARD = "wpmultisite.runcloud.onboard"
SERVER, APP = 1903, 646
SUNRISE = "<?php defined( 'WP_ULTIMO_SUNRISE_VERSION' ) || define( 'WP_ULTIMO_SUNRISE_VERSION', '2.0.0.10' );\n"
# What PHP says of the constants, up to the line that loads WordPress.
CONSTANTS = "echo json_encode(get_defined_constants(true)['user']);"


def with_plugin(network: Network) -> None:
    """The stand-in for the plugin, with its sunrise.php, and its RunCloud integration switched on."""
    use_plugin(network)
    (network.path / "wp-content/plugins/ultimate-multisite/sunrise.php").write_text(SUNRISE)
    network.set_option("wu_host_integrations_enabled", 'a:1:{s:8:"runcloud";b:1;}')


class World:
    """All that an onboarding meets: the panel, DNS, a network, and the web host that ``connection`` reaches as ``user``.

    ``app`` is the WordPress folder there, ``folder`` that of the control node. WordPress is not switched to multisite yet.
    """

    def __init__(
        self,
        emu: Emulator,
        names: Nameserver,
        network: Network,
        app: Path,
        user: str,
        connection: Mapping[str, Any],
        folder: Path,
    ) -> None:
        self.emu, self.names, self.network, self.folder = emu, names, network, folder
        self.app, self.user, self.connection = app, user, connection
        self.write_config(multisite=False)
        for blog, domain in enumerate(("client-one.com", "moved.com", "hand-made.com"), 2):
            network.add_mapping(domain, blog, stage="checking-dns")
        self.seed()
        for name in ("network.com", "client-one.com", "hand-made.com"):
            names.point(name, a=[OURS])
        names.point("moved.com", a=[ELSEWHERE])

    def seed(self, **server: Any) -> None:
        """The panel as somebody leaves it who has made a web app and one domain by hand."""
        app = {"id": APP, "server_id": SERVER, "name": "app", "server_user_id": 7, "advancedSSL": True}
        self.emu.seed(
            {
                "servers": [{"id": SERVER, "name": "web-1", "ipAddress": OURS, **server}],
                "users": [{"id": 7, "server_id": SERVER, "username": self.user}],
                "webapps": [{**app, "rootPath": str(self.app)}],
                "domains": [
                    {"webapp_id": APP, "name": "network.com", "type": "primary"},
                    {"webapp_id": APP, "name": "*.network.com", "wildcard": 1},
                    {"webapp_id": APP, "name": "hand-made.com"},
                ],
            }
        )
        self.emu.resolve_by(RECURSIVE, self.names.port)
        self.emu.switch(issuance_polls=1)

    def write_config(self, **options: Any) -> None:
        """The site's wp-config.php, its user's own."""
        where = f"127.0.0.1:{self.network.mariadb.port}"
        (self.app / "wp-config.php").write_text(self.network.config_text(db_host=where, **options))

    @property
    def config(self) -> str:
        """The text of wp-config.php."""
        return (self.app / "wp-config.php").read_text()

    def hosts(self, **variables: Any) -> str:
        """The inventory that somebody has who knows the server and the panel's page."""
        known = {
            **self.connection,
            **visited(self.emu, self.names),
            "runcloud_api_token": TOKEN,
            "onboard_panel_url": f"https://manage.runcloud.io/servers/{SERVER}/webapplications/{APP}",
            "onboard_domain": "network.com",
            "wp_config_integration": "disabled",
            "multisite_domains_state_dir": str(self.folder / "state"),
        }
        known |= variables
        return inventory(self.folder, {"network.com": {k: v for k, v in known.items() if v is not None}}, {})

    def onboard(self, *words: str, status: int = 0, **variables: Any) -> Ran:
        """A run of the playbook without a terminal."""
        self.emu.clear_journal()
        return run(self.folder, "-i", self.hosts(**variables), ONBOARD, *words, status=status)

    def answered(self, answer: str | None) -> tuple[int, str]:
        """A run at a terminal, where the question gets this answer, or without one; its exit status and output."""
        self.emu.clear_journal()
        if answer is None:
            with started(self.folder, "-i", self.hosts(), ONBOARD) as process:
                streams = process.communicate()
            return process.returncode, "".join(streams)
        leader, follower = pty.openpty()
        text = ""
        with started(self.folder, "-i", self.hosts(), ONBOARD, terminal=follower) as process:
            os.close(follower)
            # The terminal is gone when the program has ended.
            with suppress(OSError):
                while True:
                    # Ansible throws away what was typed before its question was ready, so it is typed again while nothing comes.
                    if select.select([leader], [], [], 1)[0]:
                        text += os.read(leader, 4096).decode(errors="replace")
                    elif "and nothing is changed" in text:
                        os.write(leader, f"{answer}\r".encode())
        os.close(leader)
        return process.returncode, re.sub(r"\x1b\[[0-9;]*m|\r", "", text)

    def writes(self) -> list[str]:
        """What was written to the panel."""
        return [str(entry) for entry in self.emu.journal if entry.method != "GET"]

    def constants(self) -> dict[str, Any]:
        """What PHP says of wp-config.php's constants."""
        text = self.config.replace("require_once ABSPATH . 'wp-settings.php';", CONSTANTS)
        ran = subprocess.run(["php"], input=text, capture_output=True, text=True, check=True, cwd=self.app)
        said: dict[str, Any] = json.loads(ran.stdout)
        return said
