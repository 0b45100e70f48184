#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runcloud_ssl_mode
short_description: Switches a RunCloud web app between Basic and Advanced SSL
version_added: 0.1.0
description:
  - Says whether a web app has one certificate for all its names (Basic SSL) or one for each domain (Advanced SSL), and whether
    the panel orders the certificate of a new domain by itself (AutoSSL).
  - What the panel does with the certificates that are there is not documented; take it that they are gone, and every name without one until it is ordered anew.
  - So a switch is refused while names have a valid certificate, unless O(accept_dark_names) is exactly their number. The refusal names it.
  - Nothing is ordered; that is for M(wpmultisite.runcloud.runcloud_ssl).
author: wpmultisite.runcloud authors (@wpmultisite)
extends_documentation_fragment:
  - wpmultisite.runcloud.api
  - wpmultisite.runcloud.api.connection
  - wpmultisite.runcloud.api.webapp
  - wpmultisite.runcloud.api.lock
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.actiongroup_runcloud
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
requirements:
  - publicsuffixlist
options:
  mode:
    description:
      - V(basic) is one certificate for all names, at most 100 of them.
      - V(advanced) is one for each domain. It needs a Business or Enterprise plan.
    type: str
    choices: [basic, advanced]
    required: true
  auto_ssl:
    description: Whether the panel orders a certificate as soon as a domain is added. As it is, if not given; only with O(mode=advanced).
    type: bool
  accept_dark_names:
    description:
      - Exactly how many names, C(www.) counted, have a valid certificate now and may lose it by the switch.
      - Another number is an error, so that nobody agrees to more than was looked at.
    type: int
seealso:
  - module: wpmultisite.runcloud.runcloud_ssl
  - module: wpmultisite.runcloud.runcloud_ssl_info
  - name: Let's Encrypt rate limits
    description: What stretches the issuing of many certificates.
    link: https://letsencrypt.org/docs/rate-limits/
"""

EXAMPLES = r"""
# First without accept_dark_names: the refusal says how many names it concerns, and how long issuing takes afterwards.
- name: A certificate for each domain; two names are without one until it is issued
  wpmultisite.runcloud.runcloud_ssl_mode:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 644
    mode: advanced
    accept_dark_names: 2
  delegate_to: localhost

- name: New domains get their certificate from the panel
  wpmultisite.runcloud.runcloud_ssl_mode:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    mode: advanced
    auto_ssl: true
  delegate_to: localhost
"""

RETURN = r"""
ssl_mode:
  description: The mode after the task (in check mode, as it would be).
  returned: when the mode could be read
  type: dict
  sample: {advanced: true, auto: false}
dark_names:
  description:
    - Names that had a valid certificate before the switch and may have none after it. Empty where the mode stays.
    - For the web app's certificate these are all its names, because the panel does not say which it covers.
  returned: when the mode could be read
  type: list
  elements: str
  sample: [client-one.com, www.client-one.com]
effort:
  description:
    - What Let's Encrypt's limits make of the orders after the switch, in seconds, at least; null where the mode stays.
    - The registered domain that is slowest is named when its own limit decides.
  returned: when the mode could be read
  type: dict
  sample:
    orders: 2
    seconds: 0
    slowest: null
    message: 2 certificates have to be ordered afterwards; Let's Encrypt's limits permit that at once.
api_calls:
  description: API calls of the task by verb, and their total.
  returned: when the mode could be read
  type: dict
  sample: {GET: 6, POST: 1, total: 7}
status:
  description: HTTP status of the call that failed, null when no answer came.
  returned: when a call failed
  type: int
panel_message:
  description: The panel's own words about the call that failed.
  returned: when a call failed
  type: str
panel_errors:
  description: The panel's words about single fields.
  returned: when a call failed
  type: dict
"""

import traceback
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    from publicsuffixlist import PublicSuffixList
except ImportError:
    SUFFIXES_ERROR: str | None = traceback.format_exc()
else:
    SUFFIXES_ERROR = None

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._lock import Lock, StateError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import (
    API_OPTIONS,
    APP_OPTIONS,
    LOCK_OPTION,
    connect,
    failure,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl_mode import Switch, registered_by
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl_plan import Refusal

OPTIONS: dict[str, Any] = {
    "mode": {"type": "str", "choices": ["basic", "advanced"], "required": True},
    "auto_ssl": {"type": "bool"},
    "accept_dark_names": {"type": "int"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(API_OPTIONS, **APP_OPTIONS, **LOCK_OPTION, **OPTIONS), supports_check_mode=True
    )
    params = module.params
    panel = connect(module)
    if SUFFIXES_ERROR:
        module.fail_json(msg=missing_required_lib("publicsuffixlist"), exception=SUFFIXES_ERROR)
    faults = []
    if params["auto_ssl"] and params["mode"] == "basic":
        faults.append("auto_ssl: only with mode: advanced.")
    if params["accept_dark_names"] is not None and params["accept_dark_names"] < 0:
        faults.append("accept_dark_names must be 0 or more.")
    if faults:
        module.fail_json(msg=" ".join(faults))
    app = panel.app(params["server_id"], params["webapp_id"])
    switch = Switch(
        app,
        params["mode"] == "advanced",
        params["auto_ssl"],
        params["accept_dark_names"],
        registered_by(PublicSuffixList()),
    )
    try:
        with Lock(app.target, wanted=not module.check_mode, timeout=params["lock_timeout"]):
            told = switch.run(module.check_mode)
    except ApiError as exc:
        module.fail_json(**failure(exc))
    except (Refusal, StateError) as exc:
        module.fail_json(msg="Nothing was written to RunCloud. %s" % exc)
    if not module._diff:
        del told["diff"]
    if "msg" in told:
        module.fail_json(**told)
    module.exit_json(**told)


if __name__ == "__main__":
    main()
