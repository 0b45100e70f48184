# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the readers of a multisite share: the failure, the last check, and the words for a database's error numbers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import _snapshot

# A document of 1,000 wrong rows is told as such, not printed line by line.
SHOWN_FAULTS = 50
# Ansible masks a secret wherever its text occurs: a shorter one would blank out half of every output.
SHORTEST_SECRET = 8

_NO_ANSWER = ("no database server answers", "Start the database, or correct {host}.")
_ACCESS = ("access was denied", "Correct {account}.")
_RIGHTS = ("the database user lacks rights", "Grant {user} SELECT on all tables of {name}.")
_WENT_AWAY = "Try again; look into the database's log."
# Error numbers of MySQL and MariaDB. Their texts are not shown: they name the user and the host.
ERRNO = {
    1040: ("too many connections", "Try again later."),
    1044: _RIGHTS,
    1045: _ACCESS,
    1049: ("there is no such database", "Correct {name}."),
    1054: ("a column is missing", "Run the database upgrade of WordPress and of the mapping plugin, then try again."),
    1130: ("this host may not connect", "Correct {host}, or allow the host in the database."),
    1142: _RIGHTS,
    1143: _RIGHTS,
    1698: _ACCESS,
    2002: _NO_ANSWER,
    2003: _NO_ANSWER,
    2005: _NO_ANSWER,
    2006: ("the server went away", _WENT_AWAY),
    2013: ("the connection was lost", _WENT_AWAY),
}
OTHER_ERRNO = (
    "unknown cause",
    "Look up the number in the manual of MySQL or MariaDB, and look into the database's log.",
)
# What was found to be wrong with the tables before they were read.
TABLES = {
    "no_network_tables": (
        "this WordPress is no multisite: the database has no {tables}",
        "Finish the network set-up of WordPress, or correct {prefix} or {name}.",
    ),
    "no_tables": (
        "the database has no {tables}, nor any other table of WordPress with this prefix",
        "Correct {prefix} or {name}.",
    ),
    "no_mapping_table": (
        "the database has no {tables}, where {plugin} keeps its domains",
        "Finish the plugin's set-up, or set mapping_plugin to the plugin in use; mapping_plugin: none is for a network without one.",
    ),
}


class ReadFailed(Exception):
    """The multisite could not be read: the message says what failed, where, and what to do next, and holds no secret.

    ``trace`` is a traceback to show with it, for a library that is missing; usually empty.
    """

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


def checked(document: Any, then: str, told: Callable[[str], str] = str) -> dict[str, Any]:
    """``document`` if it is a snapshot that may be acted upon.

    :arg then: what a person does about faults, a sentence.
    :arg told: turns a fault into words for a person.
    :raises ReadFailed: it has faults; the message holds the first ones, and ``then``.
    """
    wrong = _snapshot.faults(document)
    if wrong:
        more = [f"and {len(wrong) - SHOWN_FAULTS} more faults like these"] if len(wrong) > SHOWN_FAULTS else []
        raise ReadFailed("; ".join([told(fault) for fault in wrong[:SHOWN_FAULTS]] + more) + ". " + then)
    found: dict[str, Any] = document
    return found


def database_error(errno: int | None, fields: Mapping[str, str], table: str = "") -> tuple[str, str]:
    """What an error number means, and what to do next.

    :arg fields: what a person calls the ``account`` (user and password), the ``user``, the ``host`` and the ``name`` of the database.
    :arg table: the table that was asked for.
    """
    reason, then = ERRNO.get(errno or 0, OTHER_ERRNO)
    return f"{reason} (error {errno}{f', table {table}' if table else ''})", then.format(**fields)
