#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: multisite_info
short_description: Read the domains of a WordPress multisite
version_added: 0.1.0
description:
  - Reads the networks, the sites and the mapped domains of a WordPress multisite, as they are stored, into one document, the snapshot.
    Nothing is judged, changed, cleaned or left out.
  - A read that failed, is incomplete or came back empty is an error, never an empty list.
  - With O(source=php) the host's own PHP reads the database. It takes the connection from C(wp-config.php) as WP-CLI does, by running that file up
    to the line that loads WordPress. Neither WordPress nor a plugin is loaded, so it works while these are broken. All is read in one read-only transaction.
  - With O(source=database) the module itself reads the same tables from MySQL or MariaDB, by explicit options. It sees no file of WordPress, so what only
    these know is V(null). C(docs/sources.md) of the collection compares the sources.
  - No value of C(wp-config.php) and no message of the database is ever shown, because either may hold a secret. Errors name files, lines, constants and tables.
requirements:
  - On the managed host, for O(source=php), PHP 7.2 or newer for the command line with the extensions mysqli and tokenizer.
  - On the managed host, for O(source=wp_cli), WP-CLI.
  - On the host that runs the module, PyMySQL (1.0 or newer) and phpserialize, for O(source=database).
  - On the host that runs the module, requests, for O(source=rest).
  - On the host that runs the module, PyYAML, for O(source=file) with a document in YAML.
options:
  source:
    description:
      - Where the facts come from.
      - V(php) reads the WordPress in O(path). Run it on the web host as the site's user.
      - V(database) reads the database O(login_db). Run it on a host that reaches the database and has the libraries.
      - V(wp_cli) lets WP-CLI load the WordPress in O(path) and reads its database from there. Plugins and themes are left out, must-use plugins are not.
      - V(rest) reads the REST API of Ultimate Multisite at O(rest_url), from any host; the control node is the best. It is meant for a network whose host has
        no shell. See the notes about its key.
      - V(command) runs O(command) on the host that runs the module, and takes the snapshot that it prints.
      - V(file) reads a snapshot document from O(file) on the host that runs the module.
    type: str
    choices: [php, database, wp_cli, rest, command, file]
    default: php
  path:
    description:
      - The absolute path of the WordPress folder, the one that holds C(wp-settings.php).
      - As in WordPress, C(wp-config.php) may also lie one level up.
      - Required for O(source=php) and O(source=wp_cli).
    type: path
  php_executable:
    description:
      - Name or path of the PHP program for the command line.
      - The best choice is the version that runs the site.
    type: str
    default: php
  wp_executable:
    description:
      - WP-CLI for O(source=wp_cli), as a list of words. This is its name or path, after words such as those that enter a container, and before global options
        of yours.
      - It must not ask anything, and must work on one WordPress, not on a group of them.
    type: list
    elements: str
    default: [wp]
  rest_url:
    description:
      - The address of the network's main site, for O(source=rest). V(https) only, except for a loopback address.
      - Redirects are never followed. Proxies come from the environment (E(HTTPS_PROXY), E(NO_PROXY)).
      - Permalinks of the main site must not be the plain ones.
      - Required for O(source=rest).
    type: str
  rest_key:
    description:
      - The API key, for O(source=rest). The plugin shows it in its settings under API & Webhooks.
      - Shorter values than 8 characters are refused.
      - Required for O(source=rest).
    type: str
  rest_secret:
    description:
      - The API secret that belongs to O(rest_key).
      - Shorter values than 8 characters are refused.
      - Required for O(source=rest).
    type: str
  validate_certs:
    description:
      - Whether the certificate of O(rest_url) is checked. V(false) is for tests only.
    type: bool
    default: true
  ca_path:
    description:
      - File or folder with the certificate authorities to trust for O(rest_url).
      - It beats E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE), which are honoured without it.
    type: path
  command:
    description:
      - A program of your own and its arguments, for O(source=command), as a list of words. No shell is involved.
      - Its standard output must be a snapshot in JSON and nothing else, with everything that RV(snapshot) holds, and C(source) must be V(command) in it.
      - It ends with status 0 only when the snapshot is whole. Nothing else that it prints is ever shown.
      - The words are shown like any option, so a secret must not be among them. Pass it by C(environment) or a file.
      - Required for O(source=command).
    type: list
    elements: str
  http_host:
    description:
      - The host name, with a port if need be, that C(wp-config.php) finds in C($_SERVER['HTTP_HOST']) and C($_SERVER['SERVER_NAME']).
      - Only needed when C(wp-config.php) asks for it. It does what C(--url) does for WP-CLI, which also gets it for O(source=wp_cli).
    type: str
  assume_constants:
    description:
      - Constants that C(wp-config.php) is about to get, such as C(MULTISITE). Those that it does not set are taken as given here; nothing is written.
      - Only for O(source=php).
    type: dict
    default: {}
  mapping_plugin:
    description:
      - The plugin that keeps the mapped domains.
      - V(ultimate_multisite) reads the table C({prefix}wu_domain_mappings) and a few named settings of the plugin. That table belongs to the main network;
        rows in the tables of further networks of a multi-network are only counted, in RV(snapshot.mapping_plugin.unread_rows).
      - V(mercator) and V(wp_ultimo_1) read the table C({prefix}domain_mapping). Other plugins use a table of this name in another way, so it is refused
        unless it has the columns C(id), C(blog_id), C(domain) and C(active) only, and no C({prefix}domain_mapping_logins) beside it.
      - V(none) reads the networks and sites only.
      - Used by O(source=php) and O(source=database).
    type: str
    choices: [ultimate_multisite, mercator, wp_ultimo_1, none]
    default: ultimate_multisite
  timeout:
    description:
      - How many seconds PHP, WP-CLI or O(command) may take. Then it is killed with all that it started.
      - With O(source=database), how many the connection and each answer of the database may take.
      - With O(source=rest), how many the connection (at most 10) and each part of an answer may take.
    type: int
    default: 60
  login_host:
    description:
      - The name or address of the database server, for O(source=database).
      - To another machine than this one (V(localhost), V(127.0.0.1), V(::1)) the connection is always encrypted by TLS.
    type: str
    default: localhost
  login_port:
    description:
      - The port of the database server.
    type: int
    default: 3306
  login_unix_socket:
    description:
      - The path of the database server's socket on this machine. It takes the place of O(login_host) and O(login_port).
    type: path
  login_user:
    description:
      - The database user. It needs no other right than C(SELECT).
      - Required for O(source=database).
    type: str
  login_password:
    description:
      - The password of O(login_user).
    type: str
  login_db:
    description:
      - The name of the database.
      - Required for O(source=database).
    type: str
  table_prefix:
    description:
      - C($table_prefix) of C(wp-config.php).
    type: str
    default: wp_
  ca_cert:
    description:
      - The path of the certificates, in PEM format, of the authority that signed the database server's certificate. By default those of the system.
    type: path
  client_cert:
    description:
      - The path of a client certificate in PEM format, for a server that asks for one.
    type: path
  client_key:
    description:
      - The path of the key of O(client_cert), without a password.
    type: path
  check_hostname:
    description:
      - Whether the server's certificate must be for O(login_host). It must be signed by a known authority all the same.
    type: bool
    default: true
  file:
    description:
      - The path of a snapshot document in YAML or JSON, with everything that RV(snapshot) holds.
      - Required for O(source=file).
    type: path
extends_documentation_fragment:
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.info_module
notes:
  - Text before C(<?php) or printed by C(wp-config.php) is an error; notices and warnings of PHP are not, and neither are blank lines.
  - C(wp-config.php) runs in the environment of this task. Where it takes values from the environment of the web server, set them with C(environment).
  - A database drop-in (C(wp-content/db.php)) is not used by O(source=php). With O(source=wp_cli) it must keep its connection as mysqli.
  - The REST key of Ultimate Multisite is all-powerful. Whoever has it can create, change and delete sites, customers and payments, and there is none that
    can only read. Keep it as you keep a root password, and prefer any other source. The module sends nothing but GET requests, and the key is neither
    in an address nor in any output.
  - The REST API knows neither the settings of the plugin nor C(wp-config.php). What it cannot know is V(null) in RV(snapshot).
author:
  - wpmultisite.runcloud authors (@wpmultisite)
"""

EXAMPLES = r"""
- name: Read the domains of a network as the site's user
  wpmultisite.runcloud.multisite_info:
    path: /home/network/webapps/app
  become: true
  become_user: network
  register: multisite

- name: Read with the PHP of the site, where wp-config.php asks for the host name
  wpmultisite.runcloud.multisite_info:
    path: /home/network/webapps/app
    php_executable: /RunCloud/Packages/php83rc/bin/php
    http_host: network.com

- name: Read a network without Ultimate Multisite
  wpmultisite.runcloud.multisite_info:
    path: /home/network/webapps/app
    mapping_plugin: none

- name: Read the database instead, where its own machine has PyMySQL and phpserialize
  wpmultisite.runcloud.multisite_info:
    source: database
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: reader
    login_password: "{{ database_password }}"
    login_db: network

- name: Read through WP-CLI in a container
  wpmultisite.runcloud.multisite_info:
    source: wp_cli
    path: /var/www/html
    wp_executable: [docker, exec, --user, www-data, network, wp]
    http_host: network.com

- name: Read the REST API of Ultimate Multisite where there is no shell
  wpmultisite.runcloud.multisite_info:
    source: rest
    rest_url: https://network.com/
    rest_key: "{{ network_rest_key }}"
    rest_secret: "{{ network_rest_secret }}"
  delegate_to: localhost

- name: Take the snapshot that a program of your own prints
  wpmultisite.runcloud.multisite_info:
    source: command
    command: [/usr/local/bin/network-snapshot, --network, network.com]

- name: Take a snapshot document instead
  wpmultisite.runcloud.multisite_info:
    source: file
    file: /srv/snapshots/network.com.yml
  delegate_to: localhost
"""

RETURN = r"""
snapshot:
  description:
    - The facts, in the format C(wpmultisite.snapshot/1). The file C(docs/schemas/snapshot-1.json) of the collection describes it as a JSON Schema.
    - Integers where the database column is one; V(null) stays V(null), and also stands for what the source cannot know.
  returned: success
  type: dict
  contains:
    format:
      description: Name and version of the format.
      type: str
      sample: wpmultisite.snapshot/1
    source:
      description: Where the facts were read. A document keeps what it says.
      type: str
      sample: php
    wordpress:
      description: What C(wp-config.php) and the folder say.
      type: dict
      contains:
        version:
          description: The version of WordPress.
          type: str
          sample: 6.8.7
        subdomain_install:
          description: Whether new sites are sub-domains of the network's domain, not folders; V(null) where the source cannot know.
          type: bool
        domain_current_site:
          description: The constant C(DOMAIN_CURRENT_SITE), or V(null).
          type: str
          sample: network.com
        environment_type:
          description: What C(wp_get_environment_type) gives.
          type: str
          sample: production
        runtime_url:
          description: Whether one of the C(WP_ULTIMO_RUNTIME_URL) settings is in force. Then the stored domains are not the served ones.
          type: bool
        root:
          description: The folder as given.
          type: str
          sample: /home/network/webapps/app
        root_real:
          description: The folder with symbolic links resolved.
          type: str
          sample: /home/network/webapps/app
    mapping_plugin:
      description: The plugin that keeps the mapped domains.
      type: dict
      contains:
        name:
          description: What O(mapping_plugin) says. A document may also say V(other).
          type: str
          sample: ultimate_multisite
        version:
          description: The version of the network-activated plugin.
          type: str
          sample: 2.4.13
        schema:
          description: The plugin's version mark of the mapping table.
          type: str
          sample: 2.0.1-revision.20260109
        unread_rows:
          description:
            - With O(mapping_plugin=none) the rows in the tables of known mapping plugins, which were not read.
            - With O(mapping_plugin=ultimate_multisite) the rows in its tables of further networks, and with V(mercator) and V(wp_ultimo_1) the domains
              that Mercator keeps for whole networks, which were not read either.
          type: int
          sample: 0
    settings:
      description: The plugin's settings that concern domains.
      type: dict
      contains:
        enable_domain_mapping:
          description: Whether domain mapping is switched on.
          type: bool
        auto_create_www_subdomain:
          description: For which domains the plugin wants www, V(always), V(main_only) or V(never).
          type: str
          sample: always
        runcloud_integration:
          description: The plugin's own RunCloud integration, which is a second writer of the same domains.
          type: dict
          contains:
            enabled:
              description: Whether it is switched on.
              type: bool
            configured:
              description: Whether all its credentials are there, as constants or as network options.
              type: bool
    networks:
      description: All networks.
      type: list
      elements: dict
      sample: [{id: 1, domain: network.com, path: /}]
    blogs:
      description: All sites of all networks.
      type: list
      elements: dict
      sample: [{id: 2, network_id: 1, domain: a.network.com, path: /, public: 1, archived: 0, mature: 0, spam: 0, deleted: 0}]
    mappings:
      description: All mapped domains.
      type: list
      elements: dict
      sample: [{id: 7, blog_id: 2, domain: client.com, active: 1, primary: 1, secure: 0, stage: checking-dns}]
    counts:
      description: How many rows there are, counted by the database in the same transaction or by the API; V(null) where nobody counts.
      type: dict
      sample: {networks: 1, blogs: 1, mappings: 1}
"""

import json
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_words import SHORTEST_SECRET, ReadFailed

Read = tuple[dict[str, Any], list[str]]


# Each is imported by the tasks that ask for it only.
def from_php(params: Mapping[str, Any]) -> Read:
    from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_php import read

    return read(params)


def from_wp_cli(params: Mapping[str, Any]) -> Read:
    from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_wp_cli import read

    return read(params)


def from_rest(params: Mapping[str, Any]) -> Read:
    from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_rest import read

    return read(params)


def from_command(params: Mapping[str, Any]) -> Read:
    from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_command import read

    return read(params)


def from_file(params: Mapping[str, Any]) -> Read:
    from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_file import read

    return read(params)


def from_database(params: Mapping[str, Any]) -> Read:
    from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_database import read

    return read(params)


SOURCES = {
    "php": from_php,
    "database": from_database,
    "wp_cli": from_wp_cli,
    "rest": from_rest,
    "command": from_command,
    "file": from_file,
}


def unmask_short(module: AnsibleModule) -> None:
    """Keep a short secret, which is refused, out of the output without letting Ansible mask that text everywhere."""
    for name in ("rest_key", "rest_secret"):
        value = module.params[name]
        if value is not None and len(value) < SHORTEST_SECRET:
            module.no_log_values.discard(value)
            module.params[name] = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "source": {"type": "str", "choices": list(SOURCES), "default": "php"},
            "path": {"type": "path"},
            "php_executable": {"type": "str", "default": "php"},
            "wp_executable": {"type": "list", "elements": "str", "default": ["wp"]},
            "rest_url": {"type": "str"},
            "rest_key": {"type": "str", "no_log": True},
            "rest_secret": {"type": "str", "no_log": True},
            "validate_certs": {"type": "bool", "default": True},
            "ca_path": {"type": "path"},
            "command": {"type": "list", "elements": "str"},
            "http_host": {"type": "str"},
            "assume_constants": {"type": "dict", "default": {}},
            "mapping_plugin": {
                "type": "str",
                "choices": ["ultimate_multisite", "mercator", "wp_ultimo_1", "none"],
                "default": "ultimate_multisite",
            },
            "timeout": {"type": "int", "default": 60},
            "login_host": {"type": "str", "default": "localhost"},
            "login_port": {"type": "int", "default": 3306},
            "login_unix_socket": {"type": "path"},
            "login_user": {"type": "str"},
            "login_password": {"type": "str", "no_log": True},
            "login_db": {"type": "str"},
            "table_prefix": {"type": "str", "default": "wp_"},
            "ca_cert": {"type": "path"},
            "client_cert": {"type": "path"},
            "client_key": {"type": "path", "no_log": False},
            "check_hostname": {"type": "bool", "default": True},
            "file": {"type": "path"},
        },
        required_if=[
            ("source", "php", ["path"]),
            ("source", "database", ["login_db", "login_user"]),
            ("source", "wp_cli", ["path"]),
            ("source", "rest", ["rest_url", "rest_key", "rest_secret"]),
            ("source", "command", ["command"]),
            ("source", "file", ["file"]),
        ],
        supports_check_mode=True,
    )
    params = dict(module.params)
    unmask_short(module)
    try:
        snapshot, warnings = SOURCES[params["source"]](params)
    except ReadFailed as error:
        module.fail_json(msg=str(error), **({"exception": error.trace} if error.trace else {}))
    # Ansible masks a secret wherever it occurs: names would come out as other names.
    if any(secret in json.dumps(snapshot, ensure_ascii=False) for secret in module.no_log_values):
        module.fail_json(
            msg="A secret among the options is so short or plain a word that it occurs in what was read, where Ansible"
            " would mask it. Nothing is returned. Give the account a longer password."
        )
    for warning in warnings:
        module.warn(warning)
    module.exit_json(changed=False, snapshot=snapshot)


if __name__ == "__main__":
    main()
