# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one of our PHP programs that load WordPress, as the site's user, and says in words what kept it from loading."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from typing import Any

from ._snapshot_php import ask, explain
from ._snapshot_tables import plan
from ._snapshot_words import ReadFailed

_DEACTIVATE = "Open the site in a browser; repair or deactivate what the path names."
# Code of the program: what failed, and what to do next.
_WORDS = {
    "no_host": (
        "wp-config.php does not set DOMAIN_CURRENT_SITE",
        "Set http_host to the network's domain.",
    ),
    "site_not_found": (
        "WordPress has no site {host}",
        "Set http_host to the network's domain.",
    ),
    "maintenance": (
        "WordPress is in maintenance mode (.maintenance)",
        "Wait until its update is over; remove the file if none is running.",
    ),
    "wordpress_fatal": ("WordPress stops with a fatal error (line {line} of {file})", _DEACTIVATE),
    "wordpress_ends": (
        "WordPress, or one of its plugins, ends the program (exit or wp_die) while it loads",
        "Open the site in a browser; find the plugin by deactivating one after the other.",
    ),
    "plugin_inactive": (
        "Ultimate Multisite is not active in the network",
        "Activate it for the network, or do not ask for this.",
    ),
}


def run(
    program: str, params: Mapping[str, Any], asked: Mapping[str, Any], words: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    """The program's answer.

    :arg params: the module's options ``path``, ``php_executable``, ``http_host`` and ``timeout``.
    :arg asked: what else the program is told.
    :arg words: for the program's own errors: code → what failed, and what to do next.
    :raises ReadFailed: there is none; NotInTime when WordPress may have been at work.
    """
    root = params["path"].rstrip("/") or "/"
    check_folder(root)
    about = plan("ultimate_multisite")
    told = dict(asked, root=root, http_host=params["http_host"], folders=about["folders"])
    answer, _printed = ask(program, told, params["php_executable"], params["timeout"])
    if "error" in answer:
        known = {**_WORDS, **words}
        if answer["error"] not in known:
            raise ReadFailed(explain(answer, about))
        failed, then = known[answer["error"]]
        details = dict({"file": None, "line": None}, **answer["details"])
        if "names" in details:
            details["names"] = ", ".join(f"{name}()" for name in details["names"])
        details["place"] = f" (line {details['line']} of {details['file']})" if details["file"] else ""
        raise ReadFailed(f"{failed}. {then}".format(**details))
    return answer


def check_folder(root: str) -> None:
    """Whether this user may load the WordPress in a folder.

    :raises ReadFailed: no; it says why.
    """
    try:
        owner = os.stat(root).st_uid
    except OSError as error:
        raise ReadFailed(
            f"the folder cannot be read: {error.strerror}. Correct path, and run the module as the site's user"
            " (become and become_user)."
        ) from None
    if os.geteuid() == 0 and owner != 0:
        raise ReadFailed(
            "this would run the site's plugins as root, and files that they make would be root's. Run the module as the"
            f" site's user: become_user: {_name(owner)}."
        )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"'#{uid}'"
