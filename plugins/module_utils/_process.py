# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program with a time limit. Not run_command(), which knows none."""

from __future__ import annotations

import os
import pwd
import signal
from collections.abc import Sequence
from subprocess import PIPE, Popen, TimeoutExpired


class TookTooLong(Exception):
    """The program was still running when its time was over; it and all that it started were killed."""


def run(
    words: Sequence[str], timeout: float, given: bytes = b"", folder: str | None = None
) -> tuple[int, bytes, bytes]:
    """The exit status, the output and the error output of a program; no shell is involved.

    :arg timeout: seconds.
    :arg given: its standard input.
    :raises OSError: it cannot be started.
    :raises TookTooLong: it did not end in time.
    """
    # A session of its own, so that the program can be a wrapper of the one that works.
    process = Popen(  # pylint: disable=ansible-bad-function
        list(words), cwd=folder, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
    )
    with process:
        try:
            out, err = process.communicate(given, timeout)
        except TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise TookTooLong from None
    return process.returncode, out, err


def user() -> str:
    """The name of the user of this process."""
    # Not getpass.getuser(): that believes the environment, which sudo may have left as it was.
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
