#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runcloud_access_info
short_description: Prove the access to a web app, and find its ids
version_added: 0.1.0
description:
  - Proves, without changing anything, that the credentials work, that the server is there and online, and that the web app is the one that is meant.
  - Each failure says what it means and what to do, be it the token, the account's API access or IP allow-list, the plan, a wrong number or name, a server that
    is offline, or a web app that does not have the network's domain while another one has.
  - The web app is named by its number, its name, the address of its page in the panel, or a domain that it serves. The API has no search by domain, so that one
    reads the domains of one web app after the other.
  - Returns the numbers for the other modules, and what RunCloud knows of the host, such as its address, the system user and the folder of WordPress.
author: wpmultisite.runcloud authors (@wpmultisite)
extends_documentation_fragment:
  - wpmultisite.runcloud.api
  - wpmultisite.runcloud.api.connection
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.info_module
  - wpmultisite.runcloud.attributes.actiongroup_runcloud
options:
  panel_url:
    description: The address of the server's or the web app's page in the panel, as in V(https://manage.runcloud.io/servers/1903/webapplications/646).
    type: str
  server_id:
    description: Number of the server.
    type: int
  server:
    description: Name of the server, exactly as the panel shows it. Without a number or name all servers are looked through.
    type: str
  webapp_id:
    description: Number of the web app.
    type: int
  webapp:
    description: Name of the web app, exactly as the panel shows it.
    type: str
  domain:
    description: The network's domain. It finds the web app, or proves that the one that is named is the right one.
    type: str
seealso:
  - module: wpmultisite.runcloud.runcloud_server_info
  - module: wpmultisite.runcloud.runcloud_webapp_info
"""

EXAMPLES = r"""
- name: Prove the access to the network's web app, by its page in the panel
  wpmultisite.runcloud.runcloud_access_info:
    api_token: "{{ runcloud_api_token }}"
    panel_url: https://manage.runcloud.io/servers/1903/webapplications/646
    domain: network.com
  delegate_to: localhost

- name: Find it by the network's domain
  wpmultisite.runcloud.runcloud_access_info:
    api_token: "{{ runcloud_api_token }}"
    domain: network.com
  delegate_to: localhost
  register: access
"""

RETURN = r"""
server:
  description: C(id), C(name) and C(address) of the server.
  returned: success
  type: dict
  sample: {id: 1903, name: web-1, address: 203.0.113.10}
webapp:
  description: C(id) and C(name) of the web app, C(root) (the folder that holds WordPress) and C(php_version) as the panel says them.
  returned: success
  type: dict
  sample: {id: 646, name: app-network, root: /home/network/webapps/app-network, php_version: php83rc}
system_user:
  description: The system user that owns the web app, V(null) where the panel does not say it.
  returned: success
  type: str
  sample: network
domains:
  description: Names of the web app's records, the primary one first.
  returned: success
  type: list
  elements: str
  sample: [network.com]
api_calls:
  description: API calls of the task by verb, and their total.
  returned: success
  type: dict
  sample: {GET: 5, total: 5}
status:
  description: HTTP status of the call that failed, null when no answer came.
  returned: failure
  type: int
panel_message:
  description: The panel's own words about the call that failed.
  returned: failure
  type: str
panel_errors:
  description: The panel's words about single fields.
  returned: failure
  type: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._access import (
    Wanted,
    faults,
    find,
    ids_of,
    serving,
    wordpress_root,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Panel
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, normalise
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import API_OPTIONS, connect, failure
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._result import api_calls


def wanted(module: AnsibleModule) -> Wanted:
    """What the options ask for. Leaves the module when they are at fault."""
    params, wrong = module.params, []
    server_id, webapp_id, host = params["server_id"], params["webapp_id"], None
    if params["panel_url"] is not None:
        try:
            server_id, webapp_id = ids_of(params["panel_url"])
        except ValueError as exc:
            wrong.append(str(exc))
    if params["domain"] is not None:
        try:
            host = normalise(params["domain"])
        except BadName as exc:
            wrong.append("domain: %r is not usable: %s." % (params["domain"], exc))
    if params["webapp_id"] is not None and server_id is None and params["server"] is None:
        wrong.append("webapp_id needs server_id or server: numbers of web apps are asked for below their server.")
    if webapp_id is None and params["webapp"] is None and params["domain"] is None:
        wrong.append("Say which web app is meant: panel_url (of the web app's page), webapp_id, webapp or domain.")
    if wrong:
        module.fail_json(msg=" ".join(wrong))
    return Wanted(server_id, params["server"], webapp_id, params["webapp"], host)


def prove(panel: Panel, asked: Wanted) -> dict[str, Any]:
    """What the module returns.

    :raises ApiError: a call fails.
    :raises LookupError: nothing fits, or what fits is not fit for work.
    """
    panel.ping()
    found = find(panel, asked)
    server, webapp = found.server, found.webapp
    holder = None
    if asked.host is not None and not any(record.serves(asked.host) for record in found.records):
        others = [row for row in panel.webapps(server["id"]) if row["id"] != webapp["id"]]
        holder = serving(panel, server["id"], others, asked.host)
    told = faults(found, asked.host, holder)
    if told:
        raise LookupError(" ".join(told))
    owner = webapp.get("server_user_id")
    user = panel.system_user(server["id"], owner) if owner is not None else {}
    records = sorted(found.records, key=lambda record: (record.type != "primary", record.name))
    return {
        "server": {"id": server["id"], "name": server.get("name"), "address": server.get("ipAddress")},
        "webapp": {
            "id": webapp["id"],
            "name": webapp.get("name"),
            "root": wordpress_root(webapp),
            "php_version": webapp.get("phpVersion"),
        },
        "system_user": user.get("username"),
        "domains": [record.name for record in records],
    }


def main() -> None:
    texts = ("panel_url", "server", "webapp", "domain")
    numbers = ("server_id", "webapp_id")
    module = AnsibleModule(
        argument_spec=dict(
            API_OPTIONS, **{name: {"type": "str"} for name in texts}, **{name: {"type": "int"} for name in numbers}
        ),
        mutually_exclusive=[
            ("panel_url", "server_id"),
            ("panel_url", "server"),
            ("panel_url", "webapp_id"),
            ("server_id", "server"),
            ("webapp_id", "webapp"),
        ],
        supports_check_mode=True,
    )
    asked = wanted(module)
    panel = connect(module)
    try:
        found = prove(panel, asked)
    except ApiError as exc:
        module.fail_json(**failure(exc))
    except LookupError as exc:
        module.fail_json(msg=exc.args[0])
    module.exit_json(**found, api_calls=api_calls(panel.client.calls))


if __name__ == "__main__":
    main()
