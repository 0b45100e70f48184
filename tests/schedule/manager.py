# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands for the systemd that does not run this machine: ``systemctl`` writes down what it is asked for, and remembers what is started.

What is enabled it leaves to the real systemctl, which needs no manager for that.
"""

from __future__ import annotations

import os
from pathlib import Path

PROGRAM = """#!/bin/sh
cd {folder}
echo "$*" >> asked
unit=$(printf %s "$2" | tr -d "'")
case "$1" in
is-system-running) echo {says} ;;
daemon-reload) ;;
show) [ -e "/etc/systemd/system/$unit" ] && echo LoadState=loaded || echo LoadState=not-found
    [ -e "active-$unit" ] && echo ActiveState=active || echo ActiveState=inactive ;;
start|restart) touch "active-$unit" ;;
stop) rm -f "active-$unit" ;;
*) SYSTEMD_OFFLINE=1 exec /usr/bin/systemctl "$@" ;;
esac
"""


class Manager:
    """A folder with the program; ``says`` is how the machine is."""

    def __init__(self, folder: Path, says: str = "running") -> None:
        self.folder = folder
        folder.mkdir()
        program = folder / "systemctl"
        program.write_text(PROGRAM.format(folder=folder, says=says))
        program.chmod(0o755)
        self.environment = {"PATH": f"{folder}:{os.environ['PATH']}"}

    def orders(self) -> list[str]:
        """What changed something, since the last time."""
        file = self.folder / "asked"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [line for line in lines if not line.startswith(("is-", "show "))]

    def active(self) -> list[str]:
        """The units that are started."""
        return sorted(path.name.removeprefix("active-") for path in self.folder.glob("active-*"))
