# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the fleet: 20 databases of one that WordPress made, 20 web apps, names, certificates, ledgers and the inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymysql

from tests.emulator import TOKEN, Emulator
from tests.modules.memory import entry, ledger
from tests.nameserver import RECURSIVE, Nameserver
from tests.playbooks.certificates import ELSEWHERE, OURS, visited
from tests.playbooks.runner import Ran, inventory, run, write_json
from tests.wordpress import Network
from tests.wordpress.network import TABLES

from .fleet_cases import CASES, NASTY_ANSWER, NASTY_APP, NASTY_TITLE, Case

DRIFT = "wpmultisite.runcloud.drift"
REVOKED = "rc-emulator-token-of-a-person-who-left"
STAGING = "staging"
STATE = "state/wpmultisite.runcloud/networks"


class Fleet:
    """``numbers``: host → server and web app. ``look`` runs the playbook once."""

    def __init__(self, emu: Emulator, names: Nameserver, network: Network, folder: Path) -> None:
        self.emu, self.names, self.network, self.folder = emu, names, network, folder
        self.mariadb = network.mariadb
        self.numbers = {host: number for number, host in enumerate(CASES, 101)}
        self._panel()
        hosts = {}
        for host, case in CASES.items():
            self._database(host, case)
            self._ledger(host, case)
            hosts[host] = {**self._variables(host), **case.variables}
        self.mariadb.run(f"DROP DATABASE `{self.database('dead-dropped')}`")
        emu.world.data.tokens.remove(REVOKED)
        # What the panel says of a token that it does not know is a text from outside, too.
        place = rf"^/servers/{self.numbers['revoked-two']}\b"
        emu.fault(action="status", path=place, status=401, body={"message": NASTY_ANSWER})
        emu.clear_journal()
        (folder / "plans").mkdir()
        everywhere = {
            **visited(emu, names),
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "multisite_domains_plan_out": "plans/{{ inventory_hostname }}.json",
            "multisite_report_dir": "report",
            "multisite_report_markdown_limit": 200000,
        }
        self.listed = inventory(folder, hosts, everywhere)

    def domain(self, host: str) -> str:
        """The network's own name."""
        return self.network.domain if host == STAGING else f"{host}.net"

    def database(self, host: str) -> str:
        """Its database; that of the staging clone is the one that WordPress itself is at home in."""
        return self.network.database if host == STAGING else "fleet_" + host.replace("-", "_")

    def look(self, status: int) -> Ran:
        """The playbook drift over all of it."""
        own = {"XDG_STATE_HOME": str(self.folder / "state"), "ANSIBLE_PIPELINING": "true"}
        return run(self.folder, "-i", self.listed, DRIFT, environment=own, status=status)

    def file(self, name: str) -> str:
        """A file of the report."""
        return (self.folder / "report" / name).read_text(encoding="utf-8")

    def written(self) -> list[str]:
        """What the panel was asked for that is no question."""
        return [str(request) for request in self.emu.journal if request.method != "GET"]

    def remembered(self) -> dict[str, tuple[int, bytes]]:
        """Every file of the state directories, its last change and its content."""
        found = (path for path in (self.folder / STATE).rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}

    def _panel(self) -> None:
        self.emu.seed(
            {
                "tokens": [TOKEN, REVOKED],
                "servers": [{"id": number, "ipAddress": OURS} for number in self.numbers.values()],
                "webapps": [
                    {"id": number, "server_id": number, "advancedSSL": True, "name": NASTY_APP}
                    for number in self.numbers.values()
                ],
                "domains": [
                    {"webapp_id": self.numbers[host], "name": name, **fields}
                    for host, case in CASES.items()
                    for name, fields in {self.domain(host): {}, **case.records}.items()
                ],
            }
        )
        self.emu.resolve_by(RECURSIVE, self.names.port)
        self.emu.switch(renewal="never")
        for host, case in CASES.items():
            for name, age in {self.domain(host): 10, **case.ages}.items():
                self.emu.put_certificate(self.numbers[host], name, lifetime=90, age=age)
            for name in {self.domain(host), *case.records, *case.mapped}:
                if name.isascii() and name.replace(".", "").replace("-", "").isalnum():
                    self.names.point(name, a=[ELSEWHERE if name in case.elsewhere else OURS])
                    self.names.point(f"www.{name}", a=[OURS])

    def _database(self, host: str, case: Case) -> None:
        made, domain = self.network, self.domain(host)
        if host != STAGING:
            database = self.database(host)
            self.mariadb.run(f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci")
            for table in map(made.table, (*TABLES, "options")):
                self.mariadb.run(f"CREATE TABLE `{database}`.`{table}` LIKE `{made.database}`.`{table}`")
                self.mariadb.run(f"INSERT INTO `{database}`.`{table}` SELECT * FROM `{made.database}`.`{table}`")
            for table in ("site", "blogs"):
                self.mariadb.run(f"UPDATE `{database}`.`{made.table(table)}` SET domain = %s", (domain,))
        with self.connect(host) as connection, connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE `{made.table('options')}` SET option_value = %s WHERE option_name = 'blogname'", (NASTY_TITLE,)
            )
            cursor.execute(
                f"UPDATE `{made.table('sitemeta')}` SET meta_value = %s WHERE meta_key = 'site_name'", (NASTY_TITLE,)
            )
            for name in case.mapped:
                cursor.execute(
                    f"INSERT INTO `{made.table('wu_domain_mappings')}` (blog_id, domain, active, primary_domain, secure, stage)"
                    " VALUES (2, %s, 1, 0, 0, %s)",
                    (name, case.stages.get(name, "done")),
                )

    def connect(self, host: str, **login: Any) -> pymysql.Connection[Any]:
        """A connection to the database of a host, as root unless a login is given."""
        return pymysql.connect(
            **{"unix_socket": self.mariadb.socket, "user": "root", **login},
            database=self.database(host),
            autocommit=True,
            charset="utf8mb4",
        )

    def _ledger(self, host: str, case: Case) -> None:
        if not case.ours:
            return
        number = self.numbers[host]
        ids = {row["name"]: row["id"] for row in self.emu.domains(number)}
        rows = [{**entry(name, **fields), "id": ids[name]} for name, fields in case.ours.items()]
        target = {"api_url": self.emu.url, "server_id": number, "webapp_id": number}
        state = self.folder / STATE / host
        state.mkdir(parents=True)
        write_json(state / "ledger.json", ledger(target, *rows, network=self.domain(host)))

    def _variables(self, host: str) -> dict[str, Any]:
        ids = {
            "runcloud_server_id": self.numbers[host],
            "runcloud_webapp_id": self.numbers[host],
            "runcloud_api_token": REVOKED if host.startswith("revoked") else TOKEN,
        }
        if host == STAGING:
            return {**ids, "multisite_domains_source": "php", "multisite_domains_path": str(self.network.path)}
        return {
            **ids,
            "multisite_domains_source": "database",
            "multisite_domains_read_on": "control_node",
            "multisite_domains_environment": "production",
            "multisite_domains_login_unix_socket": self.mariadb.socket,
            "multisite_domains_login_user": self.mariadb.USER,
            "multisite_domains_login_password": self.mariadb.PASSWORD,
            "multisite_domains_login_db": self.database(host),
            "multisite_domains_table_prefix": self.network.prefix,
        }
