# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the PHP program of ``_snapshot_php_program`` and turns its answer into a snapshot, or into words for a person."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from . import _process, _snapshot
from ._snapshot_php_program import PROGRAM
from ._snapshot_tables import completed, misread, plan, title, told, unfit
from ._snapshot_words import TABLES, ReadFailed, checked, database_error

# Errors go to the standard error output, which is never shown, and nothing of the host's php.ini runs before or after.
PHP_SETTINGS = ("display_errors=stderr", "log_errors=0", "html_errors=0", "auto_prepend_file=", "auto_append_file=")
# A byte order mark or blank lines around the PHP code are no printing that anybody meant.
_BLANK = b" \t\r\n\0\x0b\xef\xbb\xbf"

AS_USER = "Run the module as the site's user (become and become_user)."
_FIX_CONFIG = "Open the site in a browser or run php -l on the file, and repair it."
_LOAD = "require_once ABSPATH . 'wp-settings.php';"
_CHECK = "Check {names} in wp-config.php. Values from the environment must be in the environment of this task, too."
# Code of the program: what failed, and what to do next.
WORDS = {
    "php_too_old": ("PHP {version} is too old", "Set php_executable to a PHP of version 7.2 or newer."),
    "php_lacks": (
        "this PHP lacks the extension {extension}",
        "Set php_executable to the PHP that runs the site, or install the extension for it.",
    ),
    "no_wordpress": (
        "there is no wp-includes/version.php that the user {user} can read",
        "Set path to the folder that holds wp-settings.php. " + AS_USER,
    ),
    "no_config": (
        "there is no wp-config.php, neither in the folder nor one level up",
        "Set path to the folder that holds wp-settings.php. " + AS_USER,
    ),
    "other_config": (
        "there is no wp-config.php in the folder, and the one above it belongs to another WordPress",
        "Set path to the WordPress that is meant.",
    ),
    "config_unreadable": ("the user {user} cannot read {config}", AS_USER),
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
        "Often a file that it requires is missing or the user {user} cannot read it. " + AS_USER,
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
    **TABLES,
    "table_unfit": ("{looks}", "{then}"),
    "db_drop_in": (
        "WordPress does not use MySQL or MariaDB by mysqli, but a database of a drop-in (wp-content/db.php)",
        "Print the snapshot with a program of your own (source: command).",
    ),
    "db_connect": ("the database connection failed: {reason}", "{database}"),
    "db_query": ("the database refused to be read: {reason}", "{database}"),
    "fatal": ("the reader itself stopped with a fatal error (line {line})", "Report this with the version of PHP."),
}
SET_HTTP_HOST = "wp-config.php asks for HTTP_HOST, which the option http_host sets: use the network's domain."


# Of the modules that run a program of ours for one WordPress (doc fragment php).
OPTIONS: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "php_executable": {"type": "str", "default": "php"},
    "http_host": {"type": "str"},
    "timeout": {"type": "int", "default": 60},
}


class NotInTime(ReadFailed):
    """PHP was killed when its time was over."""


def read(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The snapshot of the multisite in the folder ``path``, and warnings.

    :arg params: the options ``path``, ``php_executable``, ``http_host``, ``assume_constants``, ``mapping_plugin`` and ``timeout``.
    :raises ReadFailed: nothing was read, or not all of it.
    """
    wrong = list(mistakes(params))
    if wrong:
        raise ReadFailed(" ".join(wrong))
    root = params["path"].rstrip("/") or "/"
    timeout = params["timeout"]
    what = plan(params["mapping_plugin"])
    try:
        if not os.path.isdir(root):
            raise ReadFailed("it is no folder that exists. Correct path. " + AS_USER)
        # PHP gives up on the connection first, because then it can say so.
        asked = {
            "root": root,
            "http_host": params["http_host"],
            "plan": what,
            "assume": params["assume_constants"],
            "connect_timeout": max(1, min(15, timeout // 2)),
        }
        answer, printed = ask(PROGRAM, asked, params["php_executable"], timeout)
        if "facts" in answer and printed:
            answer.update(error="config_prints", details={})
        if "error" in answer:
            raise ReadFailed(explain(answer, what))
        snapshot, warnings = snapshot_of(answer["facts"], what, "php", root, os.path.realpath(root))
    except ReadFailed as error:
        raise ReadFailed(f"Cannot read the multisite in {root}: {error}") from None
    return snapshot, warnings + ([SET_HTTP_HOST] if answer["wants_http_host"] else [])


def mistakes(params: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the options ``path``, ``http_host`` and ``timeout``, as sentences."""
    if not os.path.isabs(params["path"]):
        yield f"path is {params['path']!r}, but must be absolute: give the whole path of the WordPress folder."
    if params["http_host"] is not None and not re.fullmatch(r"[\w.-]+(:\d+)?", params["http_host"], re.ASCII):
        yield "http_host must be a host name such as network.com or network.com:8080, without https:// and path."
    if params["timeout"] < 1:
        yield "timeout must be at least 1 second."
    for name in params.get("assume_constants") or {}:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII):
            yield f"assume_constants holds {name!r}, which is no name of a PHP constant."


def snapshot_of(
    facts: dict[str, Any], what: dict[str, Any], source: str, root: str, root_real: str
) -> tuple[dict[str, Any], list[str]]:
    """The snapshot from the program's facts, and warnings. ``what`` is the plan that it was given.

    :raises ReadFailed: they are no snapshot that may be acted upon.
    """
    tables, prefix = what["tables"], facts["prefix"]
    facts["mappings"] = completed(facts["mappings"])
    snapshot = {
        "format": _snapshot.FORMAT,
        "source": source,
        "wordpress": dict(facts["wordpress"], root=root, root_real=root_real),
        **{key: facts[key] for key in ("mapping_plugin", "settings", *_snapshot.ROWS, "counts")},
    }
    checked(snapshot, "Look at these tables, then run it again.", told(snapshot, tables, prefix))
    return snapshot, misread(snapshot, tables, prefix, facts["charsets"])


def ask(program: str, asked: dict[str, Any], php: str, timeout: int) -> tuple[dict[str, Any], bool]:
    """The answer of one of our PHP programs, and whether anything was printed beside it.

    :arg asked: what it is told, with the folder ``root``.
    :raises ReadFailed: it gave none; NotInTime when it had begun.
    """
    fence = secrets.token_hex(16)
    program = program.replace("@INPUT@", base64.b64encode(json.dumps(dict(asked, fence=fence)).encode()).decode())
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
    return answer, bool((parts[2] + parts[4]).strip(_BLANK))


def _run(php: str, program: bytes, folder: str, timeout: int) -> tuple[int, bytes, bytes]:
    words = [php] + [word for setting in PHP_SETTINGS for word in ("-d", setting)]
    try:
        return _process.run(words, timeout, program, folder)
    except OSError as error:
        raise ReadFailed(
            f"cannot start {php} in this folder as the user {_process.user()}: {error.strerror}."
            " Install PHP for the command line, or set php_executable to its path."
        ) from None
    except _process.TookTooLong:
        raise NotInTime(
            f"PHP did not finish within {timeout} seconds. Is the database busy? If it needs longer, raise timeout."
        ) from None


def explain(answer: dict[str, Any], what: dict[str, Any]) -> str:
    """The program's error in words. ``what`` is the plan that it was given."""
    details = answer["details"]
    code = "other_config" if details.get("other_above") else answer["error"]
    failed, then = WORDS[code]
    config = answer["config"]
    called = {
        "account": f"DB_USER and DB_PASSWORD in {config}",
        "user": f"DB_USER of {config}",
        "host": f"DB_HOST in {config}",
        "name": f"DB_NAME in {config}",
    }
    tables = details.get("tables", [])
    reason, database = database_error(details.get("errno"), called, ", ".join(tables))
    fields = {
        "user": _process.user(),
        "config": config,
        "prefix": f"$table_prefix in {config}",
        "name": called["name"],
        "version": details.get("version"),
        "extension": details.get("extension"),
        "names": ", ".join(details.get("names", [])),
        "tables": f"{'table' if len(tables) == 1 else 'tables'} {', '.join(tables)}",
        "plugin": title(what["name"]),
        "line": details.get("line"),
        "lines": ", ".join(str(line) for line in details.get("lines", [])),
        "place": f"line {details.get('line')}{' of a file that it includes' if details.get('included') else ''}",
        "thrown": details.get("words") or details.get("class"),
        "reason": reason,
        "database": database,
    }
    if code == "table_unfit":
        about = what["tables"][details["kind"]]
        fields["looks"], fields["then"] = unfit(about, details["prefix"], details["columns"], details["logins"])
    hint = f" {SET_HTTP_HOST}" if answer["wants_http_host"] else ""
    return f"{failed}. {then}".format(**fields) + hint
