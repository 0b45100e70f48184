#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runcloud_domain
short_description: Manages one domain of a RunCloud web app
version_added: 0.1.0
description:
  - Adds, changes or removes one domain record.
  - What is not given is neither compared nor changed.
  - For more than one name use M(wpmultisite.runcloud.runcloud_domains), which reads the web app once for all of them.
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
options:
  name:
    description: Host name. It is brought to lower case and to its ASCII form.
    type: str
    required: true
  state:
    description: Whether the record is there.
    type: str
    choices: [present, absent]
    default: present
  www:
    description:
      - Whether RunCloud serves C(www.) of the name as well. A new record gets V(false) if not given.
      - Switch it on only when C(www.) resolves to the server; otherwise the certificate for the whole order fails.
    type: bool
  redirection:
    description:
      - Redirection between the name and its C(www.). A new record gets V(none) if not given.
    type: str
    choices: [none, www, non-www]
  type:
    description:
      - Type of the record. A new record gets V(alias) if not given.
      - API v2 cannot change an existing record. A difference is then an error, never a removal and a new record.
    type: str
    choices: [alias, redirect, primary]
  allow_primary_change:
    description: Permit to remove or demote the web app's primary, or to make this record the primary.
    type: bool
    default: false
seealso:
  - module: wpmultisite.runcloud.runcloud_domains
  - module: wpmultisite.runcloud.runcloud_domain_info
"""

EXAMPLES = r"""
- name: The customer's domain is served, with www
  wpmultisite.runcloud.runcloud_domain:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    name: client-one.com
    www: true
  delegate_to: localhost

- name: A domain that is no longer served
  wpmultisite.runcloud.runcloud_domain:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    name: gone.com
    state: absent
  delegate_to: localhost
"""

RETURN = r"""
domain:
  description: The record after the task (in check mode, as it would be); null when it is absent.
  returned: when the listing could be read
  type: dict
  sample:
    id: 710
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
  returned: when the listing could be read
  type: dict
  sample: {GET: 5, POST: 1, total: 6}
status:
  description: HTTP status of the call that failed, null when no answer came.
  returned: when reading failed
  type: int
panel_message:
  description: The panel's own words about the call that failed.
  returned: when reading failed
  type: str
panel_errors:
  description: The panel's words about single fields.
  returned: when reading failed
  type: dict
"""

from collections.abc import Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import App, Record
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._apply import Run, predict
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._guards import surroundings
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._lock import Lock, StateError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, normalise
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import (
    API_OPTIONS,
    APP_OPTIONS,
    LOCK_OPTION,
    connect,
    failure,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan import describe
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_shapes import Action, empty_plan
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._result import (
    api_calls,
    as_dict,
    diff,
    failure_text,
)

OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "www": {"type": "bool"},
    "redirection": {"type": "str", "choices": ["none", "www", "non-www"]},
    "type": {"type": "str", "choices": ["alias", "redirect", "primary"]},
    "allow_primary_change": {"type": "bool", "default": False},
}


def decide(params: dict[str, Any], name: str, record: Record | None, no_edit: str) -> tuple[Action | None, str]:
    """The one write that is needed (or None), and why it must not be made (or an empty text)."""
    given = {key: params[key] for key in ("www", "redirection", "type") if params[key] is not None}
    primary = "%s: %s, and allow_primary_change is false."
    allowed = params["allow_primary_change"]
    if params["state"] == "absent":
        if record is None:
            return None, ""
        stop = primary % (name, "it is the web app's primary and would be removed")
        return Action(
            "remove", record.name, record.flags(), record, "absent"
        ), "" if allowed or record.type != "primary" else stop
    if record is None:
        flags = dict({"type": "alias", "www": False, "redirection": "none"}, **given)
        stop = primary % (name, "it would become the primary in place of the present one")
        return Action("add", name, flags, None, "present"), "" if allowed or flags["type"] != "primary" else stop
    flags = dict(record.flags(), **given)
    if flags == record.flags():
        return None, ""
    action = Action("update", record.name, flags, record, "present")
    if flags["type"] != record.type and "primary" in (flags["type"], record.type) and not allowed:
        return action, primary % (name, "its type would change from %s to %s" % (record.type, flags["type"]))
    return action, "%s: %s. %s" % (name, describe(record.flags(), flags), no_edit) if no_edit else ""


def primary_fault(action: Action, records: Sequence[Record]) -> str:
    """What is wrong with the primary after the run; the API does not say what a promotion does to the old primary."""
    if "primary" not in (action.flags["type"], action.record.type if action.record else ""):
        return ""
    names = [record.name for record in records if record.type == "primary"]
    if len(names) == 1:
        return ""
    return "The web app now has %s: choose one in the panel." % (
        "the primaries " + ", ".join(names) if names else "no primary"
    )


def manage(module: AnsibleModule, app: App, name: str) -> dict[str, Any]:
    """Make the one record as the options want it; the module's return values.

    :raises ApiError: when reading failed; then nothing was written.
    """
    calls = app.client.calls
    before = app.records()
    record = next((record for record in before if record.name == name), None)
    action, stop = decide(module.params, name, record, app.no_edit)
    stops = [stop] if stop else []
    plan = empty_plan()
    if action is not None:
        plan.actions.append(action)
        stops += surroundings(app.server(), app.read(), [])
    if stops:
        msg = "Nothing was written. " + " ".join(stops)
        return {"msg": msg, "domain": record and as_dict(record), "api_calls": api_calls(calls)}
    outcome, fault = predict(plan, before), ""
    if action is not None and not module.check_mode:
        outcome = Run(app, plan, before).apply()
        fault = ("%s %s" % (failure_text(outcome), primary_fault(action, outcome.records))).strip()
    found = next((record for record in outcome.records if record.name == name), None)
    told: dict[str, Any] = {
        "changed": bool(outcome.done) or outcome.altered,
        "domain": found and as_dict(found),
        "api_calls": api_calls(calls),
    }
    if module._diff:
        told["diff"] = diff([record] if record else [], [found] if found else [])
    return dict(told, msg=fault) if fault else told


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(API_OPTIONS, **APP_OPTIONS, **LOCK_OPTION, **OPTIONS), supports_check_mode=True
    )
    params = module.params
    panel = connect(module)
    try:
        name = normalise(params["name"], wildcard=True)
    except BadName as exc:
        module.fail_json(msg="name: %r is not usable: %s." % (params["name"], exc))
    app = panel.app(params["server_id"], params["webapp_id"])
    try:
        with Lock(app.target, wanted=not module.check_mode, timeout=params["lock_timeout"]):
            told = manage(module, app, name)
    except ApiError as exc:
        module.fail_json(**failure(exc))
    except StateError as exc:
        module.fail_json(msg="Nothing was written to RunCloud. %s" % exc)
    if "msg" in told:
        module.fail_json(**told)
    module.exit_json(**told)


if __name__ == "__main__":
    main()
