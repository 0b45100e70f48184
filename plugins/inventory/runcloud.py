# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: runcloud
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: RunCloud's web apps as hosts, its servers as groups
description:
  - Every web app that the credentials see is a host, and every server a group C(server_<name>) with its web apps.
  - A host has C(runcloud_server_id) and C(runcloud_webapp_id), by which the role P(wpmultisite.runcloud.multisite_domains#role) knows its web app.
  - "Its other variables, null where the panel does not say it: C(runcloud_server_name), C(runcloud_server_address), C(runcloud_server_provider),
    C(runcloud_server_stack), C(runcloud_server_online), C(runcloud_server_tags), C(runcloud_app_name), C(runcloud_app_type), C(runcloud_php_version),
    C(runcloud_stack), C(runcloud_stack_mode), C(runcloud_root_path), C(runcloud_public_path), C(runcloud_user_id), and C(runcloud_user) if O(system_users)."
  - The file's name ends in C(runcloud.yml) or C(runcloud.yaml).
  - "What is called: the pages of the servers, of the shared servers, and of the web apps of each chosen server; with O(system_users) also the users of each."
  - An inventory is whole or there is none. When any call fails nothing is taken over, and nothing is cached.
  - Values of the API are never templates. In names of hosts and groups every character that could mean something is replaced.
extends_documentation_fragment:
  - wpmultisite.runcloud.api.connection
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Names this plugin.
    type: str
    required: true
    choices: [wpmultisite.runcloud.runcloud]
  include_servers:
    description:
      - Numbers, names or patterns of names (C(*), C(?), C([...])) of the servers to list; capitals do not matter. Others cost no call for their web apps.
      - A number or plain name that is not there is an error, so that a misspelt one is not a shorter inventory.
    type: list
    elements: str
    default: []
  exclude_servers:
    description: Numbers, names or patterns of names of servers to leave out, whatever O(include_servers) says.
    type: list
    elements: str
    default: []
  include_webapps:
    description: Numbers, names or patterns of names of the web apps to list, as in O(include_servers).
    type: list
    elements: str
    default: []
  exclude_webapps:
    description: Numbers, names or patterns of names of web apps to leave out, whatever O(include_webapps) says.
    type: list
    elements: str
    default: []
  hostname:
    description:
      - How a web app's host is named. Characters other than letters, digits, C(.), C(_) and C(-) become C(-).
      - No two hosts have names that differ in capitals only.
      - V(name) is the web app's name. Where web apps of the chosen servers share it, or Ansible or a group of a server has it, each is C(<name>.<server>)
        and, where even that is not unique, C(<name>.<server number>.<web app number>).
      - V(name_and_server) is C(<name>.<server>) from the beginning.
      - V(id) is C(webapp-<number>). It stays when somebody renames the web app, or makes another one of the same name.
      - The role keeps its state directory by the host's name, and a host whose name changes begins anew. Where that can happen choose V(id), or set
        C(multisite_domains_state_dir) in O(compose).
    type: str
    choices: [name, name_and_server, id]
    default: name
  set_ansible_host:
    description:
      - Whether C(ansible_host) is the address that the panel has for the server. A chosen web app whose server has no IP address is then an error.
      - If not, SSH resolves the names of the hosts.
    type: bool
    default: true
  system_users:
    description: Whether the names of the system users are listed, too (one more call for each server), for C(runcloud_user).
    type: bool
    default: false
  retry_budget:
    description:
      - Seconds that one reading may spend on waiting for the panel, altogether. Then the fault is reported.
      - Calls are repeated after HTTP 429, 500, 502, 503, 504, a block page of the network edge, a time-out or a lost connection.
    type: float
    default: 120.0
requirements:
  - requests
notes:
  - Templates in O(api_token), O(api_key), O(api_secret), O(api_url) and O(ca_path) know lookups and extra variables.
    Best is no credential in the file at all, but E(RUNCLOUD_API_TOKEN). Tasks do not take it from here; they have C(runcloud_api_token) or the environment.
  - An inventory that cannot be read is a warning for Ansible, after which it goes on without these hosts.
    With E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) set to V(true) (C(any_unparsed_is_failed) in the section C(inventory) of C(ansible.cfg)) it is an error;
    set it wherever nobody watches.
  - A cache needs a plugin that lasts, such as P(ansible.builtin.jsonfile#cache), and that one a folder as O(cache_connection).
    The file holds the servers and web apps without secrets, and no credential is in it or in its name.
    A damaged file, one of another O(api_url), and one that does not have all that is asked for are read anew.
    With the token of another account use C(--flush-cache).
seealso:
  - module: wpmultisite.runcloud.runcloud_server_info
  - module: wpmultisite.runcloud.runcloud_webapp_info
"""

EXAMPLES = r"""
# fleet.runcloud.yml, with the token in RUNCLOUD_API_TOKEN: every WordPress of the servers web-*, for the playbooks of the collection
plugin: wpmultisite.runcloud.runcloud
include_servers: ["web-*"]
exclude_webapps: [staging]
hostname: id
system_users: true
strict: true
groups:
  multisites: runcloud_app_type == 'wordpress'
compose:
  ansible_user: runcloud_user
  multisite_domains_path: runcloud_public_path or runcloud_root_path
---
# cached.runcloud.yml, with the token in a vaulted file: groups by the version of PHP, and a cache for an hour
plugin: wpmultisite.runcloud.runcloud
api_token: "{{ lookup('ansible.builtin.file', 'token.vault') }}"
keyed_groups:
  - key: runcloud_php_version
    prefix: php
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/wpmultisite-inventory
cache_timeout: 3600
"""

import os
import re
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.inventory.group import to_safe_group_name
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.parameters import remove_values
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Panel
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import (
    REQUESTS_ERROR,
    Access,
    access,
    secrets,
)
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _inventory as hosts
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._inventory_options import checked

_EMPTY = (
    "The panel shows no server to these credentials. Check whose they are; their owner needs access to the servers."
)


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """RunCloud's web apps as hosts."""

    NAME = "wpmultisite.runcloud.runcloud"

    @staticmethod
    def _sanitize_group_name(name: str) -> str:
        # Groups are named after what the panel says, so Ansible's setting that lets any name pass does not count.
        return str(to_safe_group_name(name, force=True, silent=True))

    def verify_file(self, path: str) -> bool:
        """Whether the file is named as this plugin's are."""
        there: bool = super().verify_file(path)  # type: ignore[no-untyped-call]
        return there and path.endswith(("runcloud.yml", "runcloud.yaml"))

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        """Fill the inventory.

        :raises AnsibleParserError: whatever goes wrong; the inventory then has no new host.
        """
        super().parse(inventory, loader, path, cache)
        if REQUESTS_ERROR:
            raise AnsibleParserError(missing_required_lib("requests"))
        way, options = self._settings(loader, path)
        servers = hosts.Choice(options["include_servers"], options["exclude_servers"])
        apps = hosts.Choice(options["include_webapps"], options["exclude_webapps"])
        wanted = hosts.Wanted(hosts.Source(way.url, way.version), servers, apps, options["system_users"])
        document = self._document(way, wanted, path, cache)
        chosen = [row for row in document["servers"] if servers.has(row)]
        groups = hosts.server_groups(chosen)
        composed = [self._sanitize_group_name(str(name)) for name in self.get_option("groups") or ()]
        found = hosts.placed(chosen, document["webapps"], options["hostname"], [*groups.values(), *composed])
        places = [place for place in found if apps.has(place.app)]
        faults = _absent("include_servers", servers, document["servers"])
        faults += _absent("include_webapps", apps, [place.app for place in found])
        faults += _homeless(places) if options["set_ansible_host"] else []
        faults += _taken(places, inventory)
        if faults:
            raise _refused(path, faults)
        try:
            self._fill(inventory, groups, [(place, _variables(place, document, options)) for place in places])
        except AnsibleError as exc:
            raise _refused(path, [exc.message]) from None
        except Exception as exc:
            # What Ansible's own code raises about groups that cannot be had, such as one in itself.
            raise _refused(path, ["The groups of the file cannot be made: %s." % exc]) from None

    # -- options -------------------------------------------------------------------------------------------------------

    def _settings(self, loader: DataLoader, path: str) -> tuple[Access, dict[str, Any]]:
        """Take the options of the file: the way to the API, and this plugin's own.

        :raises AnsibleParserError: with all that is wrong with them.
        """
        try:
            config = loader.load_from_file(path, cache="none", trusted_as_template=True)
        except AnsibleError as exc:
            raise _refused(path, ["It cannot be read as YAML: %s" % exc.message]) from None
        if not isinstance(config, Mapping):
            raise _refused(path, ["It must hold options, such as plugin: %s." % self.NAME])
        options, faults = checked(config, self.option_definitions, self._value)
        way, unreachable = access(options, os.environ)
        faults += unreachable
        if way is None or faults:
            raise _refused(path, faults)
        try:
            self._read_config_data(path)
        except AnsibleError as exc:
            # An option from elsewhere (ansible.cfg, the environment), or a cache that cannot be had.
            needs = "A cache that lasts needs a folder: set cache_connection." if "_uri" in str(exc) else ""
            raise _refused(path, [exc.message, needs]) from None
        self._secrets = secrets(options, os.environ)
        return way, options

    def _value(self, value: Any) -> Any:
        """What a template, a vaulted text or a plain one says.

        :raises ValueError: with the reason.
        """
        self.templar.available_variables = self._vars or {}
        try:
            return self.templar.template(value)
        except AnsibleError as exc:
            # Without the cause, whose context would show lines of the file.
            raise ValueError("has no value: %s" % str(exc.message).rstrip(".")) from None

    # -- the listing ---------------------------------------------------------------------------------------------------

    def _document(self, way: Access, wanted: hosts.Wanted, path: str, cache: bool) -> dict[str, Any]:
        """The listing from the cache, or else from the panel, which then goes into the cache.

        :raises AnsibleParserError: a call fails.
        """
        kept = self.get_option("cache")
        key = self.get_cache_key(path)
        if kept and cache:
            document = self._cached(key)
            if hosts.answers(document, wanted):
                return dict(document)
        try:
            document = _listing(way.open(), wanted)
        except ApiError as exc:
            raise _refused(path, [str(remove_values(str(exc), self._secrets)), _not_yours(exc)]) from None
        if not document["servers"]:
            raise _refused(path, [_EMPTY])
        if kept:
            self._cache[key] = document
        return document

    def _cached(self, key: str) -> Any:
        try:
            return self._cache.get(key)
        except Exception as exc:
            # Whatever a cache plugin raises about what somebody else has written there.
            self.display.vv("The cached inventory is read anew: %s" % exc)
            return None

    # -- the inventory -------------------------------------------------------------------------------------------------

    def _fill(
        self, inventory: InventoryData, groups: dict[int, str], told: list[tuple[hosts.Placed, dict[str, Any]]]
    ) -> None:
        """Add hosts, variables and groups.

        :raises AnsibleError: an expression of the file fails; the new hosts are gone again.
        """
        before = set(inventory.hosts)
        strict = self.get_option("strict")
        try:
            for group in groups.values():
                inventory.add_group(group)
            for place, variables in told:
                inventory.add_host(place.host, groups[place.server["id"]])
                for name, value in variables.items():
                    inventory.set_variable(place.host, name, value)
                known = inventory.hosts[place.host].get_vars()
                self._set_composite_vars(self.get_option("compose"), known, place.host, strict)
            # Groups of the file come last: while there is one of the same name, a host's variables would be set on it.
            for place, _variables in told:
                self._add_host_to_composed_groups(self.get_option("groups"), {}, place.host, strict)
                self._add_host_to_keyed_groups(self.get_option("keyed_groups"), {}, place.host, strict)
        except Exception:
            for place, _variables in told:
                if place.host not in before and place.host in inventory.hosts:
                    inventory.remove_host(inventory.hosts[place.host])
            raise


def _listing(panel: Panel, wanted: hosts.Wanted) -> dict[str, Any]:
    """One pass of calls: the servers, and of each chosen one the web apps and, if asked for, the users.

    :raises ApiError: any call fails.
    """
    rows = panel.servers()
    chosen = [row["id"] for row in rows if wanted.servers.has(row)]
    apps = {number: panel.webapps(number) for number in chosen}
    users = {number: panel.system_users(number) for number in chosen} if wanted.users else {}
    return hosts.listing(wanted.source, rows, apps, users)


def _variables(place: hosts.Placed, document: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    said = hosts.variables(place, document["users"])
    return dict(said, ansible_host=said["runcloud_server_address"]) if options["set_ansible_host"] else said


def _not_yours(exc: ApiError) -> str:
    found = re.match(r"/servers/(\d+)/", exc.path)
    if exc.status in (403, 404) and found:
        return "A server that is not yours to read goes into exclude_servers: %s." % found.group(1)
    return ""


def _refused(path: str, faults: list[str]) -> AnsibleParserError:
    return AnsibleParserError("%s gives no inventory. %s" % (path, " ".join(fault for fault in faults if fault)))


def _absent(option: str, choice: hosts.Choice, rows: list[hosts.Row]) -> list[str]:
    missing = choice.missing(rows)
    names = ", ".join("%s (%d)" % (row["name"], row["id"]) for row in rows[:40]) or "none"
    return ["%s: %s is not there; there are: %s." % (option, ", ".join(missing), names)] if missing else []


def _homeless(places: list[hosts.Placed]) -> list[str]:
    servers = {place.server["id"]: place.server for place in places}
    return [
        "The server %s (%d) has no IP address in the panel: exclude it, or say set_ansible_host: false."
        % (row["name"], row["id"])
        for row in hosts.without_address(servers.values())
    ]


def _taken(places: list[hosts.Placed], inventory: InventoryData) -> list[str]:
    """Where an earlier source has a group, or another web app, of a host's name."""
    faults = []
    for place in places:
        other = inventory.hosts.get(place.host)
        held = other.vars.get("runcloud_webapp_id", place.app["id"]) if other else place.app["id"]
        if place.host in inventory.groups:
            what = "a group"
        elif str(held) != str(place.app["id"]):
            what = "the host of web app %s in another source" % held
        else:
            continue
        faults.append(
            "The web app %d would be the host %s, which is the name of %s: choose another hostname, or exclude it."
            % (place.app["id"], place.host, what)
        )
    return faults
