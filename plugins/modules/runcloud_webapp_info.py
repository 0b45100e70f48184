#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runcloud_webapp_info
short_description: Finds web apps of a RunCloud server
version_added: 0.1.0
description:
  - Returns one web app by its number, by its name, or by a domain that it serves, or every web app of the server.
  - The API has no search by domain, so O(domain) reads the domains of one web app after the other until one has a record for it.
  - A wildcard counts only when none has.
  - The web hook keys that the API shows with a web app are left out.
author: wpmultisite.runcloud authors (@wpmultisite)
extends_documentation_fragment:
  - wpmultisite.runcloud.api
  - wpmultisite.runcloud.api.connection
  - wpmultisite.runcloud.api.server
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.info_module
  - wpmultisite.runcloud.attributes.actiongroup_runcloud
options:
  webapp_id:
    description: Number of the web app.
    type: int
  name:
    description: Name of the web app, exactly as the panel shows it. It is an error when none or more than one has it.
    type: str
  domain:
    description: A host name that the web app serves, by a record of that name, by a www flag or by a wildcard. It is an error when none does.
    type: str
seealso:
  - module: wpmultisite.runcloud.runcloud_server_info
  - module: wpmultisite.runcloud.runcloud_domain_info
"""

EXAMPLES = r"""
- name: The web app behind the network's domain
  wpmultisite.runcloud.runcloud_webapp_info:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    domain: network.com
  delegate_to: localhost
  register: found
"""

RETURN = r"""
webapps:
  description: The web apps as the API describes them, without secrets.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 646
      name: app-network
      rootPath: /home/runcloud/webapps/app-network
      server_user_id: 1647
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

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._access import serving
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Panel
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, normalise
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import (
    API_OPTIONS,
    SERVER_OPTION,
    connect,
    failure,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._result import api_calls, one_by_name


def find(panel: Panel, params: dict[str, Any], host: str | None) -> list[dict[str, Any]]:
    """The web apps that the options ask for.

    :raises ApiError: when a call fails.
    :raises LookupError: when nothing, or more than one, fits a name or domain.
    """
    server_id = params["server_id"]
    if params["webapp_id"] is not None:
        return [panel.app(server_id, params["webapp_id"]).read()]
    webapps = panel.webapps(server_id)
    if params["name"] is not None:
        return one_by_name(webapps, params["name"], "web app")
    if host is not None:
        found = serving(panel, server_id, webapps, host)
        if found is None:
            raise LookupError("None of the %d web apps of server %d serves %s." % (len(webapps), server_id, host))
        return [found.webapp]
    return webapps


def main() -> None:
    options = {"webapp_id": {"type": "int"}, "name": {"type": "str"}, "domain": {"type": "str"}}
    module = AnsibleModule(
        argument_spec=dict(API_OPTIONS, **SERVER_OPTION, **options),
        mutually_exclusive=[("webapp_id", "name", "domain")],
        supports_check_mode=True,
    )
    panel = connect(module)
    domain = module.params["domain"]
    try:
        webapps = find(panel, module.params, normalise(domain) if domain is not None else None)
    except BadName as exc:
        module.fail_json(msg="domain: %r is not usable: %s." % (domain, exc))
    except ApiError as exc:
        module.fail_json(**failure(exc))
    except LookupError as exc:
        module.fail_json(msg=exc.args[0])
    module.exit_json(webapps=webapps, api_calls=api_calls(panel.client.calls))


if __name__ == "__main__":
    main()
