# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a wp-config.php and its database say to the constants that are wanted, and what speaks against them. Pure, and without a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

# The plugin's integration reads the token since its version 2.4.9, key and secret before.
_TOKEN, _KEYS = ("WU_RUNCLOUD_API_TOKEN",), ("WU_RUNCLOUD_API_KEY", "WU_RUNCLOUD_API_SECRET")
_SINCE = (2, 4, 9)
_SWITCHES = ("WP_ALLOW_MULTISITE", "MULTISITE", "SUBDOMAIN_INSTALL", "SUNRISE")
# A constant that says otherwise than the database is a person's: a copy of a network is made like that.
_FIXED = (
    "SUBDOMAIN_INSTALL",
    "DOMAIN_CURRENT_SITE",
    "PATH_CURRENT_SITE",
    "SITE_ID_CURRENT_SITE",
    "BLOG_ID_CURRENT_SITE",
)
_VARIABLES = {
    "WU_RUNCLOUD_API_TOKEN": "wp_config_api_token or runcloud_api_token",
    "WU_RUNCLOUD_API_KEY": "wp_config_api_key or runcloud_api_key",
    "WU_RUNCLOUD_API_SECRET": "wp_config_api_secret or runcloud_api_secret",
}


class Asked(NamedTuple):
    """What a person wants; ``credentials`` are the names of the constants for which there is a value."""

    integration: str
    multisite: bool = True
    sunrise: bool = True
    domain: str | None = None
    path: str | None = None
    subdomain_install: bool | None = None
    server_id: int | None = None
    webapp_id: int | None = None
    credentials: Sequence[str] = ()
    remove_unused: bool = False
    constants: Sequence[Mapping[str, Any]] = ()


def wishes(found: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    """What to do.

    :arg found: the result of the module wp_config_info.
    :returns: ``constants`` and ``secrets`` (rows with ``name`` and ``state``, the former with ``value``), ``copy_sunrise``, ``switch`` (on, off or
        None: the plugin's own flag), ``network`` (its domain or None), ``wrong`` and ``notes`` (sentences).
    """
    wrong: list[str] = []
    notes: list[str] = []
    network: Mapping[str, Any] | None = None
    constants: list[dict[str, Any]] = []
    copy = False
    if asked.multisite:
        network = _network(found, asked, wrong)
        if network is not None:
            with_sunrise, copy = _sunrise(found, asked, wrong, notes)
            constants += _multisite(found, network, with_sunrise, wrong)
    shown, secrets = _runcloud(found, asked, wrong, notes)
    taken = {row["name"] for row in (*constants, *shown, *secrets)}
    for row in asked.constants:
        name = row["name"]
        if name == "COOKIE_DOMAIN" and row.get("state", "present") == "present":
            wrong.append(
                "wp_config_constants: COOKIE_DOMAIN is never set here: the plugin sets it for each host, and logins break with it."
            )
        elif name in taken or name in (*_SWITCHES, *_FIXED, *_VARIABLES, "WU_RUNCLOUD_SERVER_ID", "WU_RUNCLOUD_APP_ID"):
            wrong.append("wp_config_constants: %s is set by this role's own variables." % name)
    if "COOKIE_DOMAIN" in found["constants"]:
        notes.append(
            "COOKIE_DOMAIN is set. The plugin sets it for each host where it is not, and logins on mapped domains break with it: remove it."
        )
    switch = _switch(found, asked)
    if switch is not None:
        notes.append(
            "The plugin's own RunCloud integration: %s; it was %s." % (switch, {"on": "off", "off": "on"}[switch])
        )
    return {
        "constants": [*constants, *shown, *asked.constants],
        "secrets": secrets,
        "copy_sunrise": copy and not wrong,
        "switch": switch,
        "network": network["domain"] if network else None,
        "wrong": wrong,
        "notes": notes,
    }


def _network(found: Mapping[str, Any], asked: Asked, wrong: list[str]) -> Mapping[str, Any] | None:
    networks, constants = found["networks"], found["constants"]
    if not networks:
        wrong.append(
            "The database has no networks (the tables %ssite and %sblogs): create the network in WordPress first (Tools, Network Setup), or set"
            " wp_config_multisite: false." % (found["table_prefix"], found["table_prefix"])
        )
        return None
    domain = asked.domain or constants.get("DOMAIN_CURRENT_SITE")
    path = asked.path or (constants.get("PATH_CURRENT_SITE") if asked.domain is None else None)
    fits = [
        row for row in networks if (domain is None or row["domain"] == domain) and (path is None or row["path"] == path)
    ]
    there = ", ".join(row["domain"] + row["path"] for row in networks)
    if len(fits) != 1:
        what = (domain or "any domain") + (path or "")
        hint = "" if asked.domain else " Is this a copy of another network? Then its database has to be changed first."
        wrong.append(
            "The database has %s for %s; it has: %s. Set wp_config_domain_current_site (and wp_config_path_current_site) to one of these.%s"
            % ("no network" if not fits else "several networks", what, there, hint if not fits else "")
        )
        return None
    network: Mapping[str, Any] = fits[0]
    if network["main_site"] is None:
        wrong.append(
            "The database has no site with the domain and path of its network %s%s."
            % (network["domain"], network["path"])
        )
    kind = network["subdomain_install"]
    if kind is None:
        kind = asked.subdomain_install if asked.subdomain_install is not None else constants.get("SUBDOMAIN_INSTALL")
        if kind is None:
            wrong.append("The database does not say whether sites are sub-domains: set wp_config_subdomain_install.")
    elif asked.subdomain_install is not None and asked.subdomain_install is not kind:
        wrong.append(
            "wp_config_subdomain_install is %s, but the database says %s." % (_php(asked.subdomain_install), _php(kind))
        )
    return dict(network, subdomain_install=kind)


def _sunrise(found: Mapping[str, Any], asked: Asked, wrong: list[str], notes: list[str]) -> tuple[bool, bool]:
    """Whether SUNRISE is wanted, and whether the plugin's file has to be copied."""
    there, plugin = found["sunrise"], found["plugin"]
    if not asked.sunrise:
        return False, False
    if there["product"] == "other":
        wrong.append(
            "%s belongs to another product (or cannot be read), and WordPress has one sunrise.php only. Remove that product, or set"
            " wp_config_sunrise: false." % there["path"]
        )
        return False, False
    if there["product"] == "ultimate_multisite":
        bundled = ((plugin or {}).get("sunrise") or {}).get("version")
        if bundled and there["version"] and _numbers(there["version"]) < _numbers(bundled):
            notes.append(
                "sunrise.php has version %s, the plugin brings %s: the plugin renews it by itself at the next visit of an administrator."
                % (there["version"], bundled)
            )
        return True, False
    if plugin is None or plugin["sunrise"]["product"] != "ultimate_multisite":
        notes.append(
            "SUNRISE is not set: there is no sunrise.php, and Ultimate Multisite is not installed or brings none."
        )
        return False, False
    return True, True


def _multisite(
    found: Mapping[str, Any], network: Mapping[str, Any], sunrise: bool, wrong: list[str]
) -> Iterator[dict[str, Any]]:
    """The constants that are missing, or are another switch. What PHP has already stays as it is written, wherever that is."""
    wanted = {
        "WP_ALLOW_MULTISITE": True,
        "MULTISITE": True,
        "SUBDOMAIN_INSTALL": network["subdomain_install"],
        "DOMAIN_CURRENT_SITE": network["domain"],
        "PATH_CURRENT_SITE": network["path"],
        "SITE_ID_CURRENT_SITE": network["id"],
        "BLOG_ID_CURRENT_SITE": network["main_site"],
        **({"SUNRISE": True} if sunrise else {}),
    }
    for name, value in wanted.items():
        there = name in found["constants"]
        now = found["constants"].get(name)
        # To WordPress a switch is on or off, and a number may be a text.
        same = there and (bool(now) is bool(value) if name in _SWITCHES else str(now) == str(value))
        if value is None:
            continue
        if there and not same and name in _FIXED:
            wrong.append(
                "%s is %s in wp-config.php, or in a file that it includes, but the database says %s. Correct the one that is wrong by hand;"
                " a copy of a network needs its database changed." % (name, _php(now), _php(value))
            )
        elif not same:
            yield {"name": name, "value": value, "state": "present"}


def _runcloud(
    found: Mapping[str, Any], asked: Asked, wrong: list[str], notes: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    there = found["runcloud_constants"]
    if asked.integration == "disabled":
        numbers = [name for name in there if name not in _VARIABLES]
        hidden = [name for name in there if name in _VARIABLES]
        if there and not asked.remove_unused:
            notes.append(
                "The plugin's integration is disabled, but its constants are there: %s. Every plugin can read them; wp_config_remove_unused: true"
                " removes them." % ", ".join(there)
            )
        if found["integration"]["stored"]:
            notes.append(
                "The plugin keeps credentials in the database, too (%s): delete them on its page of the RunCloud integration."
                % ", ".join(found["integration"]["stored"])
            )
        if not asked.remove_unused:
            return [], []
        return [{"name": name, "state": "absent"} for name in numbers], [
            {"name": name, "state": "absent"} for name in hidden
        ]
    plugin = found["plugin"]
    if plugin is None:
        wrong.append("wp_config_integration: enabled needs Ultimate Multisite, and it is not installed.")
        return [], []
    needed, old = (_TOKEN, _KEYS) if _numbers(plugin["version"]) >= _SINCE else (_KEYS, _TOKEN)
    for name in needed:
        if name not in asked.credentials:
            wrong.append("Version %s of the plugin needs %s: set %s." % (plugin["version"], name, _VARIABLES[name]))
    shown = []
    for name, variable, number in (
        ("WU_RUNCLOUD_SERVER_ID", "runcloud_server_id", asked.server_id),
        ("WU_RUNCLOUD_APP_ID", "runcloud_webapp_id", asked.webapp_id),
    ):
        if number is None:
            wrong.append("wp_config_integration: enabled needs %s." % variable)
        # A text, as the plugin's own wizard writes it.
        shown.append({"name": name, "value": str(number), "state": "present"})
    return shown, [{"name": name, "state": "present"} for name in needed] + [
        {"name": name, "state": "absent"} for name in old if name in there
    ]


def _switch(found: Mapping[str, Any], asked: Asked) -> str | None:
    now, wanted = found["integration"]["enabled"], asked.integration == "enabled"
    if now is wanted or (now is None and not wanted):
        return None
    return "on" if wanted else "off"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split("-")[0])[:4])


def _php(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return repr(value)
