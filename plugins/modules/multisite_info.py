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
  - No value of C(wp-config.php) and no message of the database is ever shown, because either may hold a secret. Errors name files, lines, constants and tables.
requirements:
  - On the managed host, for O(source=php), PHP 7.2 or newer for the command line with the extensions mysqli and tokenizer.
  - On the host that runs the module, PyYAML, for O(source=file) with a document in YAML.
options:
  source:
    description:
      - Where the facts come from.
      - V(php) reads the WordPress in O(path). Run it on the web host as the site's user.
      - V(file) reads a snapshot document from O(file) on the host that runs the module.
    type: str
    choices: [php, file]
    default: php
  path:
    description:
      - The absolute path of the WordPress folder, the one that holds C(wp-settings.php).
      - As in WordPress, C(wp-config.php) may also lie one level up.
      - Required for O(source=php).
    type: path
  php_executable:
    description:
      - Name or path of the PHP program for the command line.
      - The best choice is the version that runs the site.
    type: str
    default: php
  http_host:
    description:
      - The host name, with a port if need be, that C(wp-config.php) finds in C($_SERVER['HTTP_HOST']) and C($_SERVER['SERVER_NAME']).
      - Only needed when C(wp-config.php) asks for it. It does what C(--url) does for WP-CLI.
    type: str
  mapping_plugin:
    description:
      - The plugin that keeps the mapped domains.
      - V(ultimate_multisite) reads the table C({prefix}wu_domain_mappings) and a few named settings of the plugin. That table belongs to the main network;
        tables of further networks of a multi-network are not read.
      - V(none) reads the networks and sites only.
    type: str
    choices: [ultimate_multisite, none]
    default: ultimate_multisite
  timeout:
    description:
      - How many seconds PHP may take.
    type: int
    default: 60
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
  - A database drop-in (C(wp-content/db.php)) is not used.
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
          description: Whether new sites are sub-domains of the network's domain, not folders.
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
          description: V(ultimate_multisite), or V(none) when it was not asked for.
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
          description: Rows in the tables of known mapping plugins that were not read because O(mapping_plugin=none).
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
      description: How many rows there are, counted by the database in the same transaction.
      type: dict
      sample: {networks: 1, blogs: 1, mappings: 1}
"""

import json
import os
import re
import traceback
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot import faults
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_read import ReadFailed, read

try:
    import yaml
except ImportError:
    YAML_ERROR = traceback.format_exc()
else:
    YAML_ERROR = ""

# A document of 1,000 wrong rows is told as such, not printed line by line.
SHOWN_FAULTS = 50


def from_php(module: AnsibleModule) -> dict[str, Any]:
    options = module.params
    if not os.path.isabs(options["path"]):
        raise ReadFailed(
            f"path is {options['path']!r}, but must be absolute: give the whole path of the WordPress folder."
        )
    if options["http_host"] is not None and not re.fullmatch(r"[\w.-]+(:\d+)?", options["http_host"], re.ASCII):
        raise ReadFailed(
            "http_host must be a host name such as network.com or network.com:8080, without https:// and path."
        )
    if options["timeout"] < 1:
        raise ReadFailed("timeout must be at least 1 second.")
    root = options["path"].rstrip("/") or "/"
    snapshot, warnings = read(
        root, options["php_executable"], options["timeout"], options["http_host"], options["mapping_plugin"]
    )
    for warning in warnings:
        module.warn(warning)
    return snapshot


def from_file(module: AnsibleModule) -> dict[str, Any]:
    path = module.params["file"]
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except OSError as error:
        raise ReadFailed(
            f"Cannot read the snapshot {path}: {error.strerror}. Set file to the whole path of the document."
        ) from None
    except UnicodeDecodeError:
        raise ReadFailed(f"The snapshot {path} is not UTF-8 text. Write it again.") from None
    document = parse(module, path, text)
    wrong = faults(document)
    if wrong:
        more = [f"and {len(wrong) - SHOWN_FAULTS} more faults like these"] if len(wrong) > SHOWN_FAULTS else []
        raise ReadFailed(
            f"The snapshot {path} cannot be used: {'; '.join(wrong[:SHOWN_FAULTS] + more)}. Write it again."
        )
    snapshot: dict[str, Any] = document
    return snapshot


def parse(module: AnsibleModule, path: str, text: str) -> Any:
    # JSON first: it needs no library, and takes a thousandth of the time.
    try:
        return json.loads(text)
    except ValueError:
        if YAML_ERROR:
            module.fail_json(msg=missing_required_lib("PyYAML"), exception=YAML_ERROR)
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        # Not str(error): that quotes the document.
        mark: Any = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else type(error).__name__
        raise ReadFailed(f"The snapshot {path} is neither YAML nor JSON ({place}). Write it again.") from None


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "source": {"type": "str", "choices": ["php", "file"], "default": "php"},
            "path": {"type": "path"},
            "php_executable": {"type": "str", "default": "php"},
            "http_host": {"type": "str"},
            "mapping_plugin": {
                "type": "str",
                "choices": ["ultimate_multisite", "none"],
                "default": "ultimate_multisite",
            },
            "timeout": {"type": "int", "default": 60},
            "file": {"type": "path"},
        },
        required_if=[("source", "php", ["path"]), ("source", "file", ["file"])],
        supports_check_mode=True,
    )
    try:
        snapshot = from_php(module) if module.params["source"] == "php" else from_file(module)
    except ReadFailed as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, snapshot=snapshot)


if __name__ == "__main__":
    main()
