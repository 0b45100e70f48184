# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A multisite that belongs to the user of the SSH server, where RunCloud would have put it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.wordpress import Network

from .server import Sshd


def give_site(sshd: Sshd, network: Network) -> Path:
    """A copy of a network's folder in the user's home, on the same database; gives its path."""
    app = sshd.home / "webapps" / "app"
    if app.exists():
        shutil.rmtree(app)
    shutil.copytree(network.path, app)
    # Not the socket: its folder is root's.
    (app / "wp-config.php").write_text(network.config_text(db_host=f"127.0.0.1:{network.mariadb.port}"))
    subprocess.run(["chown", "-R", f"{sshd.user}:", str(sshd.home / "webapps")], check=True)
    return app
