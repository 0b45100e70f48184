# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names behind a proxy: ordered only when a file that the role puts on the web host comes back through that proxy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.nameserver import RECURSIVE, running
from tests.playbooks.certificates import OURS, Told, tell, visited
from tests.playbooks.runner import inventory, snapshot, write_json

HERE, AWAY = "leads-here.com", "leads-away.com"
PROXIES = {HERE: "127.0.0.1", AWAY: "127.0.0.2"}


class Proxy(SimpleHTTPRequestHandler):
    """Serves a folder, and writes down what was asked of it."""

    asked: list[str]

    def log_message(self, format: str, *args: Any) -> None:
        self.asked.append(self.path)


def proxies(stack: ExitStack, folders: dict[str, Path], asked: list[str]) -> int:
    """A proxy at each address, all at one port; gives the port."""
    handlers = {
        address: partial(type("One", (Proxy,), {"asked": asked}), directory=str(folder))
        for address, folder in folders.items()
    }
    for _try in range(50):
        started: list[ThreadingHTTPServer] = []
        port = 0
        try:
            for address, handler in handlers.items():
                started.append(ThreadingHTTPServer((address, port), handler))
                port = started[0].server_address[1]
        except OSError:
            for server in started:
                server.server_close()
            continue
        for server in started:
            Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
        return port
    raise AssertionError("no port is free at all addresses")


@pytest.fixture(scope="module")
def story(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The runs by name; ``asked`` holds the paths that came to the proxies, ``left`` the files of the site after each."""
    folder = tmp_path_factory.mktemp("proxied")
    site, other = folder / "site", folder / "other"
    site.mkdir()
    other.mkdir()
    (site / "wp-config.php").write_text("<?php\n")
    document = write_json(folder / "snapshot.json", {**snapshot(HERE, AWAY), "source": "command"})
    emu.seed(
        {
            "servers": [{"id": 11, "ipAddress": OURS}],
            "webapps": [{"id": 11, "server_id": 11, "advancedSSL": True}],
            "domains": [{"webapp_id": 11, "name": "network.com"}],
        }
    )
    emu.put_certificate(11, "network.com", lifetime=90, age=10)
    asked: list[str] = []
    with running() as names, ExitStack() as stack:
        port = proxies(stack, {"127.0.0.1": site, "127.0.0.2": other}, asked)
        names.point("network.com", a=[OURS])
        for name, address in PROXIES.items():
            names.point(name, a=[address])
        emu.resolve_by(RECURSIVE, names.port)
        emu.reach_by("127.0.0.1")
        variables = {
            **visited(emu, names),
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "runcloud_server_id": 11,
            "runcloud_webapp_id": 11,
            "multisite_domains_source": "command",
            "multisite_domains_command": ["cat", document],
            "multisite_domains_path": str(site),
            "multisite_domains_proxy_networks": ["127.0.0.0/8"],
            "multisite_domains_http_port": port,
            # Nothing is added in check mode, so what it would order is on the web app before.
            "multisite_domains_add_when": "ready",
        }
        hosts = inventory(folder, {"network": {}}, variables)
        told: dict[str, Any] = {"asked": {}, "left": {}}

        def go(name: str, *words: str) -> None:
            asked.clear()
            told[name] = tell(emu, folder, hosts, *words)
            told["asked"][name] = list(asked)
            told["left"][name] = sorted(path.name for path in site.rglob("*"))

        go("added", "-e", "multisite_domains_ssl_policy=none")
        go("check", "--check")
        go("unprobed", "-e", "multisite_domains_probe_proxied=false")
        go("unwritable", "-e", f"multisite_domains_path={folder}/nowhere")
        assert not (folder / "nowhere").exists()
        go("probed")
        go("again")
        yield told


@pytest.mark.parametrize("name", ["added", "check", "unprobed", "unwritable"])
def test_without_a_probe_nobody_knows_where_a_proxy_leads(story: dict[str, Any], name: str) -> None:
    told: Told = story[name]
    assert told.orders == [] and story["asked"][name] == []
    if name != "added":
        assert {told.named("network")[host][0] for host in PROXIES} == {"waiting"}
        assert "proxy" in told.named("network")[HERE][1]


def test_what_cannot_be_put_there_is_said_and_stops_nothing(story: dict[str, Any]) -> None:
    assert "It could not be found out which proxies lead here." in story["unwritable"].ran.text
    assert story["unwritable"].ran.recap("network")["failed"] == 0


def test_the_file_comes_back_through_the_proxy_that_leads_here(story: dict[str, Any]) -> None:
    assert story["probed"].orders == [[HERE]]
    word, reason = story["probed"].named("network")[AWAY]
    assert word == "waiting" and "proxy" in reason
    paths = set(story["asked"]["probed"])
    (path,) = paths
    assert path.startswith("/.well-known/wpmultisite-") and "acme-challenge" not in path


def test_nothing_is_left_on_the_web_host_and_nothing_counts_as_changed(story: dict[str, Any]) -> None:
    for name, left in story["left"].items():
        assert left in (["wp-config.php"], [".well-known", "wp-config.php"]), name
    assert story["again"].orders == [] and story["again"].ran.recap("network")["changed"] == 0
    assert set(story["asked"]["again"]) != set(story["asked"]["probed"])
