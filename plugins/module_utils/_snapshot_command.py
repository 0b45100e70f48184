# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a snapshot from a program of the user's, which prints it as JSON. Nothing else that it prints is ever shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import _process
from ._snapshot_words import ReadFailed, checked


def read(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The snapshot that ``command``, a list of words, prints, and no warnings.

    :raises ReadFailed: the program failed, or printed no snapshot.
    """
    words, timeout = params["command"], params["timeout"]
    if not words or not words[0].strip():
        raise ReadFailed("command is empty: give the program and its arguments, each as a word of the list.")
    if any("\0" in word for word in words):
        raise ReadFailed("command holds a NUL character, which no argument of a program can.")
    if timeout < 1:
        raise ReadFailed("timeout must be at least 1 second.")
    try:
        document = _document(_output(words, timeout))
    except ReadFailed as error:
        # The program's name only: its arguments may hold a secret.
        raise ReadFailed(f"The command {words[0]} gave no snapshot: {error}") from None
    return document, []


def _output(words: list[str], timeout: int) -> bytes:
    try:
        status, out, _err = _process.run(words, timeout)
    except OSError as error:
        raise ReadFailed(
            f"it cannot be started as the user {_process.user()}: {error.strerror}. The first word of command must be a program by its "
            "path or by a name in PATH, each argument a word of its own; no shell is used."
        ) from None
    except _process.TookTooLong:
        raise ReadFailed(
            f"it did not end within {timeout} seconds and was killed. If it needs longer, raise timeout."
        ) from None
    if status:
        how = f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
        raise ReadFailed(
            f"it {how}. What it printed is not shown, because it may hold a secret: run it by hand as the user {_process.user()}."
        )
    return out


def _document(out: bytes) -> dict[str, Any]:
    if not out.strip():
        raise ReadFailed("it printed nothing. It must print a snapshot in JSON to its standard output.")
    try:
        document = json.loads(out.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ReadFailed("what it printed is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        # Not str(error) alone: where, but never what.
        raise ReadFailed(
            f"what it printed is not JSON (line {error.lineno}, column {error.colno}). Its standard output must hold the snapshot and "
            "nothing else; messages belong on its standard error output."
        ) from None
    except (ValueError, RecursionError):
        raise ReadFailed("what it printed is nested too deeply, or holds a number too long for a snapshot.") from None
    snapshot = checked(document, "Correct the program.")
    if snapshot["source"] != "command":
        raise ReadFailed(
            f"its source is {snapshot['source']}. What a command prints must say source: command. Correct the program."
        )
    return snapshot
