# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How these tests call the module: in this process, with its real arguments and its real output."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.inprocess import called
from tests.source.front import Front
from tests.wordpress import Network
from tests.wordpress.server import WebServer, remove_rest, serve_rest

KEY = "rest-k3y-Zq81mXw0vT5rBn2c"
SECRET = "rest-s3cret-Ld93kPy7aHs6Gu1e"

Ansible = Callable[[dict[str, Any]], tuple[int, str]]


class Module(Protocol):
    """Runs ``multisite_info`` with options and gives its result."""

    def __call__(self, network: Network | None = None, /, **options: Any) -> dict[str, Any]: ...


def login(network: Network) -> dict[str, Any]:
    """The options by which the source database reads a network."""
    return {
        "source": "database",
        "login_unix_socket": network.mariadb.socket,
        "login_user": network.mariadb.USER,
        "login_password": network.mariadb.PASSWORD,
        "login_db": network.database,
        "table_prefix": network.prefix,
    }


def ended(process: int) -> bool:
    """Whether a process that was killed has ended; the kernel takes a moment for it."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)


def pytest_configure(config: pytest.Config) -> None:
    # Does nothing where the plugin was loaded for all tests already.
    config.pluginmanager.import_plugin("tests.wordpress.plugin")


@pytest.fixture
def info(capfd: pytest.CaptureFixture[str]) -> Module:
    """Calls the module; a network stands for the option ``path``. The result has the raw output in ``output``."""

    def call(network: Network | None = None, /, **options: Any) -> dict[str, Any]:
        if network is not None:
            options = {"path": str(network.path), **options}
        return called("multisite_info", options, capfd)

    return call


@pytest.fixture
def failure(info: Module) -> Any:
    """Calls the module, which must fail, and gives its message."""

    def call(network: Network | None = None, /, **options: Any) -> str:
        result = info(network, **options)
        assert result.get("failed"), result
        assert "snapshot" not in result
        return str(result["msg"])

    return call


@pytest.fixture(scope="session")
def _front() -> Iterator[Front]:
    with Front() as front:
        yield front


@pytest.fixture
def front(_front: Front, monkeypatch: pytest.MonkeyPatch) -> Front:
    """``https://network.com`` for this process; nothing of its own environment has a say."""
    _front.reset()
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", *(f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL", "NO"))):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NETRC", os.devnull)
    lookup = socket.getaddrinfo

    def local(host: Any, *rest: Any, **named: Any) -> Any:
        return lookup("127.0.0.1" if host == _front.host else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", local)
    return _front


@pytest.fixture
def rest_options(front: Front, tmp_path: Path) -> dict[str, Any]:
    """The options that read ``front``."""
    bundle = tmp_path / "ca.pem"
    front.authority.cert_pem.write_to_path(bundle)
    return {"source": "rest", "rest_url": front.url, "rest_key": KEY, "rest_secret": SECRET, "ca_path": str(bundle)}


@pytest.fixture
def rest(network: Network, front: Front) -> Iterator[Network]:
    """The network with the older generation of the plugin's REST API behind ``front``."""
    serve_rest(network, "2.4.10", {"enable_api": True, "api_key": KEY, "api_secret": SECRET})
    with WebServer(network) as server:
        front.upstream = server.port
        yield network
    remove_rest(network)


@pytest.fixture
def wp() -> str:
    """The stand-in for WP-CLI."""
    return str(Path(__file__).parents[1] / "wordpress" / "wp")


@pytest.fixture
def ansible(tmp_path: Path) -> Ansible:
    """Runs the module by the program ansible at the highest verbosity; gives the exit status and all that was printed."""
    command = [
        str(Path(sys.executable).with_name("ansible")), "localhost", "-vvvv", "-i", "localhost,", "-c", "local",
        "-m", "wpmultisite.runcloud.multisite_info", "-a",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "ANSIBLE_HOME": str(tmp_path),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp"),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(sys.path),
    }

    def call(options: dict[str, Any]) -> tuple[int, str]:
        ran = subprocess.run(
            [*command, json.dumps(options)], env=environment, capture_output=True, text=True, check=False
        )
        return ran.returncode, ran.stdout + ran.stderr

    return call
