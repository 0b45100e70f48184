#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runcloud_domain_info
short_description: Lists the domains of a RunCloud web app
version_added: 0.1.0
description:
  - Returns every domain record of a web app, from all pages, in the shape that O(wpmultisite.runcloud.runcloud_domains#module:domains) takes.
author: wpmultisite.runcloud authors (@wpmultisite)
extends_documentation_fragment:
  - wpmultisite.runcloud.api
  - wpmultisite.runcloud.api.connection
  - wpmultisite.runcloud.api.webapp
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.info_module
  - wpmultisite.runcloud.attributes.actiongroup_runcloud
options:
  names:
    description: Return only the records with these names.
    type: list
    elements: str
seealso:
  - module: wpmultisite.runcloud.runcloud_domains
"""

EXAMPLES = r"""
- name: Everything that the web app serves
  wpmultisite.runcloud.runcloud_domain_info:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
  delegate_to: localhost
  register: runcloud
"""

RETURN = r"""
domains:
  description: The records, sorted by name.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 710
      name: client-one.com
      type: alias
      www: true
      redirection: none
      wildcard: false
      dns_integration: none
      status: null
      created_at: "2024-07-18 01:31:10"
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
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, normalise
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import (
    API_OPTIONS,
    APP_OPTIONS,
    connect,
    failure,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._result import api_calls, as_dict


def main() -> None:
    options = {"names": {"type": "list", "elements": "str"}}
    module = AnsibleModule(argument_spec=dict(API_OPTIONS, **APP_OPTIONS, **options), supports_check_mode=True)
    panel = connect(module)
    names, faults = set(), []
    for name in module.params["names"] or ():
        try:
            names.add(normalise(name, wildcard=True))
        except BadName as exc:
            faults.append("names: %r is not usable: %s." % (name, exc))
    if faults:
        module.fail_json(msg=" ".join(faults))
    try:
        records = panel.app(module.params["server_id"], module.params["webapp_id"]).records()
    except ApiError as exc:
        module.fail_json(**failure(exc))
    if module.params["names"] is not None:
        records = [record for record in records if record.name in names]
    domains = [as_dict(record) for record in sorted(records, key=lambda record: (record.name, record.id))]
    module.exit_json(domains=domains, api_calls=api_calls(panel.client.calls))


if __name__ == "__main__":
    main()
