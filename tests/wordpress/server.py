# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""WordPress behind PHP's own web server, on a free port of this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from .network import HERE, Network


class WebServer:
    """Serves a network, or the WordPress in a folder, while it is open; ``port`` says where. Its Host header needs no port."""

    def __init__(self, network: Network | Path) -> None:
        self._folder = network if isinstance(network, Path) else network.path

    def __enter__(self) -> WebServer:
        # The port was free a moment ago, but another program may take it first: then another one is tried.
        for _ in range(5):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = int(probe.getsockname()[1])
            command = ["php", "-S", f"127.0.0.1:{self.port}", "-t", str(self._folder), str(HERE / "router.php")]
            self._log = tempfile.TemporaryFile()
            self._server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
            if self._answers():
                return self
            self._log.close()
        raise AssertionError("php -S did not start")

    def _answers(self) -> bool:
        while self._server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
        return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.kill()
        self._server.wait()
        self._log.close()


def serve_rest(network: Network, generation: str, settings: dict[str, str | bool] | None = None) -> None:
    """Puts the stand-in of the plugin's REST API into a network, with these settings of the plugin."""
    folder = network.path / "wp-content" / "mu-plugins"
    folder.mkdir(exist_ok=True)
    file = folder / "rest_api.php"
    if not file.exists():
        file.symlink_to(HERE / "rest_api.php")
    network.write_config(extra=f"define( 'REST_GENERATION', '{generation}' );")
    if settings is not None:
        network.set_option("wp-ultimo_v2_settings", serialized(settings))
    set_permalinks(network, "/%postname%/")


def set_permalinks(network: Network, structure: str) -> None:
    """The permalinks of the main site; an empty text means the plain ones."""
    query = f"UPDATE `{network.table('options')}` SET option_value = %s WHERE option_name = %s"
    # WordPress makes its rewrite rules anew when they are empty.
    for name, value in (("permalink_structure", structure), ("rewrite_rules", "")):
        network.sql(query, (value, name))


def remove_rest(network: Network) -> None:
    """Takes the stand-in out again."""
    shutil.rmtree(network.path / "wp-content" / "mu-plugins")


def serialized(settings: dict[str, str | bool]) -> str:
    """A flat array as PHP serializes it."""
    parts = []
    for name, value in settings.items():
        text = f"b:{int(value)};" if isinstance(value, bool) else f's:{len(value.encode())}:"{value}";'
        parts.append(f's:{len(name.encode())}:"{name}";{text}')
    return f"a:{len(settings)}:{{{''.join(parts)}}}"
