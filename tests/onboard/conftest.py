# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh server for these tests: a real web host behind SSH."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.nameserver import running
from tests.onboard.world import World, with_plugin
from tests.sshd import Sshd, give_site
from tests.wordpress import Network

# Of the pair with which the control node reads afterwards.
KEY = "reader"


def pytest_configure(config: pytest.Config) -> None:
    # Does nothing where the plugins were loaded for all tests already.
    config.pluginmanager.import_plugin("tests.wordpress.plugin")
    config.pluginmanager.import_plugin("tests.sshd.plugin")


@pytest.fixture(scope="module")
def world(made_network: Network, sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made_network.reset()
    with_plugin(made_network)
    app = give_site(sshd, made_network)
    # The user is the panel's to say.
    connection = {name: value for name, value in sshd.inventory_vars().items() if name != "ansible_user"}
    connection["multisite_snapshot_public_key"] = Path(f"{sshd.new_key(KEY)}.pub").read_text()
    with Emulator() as emu, running() as names:
        yield World(emu, names, made_network, app, sshd.user, connection, tmp_path_factory.mktemp("onboard"))
    (made_network.path / "wp-content/plugins/ultimate-multisite/sunrise.php").unlink()


def loads(world: World, sshd: Sshd) -> str:
    """What a WordPress says that is loaded as the site's user, through PHP and nothing of ours."""
    code = (
        "$_SERVER['HTTP_HOST'] = 'network.com'; $_SERVER['REQUEST_URI'] = '/'; $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';"
        f" require '{world.app}/wp-load.php'; echo json_encode([is_multisite(), home_url(), count(get_sites())]);"
    )
    command = ["setpriv", f"--reuid={sshd.uid}", "--clear-groups", "php", "-r", code]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
