# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the PHP program of ``_snapshot_php`` and turns its answer into a snapshot, or into words for a person."""

from __future__ import annotations

import base64
import json
import os
import pwd
import secrets
import signal
from subprocess import PIPE, Popen, TimeoutExpired
from typing import Any

from . import _snapshot
from ._snapshot_php import PROGRAM

# Errors go to the standard error output, which is never shown, and nothing of the host's php.ini runs before or after.
_PHP_SETTINGS = ("display_errors=stderr", "log_errors=0", "html_errors=0", "auto_prepend_file=", "auto_append_file=")
# A byte order mark or blank lines around the PHP code are no printing that anybody meant.
_BLANK = b" \t\r\n\0\x0b\xef\xbb\xbf"

_AS_USER = "Run the module as the site's user (become and become_user)."
_FIX_CONFIG = "Open the site in a browser or run php -l on the file, and repair it."
_LOAD = "require_once ABSPATH . 'wp-settings.php';"
_CHECK = "Check {names} in wp-config.php. Values from the environment must be in the environment of this task, too."
# Code of the program: what failed, and what to do next.
_WORDS = {
    "php_too_old": ("PHP {version} is too old", "Set php_executable to a PHP of version 7.2 or newer."),
    "php_lacks": (
        "this PHP lacks the extension {extension}",
        "Set php_executable to the PHP that runs the site, or install the extension for it.",
    ),
    "no_wordpress": (
        "there is no wp-includes/version.php that the user {user} can read",
        "Set path to the folder that holds wp-settings.php. " + _AS_USER,
    ),
    "no_config": (
        "there is no wp-config.php, neither in the folder nor one level up",
        "Set path to the folder that holds wp-settings.php. " + _AS_USER,
    ),
    "other_config": (
        "there is no wp-config.php in the folder, and the one above it belongs to another WordPress",
        "Set path to the WordPress that is meant.",
    ),
    "config_unreadable": ("the user {user} cannot read {config}", _AS_USER),
    "settings_never": (
        "{config} has no statement that loads wp-settings.php",
        "It must hold the line " + _LOAD + " A file that it includes cannot stand in for that.",
    ),
    "settings_twice": (
        "{config} loads wp-settings.php more than once (lines {lines})",
        "Leave one statement: " + _LOAD,
    ),
    "settings_inside": (
        "{config} loads wp-settings.php inside another expression (line {line})",
        "Make it a statement of its own: " + _LOAD,
    ),
    "config_parse": ("{config} is not valid PHP ({place})", _FIX_CONFIG),
    "config_throws": ("{config} fails with {thrown} ({place})", "Without WordPress, only plain PHP can run in it."),
    "config_fatal": (
        "{config} stops with a fatal error ({place})",
        "Often a file that it requires is missing or the user {user} cannot read it. " + _AS_USER,
    ),
    "config_exits": (
        "{config} ends the program (exit or die) before WordPress would load",
        "See under which condition it does so. Values from the environment must be in the environment of this task, too.",
    ),
    "config_prints": (
        "{config}, or a file that it includes, prints text, which is not shown here",
        "A wp-config.php must print nothing: remove the output, also text before <?php or after ?>.",
    ),
    "wordpress_loaded": (
        "{config} includes a file that loads WordPress",
        "Load it in wp-config.php itself: " + _LOAD,
    ),
    "constants_missing": ("{config} does not set {names}", _CHECK),
    "constants_empty": ("{names} of {config} is empty", _CHECK),
    "prefix_invalid": (
        "$table_prefix of {config} holds characters other than letters, digits and _",
        "WordPress refuses such a prefix, too: correct it.",
    ),
    "not_multisite": (
        "{config} does not switch on multisite (MULTISITE)",
        "Set path to the WordPress of the network; a single site has no domain list.",
    ),
    "no_network_tables": (
        "this WordPress is no multisite: the database has no {tables}",
        "Finish the network set-up of WordPress, or correct $table_prefix and DB_NAME in {config}.",
    ),
    "no_tables": (
        "the database has no {tables}, nor any other table of WordPress with this prefix",
        "Correct $table_prefix or DB_NAME in {config}.",
    ),
    "no_mapping_table": (
        "the database has no {tables}, where Ultimate Multisite keeps its domains",
        "Finish the plugin's set-up, or say mapping_plugin: none for a network without it.",
    ),
    "db_connect": ("the database connection failed: {reason}", "{database}"),
    "db_query": ("the database refused to be read: {reason}", "{database}"),
    "fatal": ("the reader itself stopped with a fatal error (line {line})", "Report this with the version of PHP."),
}
_NO_ANSWER = ("no database server answers", "Start the database, or correct DB_HOST in {config}.")
_ACCESS = ("access was denied", "Correct DB_USER and DB_PASSWORD in {config}.")
_RIGHTS = ("the database user lacks rights", "Grant DB_USER of {config} SELECT on all tables of DB_NAME.")
# Error numbers of MySQL and MariaDB. Their texts are not shown: they name the user and the host.
_ERRNO = {
    1040: ("too many connections", "Try again later."),
    1044: _RIGHTS,
    1045: _ACCESS,
    1049: ("there is no such database", "Correct DB_NAME in {config}."),
    1054: ("a column is missing", "Run the database upgrade of WordPress and of Ultimate Multisite, then try again."),
    1130: ("this host may not connect", "Correct DB_HOST in {config}, or allow the host in the database."),
    1142: _RIGHTS,
    1143: _RIGHTS,
    1698: _ACCESS,
    2002: _NO_ANSWER,
    2003: _NO_ANSWER,
    2005: _NO_ANSWER,
    2006: ("the server went away", "Try again; look into the database's log."),
    2013: ("the connection was lost", "Try again; look into the database's log."),
}
_OTHER_ERRNO = (
    "unknown cause",
    "Look up the number in the manual of MySQL or MariaDB, and look into the database's log.",
)
_SET_HTTP_HOST = "wp-config.php asks for HTTP_HOST, which the option http_host sets: use the network's domain."


class ReadFailed(Exception):
    """The multisite could not be read: the message says what failed, where, and what to do next, and holds no secret."""


def read(
    root: str, php: str, timeout: int, http_host: str | None = None, mapping_plugin: str = "ultimate_multisite"
) -> tuple[dict[str, Any], list[str]]:
    """The snapshot of the multisite in ``root``, and warnings.

    :arg root: absolute path of the WordPress folder.
    :arg php: name or path of the PHP program for the command line.
    :arg timeout: seconds that PHP may take.
    :arg http_host: what ``wp-config.php`` finds in ``$_SERVER['HTTP_HOST']``; None leaves it unset.
    :arg mapping_plugin: ``ultimate_multisite`` or ``none``.
    :raises ReadFailed: nothing was read, or not all of it.
    """
    try:
        if not os.path.isdir(root):
            raise ReadFailed("it is no folder that exists. Correct path. " + _AS_USER)
        asked = {"root": root, "http_host": http_host, "mapping_plugin": mapping_plugin != "none"}
        # PHP gives up on the connection first, because then it can say so.
        answer = _ask(dict(asked, connect_timeout=max(1, min(15, timeout // 2))), php, timeout)
        snapshot = _snapshot_of(answer["facts"], root)
        wrong = _snapshot.faults(snapshot)
        if wrong:
            raise ReadFailed("; ".join(wrong) + ". Run it again, and look at the tables if that does not help.")
    except ReadFailed as error:
        raise ReadFailed(f"Cannot read the multisite in {root}: {error}") from None
    return snapshot, [_SET_HTTP_HOST] if answer["wants_http_host"] else []


def _snapshot_of(facts: dict[str, Any], root: str) -> dict[str, Any]:
    return {
        "format": _snapshot.FORMAT,
        "source": "php",
        "wordpress": dict(facts["wordpress"], root=root, root_real=os.path.realpath(root)),
        **{key: facts[key] for key in ("mapping_plugin", "settings", *_snapshot.ROWS, "counts")},
    }


def _ask(asked: dict[str, Any], php: str, timeout: int) -> dict[str, Any]:
    fence = secrets.token_hex(16)
    program = PROGRAM.replace("@INPUT@", base64.b64encode(json.dumps(dict(asked, fence=fence)).encode()).decode())
    status, out, err = _run(php, program.encode(), asked["root"], timeout)
    parts = out.split(fence.encode())
    if len(parts) == 1:
        # wp-config.php was not touched yet, so this is PHP's own complaint and safe to show.
        said = " ".join((err or out).decode(errors="replace").split())[:300]
        raise ReadFailed(
            f"{php} did not run the reader (exit status {status}): {said or 'it said nothing'}."
            " Set php_executable to a PHP for the command line, version 7.2 or newer."
        )
    if len(parts) != 5:
        raise ReadFailed(
            f"{php} ended without an answer (exit status {status}). Try again; look into the system's log."
        )
    answer: dict[str, Any] = json.loads(parts[3])
    if "facts" in answer and (parts[2] + parts[4]).strip(_BLANK):
        answer.update(error="config_prints", details={})
    if "error" in answer:
        raise ReadFailed(_explain(answer))
    return answer


def _run(php: str, program: bytes, folder: str, timeout: int) -> tuple[int, bytes, bytes]:
    command = [php] + [word for setting in _PHP_SETTINGS for word in ("-d", setting)]
    # Not run_command(), which knows no time limit. The session of its own is for a php that is a wrapper of the real one.
    try:
        process = Popen(  # pylint: disable=ansible-bad-function
            command, cwd=folder, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except OSError as error:
        raise ReadFailed(
            f"cannot start {php} in this folder as the user {_user()}: {error.strerror}."
            " Install PHP for the command line, or set php_executable to its path."
        ) from None
    with process:
        try:
            out, err = process.communicate(program, timeout)
        except TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise ReadFailed(
                f"PHP did not finish within {timeout} seconds. Is the database busy? If it needs longer, raise timeout."
            ) from None
    return process.returncode, out, err


def _explain(answer: dict[str, Any]) -> str:
    details = answer["details"]
    code = "other_config" if details.get("other_above") else answer["error"]
    failed, then = _WORDS[code]
    reason, database = _ERRNO.get(details.get("errno"), _OTHER_ERRNO)
    tables = ", ".join(details.get("tables", []))
    fields = {
        "user": _user(),
        "config": answer["config"],
        "version": details.get("version"),
        "extension": details.get("extension"),
        "names": ", ".join(details.get("names", [])),
        "tables": f"{'table' if len(details.get('tables', [])) == 1 else 'tables'} {tables}",
        "line": details.get("line"),
        "lines": ", ".join(str(line) for line in details.get("lines", [])),
        "place": f"line {details.get('line')}{' of a file that it includes' if details.get('included') else ''}",
        "thrown": details.get("words") or details.get("class"),
        "reason": f"{reason} (error {details.get('errno')}{f', table {tables}' if tables else ''})",
    }
    fields["database"] = database.format(**fields)
    hint = f" {_SET_HTTP_HOST}" if answer["wants_http_host"] else ""
    return f"{failed}. {then}".format(**fields) + hint


def _user() -> str:
    # Not getpass.getuser(): that believes the environment, which sudo may have left as it was.
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
