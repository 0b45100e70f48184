# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from typing import Any

from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: recorded
short_description: The local connection, with a copy of all that is sent
description: Stands for a web host. Every command, its input and every file that is sent is appended to the file RECORDING.
author: wpmultisite.runcloud authors (@wpmultisite)
extends_documentation_fragment:
  - connection_pipelining
options:
  become_success_timeout:
    description: As in the local connection.
    type: int
    default: 10
  become_strip_preamble:
    description: As in the local connection.
    type: bool
    default: true
"""


class Connection(Local):
    """A web host that remembers what it was sent."""

    transport = "recorded"

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> Any:
        """Remember the command and its input, then run it."""
        _remember(cmd.encode() + b"\n" + (in_data or b""))
        return super().exec_command(cmd, in_data=in_data, sudoable=sudoable)

    def put_file(self, in_path: str, out_path: str) -> Any:
        """Remember the file, then copy it."""
        with open(in_path, "rb") as file:
            _remember(file.read())
        return super().put_file(in_path, out_path)


def _remember(data: bytes) -> None:
    # One write at the end of the file: hosts are served by processes side by side.
    with open(os.environ["RECORDING"], "ab", buffering=0) as file:
        file.write(data + b"\n")
