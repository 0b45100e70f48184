# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""multisite_nudge in a play: the memory on the control node, and its examples on a real WordPress."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.blocks import documented, examples
from tests.playbooks.runner import Ran, fake_sudo, run, write_json
from tests.wordpress import Network
from tests.wordpress.domains import queue, stages, use_plugin

Play = Callable[..., Ran]


@pytest.fixture
def plugin(network: Network) -> Network:
    """The network with the stand-in for the plugin."""
    use_plugin(network)
    return network


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The web host is this machine, and the site's user is whoever runs the tests."""
    return {
        "ANSIBLE_TRANSPORT": "local",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_BECOME_EXE": str(fake_sudo(tmp_path)),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }


@pytest.fixture
def play(plugin: Network, environment: dict[str, str], tmp_path: Path) -> Play:
    """Runs a play of one task for rows of the network."""

    def call(*rows: tuple[int, str, str], words: tuple[str, ...] = (), status: int = 0, **options: Any) -> Ran:
        given = [dict(zip(("id", "domain", "stage"), row, strict=True)) for row in rows]
        task = {"path": str(plugin.path), "state_dir": str(tmp_path / "state"), "mappings": given, **options}
        tasks = [{"wpmultisite.runcloud.multisite_nudge": task}]
        file = write_json(tmp_path / "site.yml", [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
        return run(tmp_path, file, "-v", *words, environment=environment, status=status)

    return call


def remembered(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "state/nudges.json").read_text())
    return document


def reasons(ran: Ran) -> list[str]:
    (result,) = ran.results("localhost")
    return [row["reason"] for row in result["mappings"]]


def test_once_per_row_and_day(play: Play, plugin: Network, tmp_path: Path) -> None:
    a, b = (plugin.add_mapping(name, stage="ssl-failed") for name in ("a.com", "b.com"))
    before = datetime.now(UTC).replace(microsecond=0)
    assert reasons(play((a, "a.com", "ssl-failed"))) == ["requeued"]
    (entry,) = remembered(tmp_path)["mappings"]
    assert (entry["id"], entry["domain"]) == (a, "a.com")
    assert before <= datetime.fromisoformat(entry["at"]) <= datetime.now(UTC)
    # The plugin has tried, and given up again.
    plugin.sql(f"UPDATE {plugin.table('wu_domain_mappings')} SET stage = 'ssl-failed'")
    plugin.sql(f"DELETE FROM {plugin.table('actionscheduler_actions')}")
    again = play((a, "a.com", "ssl-failed"), (b, "b.com", "ssl-failed"))
    assert reasons(again) == ["asked", "requeued"]
    assert stages(plugin) == {"a.com": "ssl-failed", "b.com": "checking-ssl-cert"}
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    file = tmp_path / "state/nudges.json"
    file.write_text(file.read_text().replace(entry["at"], yesterday))
    assert reasons(play((a, "a.com", "ssl-failed"))) == ["requeued"]
    assert len(queue(plugin)) == 2


def test_without_a_row_that_is_due_the_web_host_is_not_asked(play: Play, plugin: Network) -> None:
    row = plugin.add_mapping("a.com", stage="ssl-failed")
    play((row, "a.com", "ssl-failed"))
    ran = play((row, "a.com", "ssl-failed"), php_executable="/nowhere/php", path="/nowhere")
    assert reasons(ran) == ["asked"] and ran.recap("localhost")["changed"] == 0


def test_the_attempt_is_stored_before_the_plugin_is_asked(play: Play, plugin: Network, tmp_path: Path) -> None:
    row = plugin.add_mapping("a.com", stage="ssl-failed")
    php = tmp_path / "php"
    php.write_text(f'#!/bin/sh\ncp {tmp_path}/state/nudges.json {tmp_path}/seen.json\nexec php "$@"\n')
    php.chmod(0o755)
    play((row, "a.com", "ssl-failed"), php_executable=str(php))
    assert json.loads((tmp_path / "seen.json").read_text()) == remembered(tmp_path)


def test_what_was_left_alone_is_not_remembered(play: Play, plugin: Network, tmp_path: Path) -> None:
    done = plugin.add_mapping("done.com", stage="done")
    stuck = plugin.add_mapping("a.com", stage="ssl-failed")
    ran = play((done, "done.com", "ssl-failed"), (stuck, "a.com", "ssl-failed"))
    assert reasons(ran) == ["moved", "requeued"]
    assert [row["domain"] for row in remembered(tmp_path)["mappings"]] == ["a.com"]


def test_a_wordpress_that_does_not_load_may_be_asked_again_at_once(play: Play, plugin: Network, tmp_path: Path) -> None:
    row = (plugin.add_mapping("a.com", stage="ssl-failed"), "a.com", "ssl-failed")
    use_plugin(plugin, "echo DB_PASSWORD; nonsense(DB_PASSWORD);")
    ran = play(row, status=2, words=("-vvvv",))
    assert "fatal error" in ran.failure("localhost")
    assert plugin.mariadb.PASSWORD not in ran.text
    assert remembered(tmp_path)["mappings"] == []
    use_plugin(plugin)
    assert reasons(play(row)) == ["requeued"]


def test_a_row_that_failed_is_remembered(play: Play, plugin: Network, tmp_path: Path) -> None:
    row = (plugin.add_mapping("a.com", stage="ssl-failed"), "a.com", "ssl-failed")
    use_plugin(plugin, "add_filter('standin_queue_is_broken', '__return_true');")
    play(row, status=2)
    assert [entry["domain"] for entry in remembered(tmp_path)["mappings"]] == ["a.com"]


def test_check_mode_remembers_nothing(play: Play, plugin: Network, tmp_path: Path) -> None:
    row = plugin.add_mapping("a.com", stage="ssl-failed")
    ran = play((row, "a.com", "ssl-failed"), words=("--check",))
    assert reasons(ran) == ["requeued"] and ran.recap("localhost")["changed"] == 1
    assert not (tmp_path / "state").exists()
    assert stages(plugin) == {"a.com": "ssl-failed"}


def test_a_host_that_is_away_was_not_asked(play: Play, plugin: Network, tmp_path: Path) -> None:
    row = plugin.add_mapping("a.com", stage="ssl-failed")
    away = ("-e", json.dumps({"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}))
    play((row, "a.com", "ssl-failed"), words=away, status=4)
    assert remembered(tmp_path)["mappings"] == []


def test_faults_are_told_before_anything_is_read(play: Play, plugin: Network, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/nudges.json").write_text("{")
    message = play((0, "a.com", "failed"), status=2, path="relative", timeout=0).failure("localhost")
    assert all(word in message for word in ("the id 0", "path is 'relative'", "timeout must be"))
    message = play((1, "a.com", "failed"), status=2).failure("localhost")
    assert "nudges.json must not be used: it is damaged" in message
    assert (tmp_path / "state/nudges.json").read_text() == "{"


def test_the_examples(plugin: Network, environment: dict[str, str], tmp_path: Path) -> None:
    names = ("client-one.com", "shop.client-two.com", "other.com")
    one, two, _ = (plugin.add_mapping(name, stage="ssl-failed") for name in names)
    here = {
        "/home/network/webapps/app": str(plugin.path),
        "/RunCloud/Packages/php83rc/bin/php": "php",
        "~/.local/state/wpmultisite.runcloud/network.com": str(tmp_path / "one"),
        "/var/lib/wpmultisite/network.com": str(tmp_path / "two"),
        "id: 7": f"id: {one}",
    }
    tasks = examples("modules/multisite_nudge", here)
    file = write_json(tmp_path / "site.yml", [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
    ran = run(tmp_path, file, "-v", environment=environment)
    _read, several, single = ran.results("localhost")
    assert [(row["id"], row["reason"]) for row in several["mappings"]] == [(one, "requeued"), (two, "requeued")]
    assert [(row["id"], row["reason"]) for row in single["mappings"]] == [(one, "moved")]
    documentation = yaml.safe_load(documented("modules/multisite_nudge", "RETURN"))
    for result in (several, single):
        assert set(result) == {"changed", *documentation}
        assert all(set(row) == set(documentation["mappings"]["contains"]) for row in result["mappings"])
    assert stages(plugin)["other.com"] == "ssl-failed"
    assert "-u network " in (tmp_path / "became").read_text()
