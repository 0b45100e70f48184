# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a multisite by ``wp eval``: the program of ``_snapshot_php_program`` within a WordPress that WP-CLI loads.

``--skip-plugins`` leaves out neither must-use plugins nor sunrise.php, and anything may print; so the answer is fenced by a
random word of this run. ``wp wu domain list`` is of no use: it gives the newest 100 rows and says nothing of the others.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from . import _process
from ._snapshot_php import explain, snapshot_of
from ._snapshot_php_program import LOADED_PROGRAM
from ._snapshot_tables import plan
from ._snapshot_words import ReadFailed

_BY_HAND = "Its own words may hold a secret and are not shown: run wp option get siteurl with the same --path as the user {user}."
# What WP-CLI and WordPress say on the standard error output, and what it means. Anything else is not repeated.
_SAID = (
    (
        "YIKES",
        "WP-CLI refuses to run as root. Run the module as the site's user (become and become_user).",
    ),
    (
        "does not seem to be a WordPress",
        "WP-CLI finds no WordPress in {path} as the user {user}. Set path to the folder that holds wp-settings.php.",
    ),
    ("'wp-config.php' not found", "WP-CLI finds no wp-config.php for {path} as the user {user}. Correct path."),
    (
        "stablishing a database connection",
        "WordPress cannot connect to its database. Start the database, or correct the constants DB_* in wp-config.php.",
    ),
    (
        "Verify `--url=<url>` matches",
        "the network has no site at the address that it was called with. Set http_host to the network's domain.",
    ),
    (
        "is not a registered wp command",
        "this wp does not know the command eval. Set wp_executable to WP-CLI.",
    ),
    (
        "unknown --",
        "this wp does not know one of --path, --url, --skip-plugins and --skip-themes. Set wp_executable to WP-CLI.",
    ),
)
_FATAL = re.compile(r"(?:Fatal|Parse) error: .*? in (/[^:]+?)(?::| on line )(\d+)", re.DOTALL)


def read(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The snapshot of the multisite in the folder ``path``, and warnings.

    :arg params: the options ``path``, ``wp_executable`` (a list of words), ``http_host``, ``mapping_plugin`` and ``timeout``.
    :raises ReadFailed: nothing was read, or not all of it.
    """
    wrong = list(_mistakes(params))
    if wrong:
        raise ReadFailed(" ".join(wrong))
    root = params["path"].rstrip("/") or "/"
    what = plan(params["mapping_plugin"])
    try:
        facts, root_real = _ask(params, root, what)
        return snapshot_of(facts, what, "wp_cli", root, root_real)
    except ReadFailed as error:
        raise ReadFailed(f"Cannot read the multisite in {root} by WP-CLI: {error}") from None


def _mistakes(params: Mapping[str, Any]) -> Iterator[str]:
    if not os.path.isabs(params["path"] or ""):
        yield f"path is {params['path']!r}, but must be absolute: give the whole path of the WordPress folder."
    if params["http_host"] is not None and not re.fullmatch(r"[\w.-]+(:\d+)?", params["http_host"], re.ASCII):
        yield "http_host must be a host name such as network.com or network.com:8080, without https:// and path."
    if not params["wp_executable"] or not params["wp_executable"][0].strip():
        yield "wp_executable is empty: give WP-CLI's name or path, and words that belong before its own."
    if params["timeout"] < 1:
        yield "timeout must be at least 1 second."


def _ask(params: Mapping[str, Any], root: str, what: dict[str, Any]) -> tuple[dict[str, Any], str]:
    fence = secrets.token_hex(16)
    asked = {"fence": fence, "plan": what}
    program = LOADED_PROGRAM.replace("@INPUT@", base64.b64encode(json.dumps(asked).encode()).decode())
    words = [*params["wp_executable"], "eval", program, f"--path={root}", "--skip-plugins", "--skip-themes"]
    if params["http_host"] is not None:
        words.append(f"--url=https://{params['http_host']}/")
    status, out, err = _run(words, params["timeout"])
    parts = out.split(fence.encode())
    if len(parts) > 5:
        raise ReadFailed(
            f"{words[0]} gave more than one answer. Does wp_executable name a group of sites, such as @all? It must be one WordPress."
        )
    try:
        answer = json.loads(parts[3])
    except (IndexError, ValueError):
        raise ReadFailed(_silence(words[0], status, out + b"\n" + err, root, started=len(parts) > 1)) from None
    if "error" in answer:
        raise ReadFailed(explain(answer, what))
    if status:
        raise ReadFailed(
            f"{words[0]} ended with exit status {status} after its answer, so something else failed. {_BY_HAND.format(user=_process.user())}"
        )
    return answer["facts"], answer["facts"]["root_real"]


def _run(words: list[str], timeout: int) -> tuple[int, bytes, bytes]:
    try:
        return _process.run(words, timeout)
    except OSError as error:
        raise ReadFailed(
            f"cannot start {words[0]} as the user {_process.user()}: {error.strerror}. Install WP-CLI, or set wp_executable to its path; "
            "words before its own, such as those of a container, are elements of a list."
        ) from None
    except _process.TookTooLong:
        raise ReadFailed(
            f"{words[0]} did not finish within {timeout} seconds and was killed. If it needs longer, raise timeout."
        ) from None


def _silence(wp: str, status: int, printed: bytes, root: str, started: bool) -> str:
    """Words for a run without an answer, from what was printed but without repeating it."""
    said = printed.decode(errors="replace")
    fields = {"path": root, "user": _process.user()}
    for sign, words in _SAID:
        if sign in said:
            return words.format(**fields)
    fatal = _FATAL.search(said)
    if fatal:
        return (
            f"WordPress stopped with a fatal error of PHP in {fatal[1]} on line {fatal[2]}, whose words may hold a secret and are not shown. "
            "Repair it, or read with source: php, which loads no WordPress."
        )
    how = f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
    what = "in the middle of its answer" if started else "without an answer"
    return f"{wp} {how} {what}. {_BY_HAND.format(**fields)}"
