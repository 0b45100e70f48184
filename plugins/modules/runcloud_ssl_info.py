#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runcloud_ssl_info
short_description: Lists the certificates of a RunCloud web app
version_added: 0.1.0
description:
  - Returns the certificate of a web app in Basic mode, or those of its domains in Advanced mode, as the panel knows them.
  - Two calls, where the panel lists the certificates with the domains (API v3).
  - Where it does not, in Advanced mode one more for each domain; name those that matter with O(domains).
  - The panel does not say which names the web app's certificate covers.
author: wpmultisite.runcloud authors (@wpmultisite)
extends_documentation_fragment:
  - wpmultisite.runcloud.api
  - wpmultisite.runcloud.api.connection
  - wpmultisite.runcloud.api.webapp
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.info_module
  - wpmultisite.runcloud.attributes.actiongroup_runcloud
options:
  domains:
    description:
      - Names of the domain records to look at; all if not given.
      - In Basic mode they only say whose certificate is missing when there is none.
    type: list
    elements: str
seealso:
  - module: wpmultisite.runcloud.runcloud_ssl
  - module: wpmultisite.runcloud.runcloud_ssl_mode
"""

EXAMPLES = r"""
- name: What the panel knows about the certificates
  wpmultisite.runcloud.runcloud_ssl_info:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
  delegate_to: localhost
  register: ssl

- name: Those of two domains
  wpmultisite.runcloud.runcloud_ssl_info:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    domains: [client-one.com, hand-made.com]
  delegate_to: localhost
"""

RETURN = r"""
ssl_mode:
  description: Whether each domain has a certificate of its own (Advanced SSL), and whether the panel orders it by itself (AutoSSL).
  returned: success
  type: dict
  sample: {advanced: true, auto: false}
certificates:
  description:
    - The certificates that are there, sorted by domain. RV(ignore:domain) is null for the web app's.
    - Dates are UTC. RV(ignore:issued) is false while there is only an order. RV(ignore:days_left) is negative after the end.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 55
      domain: client-one.com
      provider: letsencrypt
      authorization_method: http-01
      environment: live
      external_api: null
      enable_http: false
      enable_hsts: false
      enable_hsts_preload: false
      minimum_tls_version: null
      valid_until: "2026-10-16T12:00:00Z"
      renewal_date: "2026-09-16T12:00:00Z"
      created_at: "2026-07-18 12:00:00"
      issued: true
      days_left: 89
missing:
  description: Domains without a certificate.
  returned: success
  type: list
  elements: str
  sample: [hand-made.com]
unknown:
  description: Names of O(domains) that are no domain records of the web app. Not looked for in Basic mode.
  returned: success
  type: list
  elements: str
  sample: [gone.com]
api_calls:
  description: API calls of the task by verb, and their total.
  returned: success
  type: dict
  sample: {GET: 2, total: 2}
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

from collections.abc import Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import App, SslMode
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, normalise
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import (
    API_OPTIONS,
    APP_OPTIONS,
    connect,
    failure,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._result import api_calls
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl import Row, Ssl
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl_plan import as_dict


def names_of(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """The names in one spelling, each once, and every fault."""
    names, faults = [], []
    for text in given:
        try:
            names.append(normalise(text, wildcard=True))
        except BadName as exc:
            faults.append("domains: %r is not usable: %s." % (text, exc))
    return sorted(set(names)), faults


def look(app: App, names: Sequence[str] | None) -> dict[str, Any]:
    """The module's return values; raises ApiError."""
    ssl = Ssl(app)
    mode = ssl.mode() or SslMode(False, False)
    listing, now = ssl.listing(), app.client.now()
    unknown: list[str] = []
    if mode.advanced:
        rows = listing.rows
        if rows is None:
            wanted = [one for one in app.records() if names is None or one.name in names]
            rows = [Row(one.id, one.name, ssl.of(one.id)) for one in wanted]
        rows = sorted((row for row in rows if names is None or row.name in names), key=lambda row: row.name)
        certificates = [as_dict(row.certificate, row.name, now) for row in rows if row.certificate]
        missing = [row.name for row in rows if not row.certificate]
        unknown = sorted(set(names or ()) - {row.name for row in rows})
    else:
        shared = listing.shared()
        certificates = [as_dict(shared, None, now)] if shared else []
        everyone = [row.name for row in listing.rows or ()] if names is None else names
        missing = [] if shared else sorted(everyone)
    return {
        "ssl_mode": mode._asdict(),
        "certificates": certificates,
        "missing": missing,
        "unknown": unknown,
        "api_calls": api_calls(app.client.calls),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(API_OPTIONS, **APP_OPTIONS, domains={"type": "list", "elements": "str"}),
        supports_check_mode=True,
    )
    params = module.params
    panel = connect(module)
    names, faults = names_of(params["domains"] or ())
    if faults:
        module.fail_json(msg=" ".join(faults))
    try:
        told = look(
            panel.app(params["server_id"], params["webapp_id"]), names if params["domains"] is not None else None
        )
    except ApiError as exc:
        module.fail_json(**failure(exc))
    module.exit_json(**told)


if __name__ == "__main__":
    main()
