#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runcloud_server_info
short_description: Finds RunCloud servers
version_added: 0.1.0
description:
  - Returns one server by its number or name, or every server that the credentials see, shared ones too.
author: wpmultisite.runcloud authors (@wpmultisite)
extends_documentation_fragment:
  - wpmultisite.runcloud.api
  - wpmultisite.runcloud.api.connection
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.info_module
  - wpmultisite.runcloud.attributes.actiongroup_runcloud
options:
  server_id:
    description: Number of the server.
    type: int
  name:
    description: Name of the server, exactly as the panel shows it. It is an error when no server or more than one has it.
    type: str
seealso:
  - module: wpmultisite.runcloud.runcloud_webapp_info
"""

EXAMPLES = r"""
- name: The number of the server called web-1
  wpmultisite.runcloud.runcloud_server_info:
    api_token: "{{ runcloud_api_token }}"
    name: web-1
  delegate_to: localhost
  register: found

- name: Is it reachable
  ansible.builtin.assert:
    that: found.servers[0].online and found.servers[0].connected
"""

RETURN = r"""
servers:
  description: The servers as the API describes them.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 1903
      name: web-1
      ipAddress: 203.0.113.10
      connected: true
      online: true
api_calls:
  description: API calls of the task by verb, and their total.
  returned: success
  type: dict
  sample: {GET: 1, total: 1}
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import API_OPTIONS, connect, failure
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._result import api_calls, one_by_name


def main() -> None:
    options = {"server_id": {"type": "int"}, "name": {"type": "str"}}
    module = AnsibleModule(
        argument_spec=dict(API_OPTIONS, **options),
        mutually_exclusive=[("server_id", "name")],
        supports_check_mode=True,
    )
    params = module.params
    panel = connect(module)
    try:
        if params["server_id"] is not None:
            servers = [panel.server(params["server_id"])]
        else:
            servers = panel.servers()
            if params["name"] is not None:
                servers = one_by_name(servers, params["name"], "server")
    except ApiError as exc:
        module.fail_json(**failure(exc))
    except LookupError as exc:
        module.fail_json(msg=exc.args[0])
    module.exit_json(servers=servers, api_calls=api_calls(panel.client.calls))


if __name__ == "__main__":
    main()
