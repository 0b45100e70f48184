# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder with a wp-config.php, what PHP finds in it, and how these tests call the module: in this process, with its real output."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.inprocess import called

# As WordPress's wp-load.php does it.
LOAD = r"""<?php
define('ABSPATH', __DIR__ . '/');
require __DIR__ . '/wp-config.php';
echo "\n", json_encode(get_defined_constants(true)['user'], JSON_INVALID_UTF8_SUBSTITUTE | JSON_PRESERVE_ZERO_FRACTION);
"""


class Site:
    """A folder as WordPress has it: wp-config.php, and a stand-in for the wp-settings.php that it loads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "wp-config.php"
        folder.mkdir(exist_ok=True)
        (folder / "wp-settings.php").write_text("<?php define('WORDPRESS_WAS_LOADED', true);")
        self.config.write_text("<?php\n/* That's all, stop editing! */\nrequire_once ABSPATH . 'wp-settings.php';\n")

    def write(self, text: str | bytes) -> None:
        self.config.write_bytes(text if isinstance(text, bytes) else text.encode())

    @property
    def text(self) -> str:
        return self.config.read_bytes().decode()

    def constants(self) -> dict[str, Any]:
        """What PHP has after it ran the file; nothing but the constants may come of it."""
        load = self.folder / "wp-load.php"
        load.write_text(LOAD)
        ran = subprocess.run(["php", str(load)], capture_output=True, check=True, cwd=self.folder)
        load.unlink()
        assert ran.stderr == b""
        found: dict[str, Any] = json.loads(ran.stdout.rpartition(b"\n")[2])
        return found

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


class Module(Protocol):
    """Runs wp_config_constants for a site; gives its result, with the raw output in ``output``."""

    def __call__(self, site: Site, *constants: dict[str, Any], **options: Any) -> dict[str, Any]: ...


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


@pytest.fixture
def module(capfd: pytest.CaptureFixture[str]) -> Module:
    def call(site: Site, *constants: dict[str, Any], **options: Any) -> dict[str, Any]:
        given = {"path": str(site.config), "constants": list(constants), "_ansible_diff": True, **options}
        # As with -vvv, where a result holds the options, too.
        return called("wp_config_constants", {**given, "_ansible_inject_invocation": True}, capfd)

    return call


def present(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "value": value}


def absent(name: str) -> dict[str, Any]:
    return {"name": name, "state": "absent"}
