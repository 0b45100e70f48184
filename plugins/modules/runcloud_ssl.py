#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runcloud_ssl
short_description: Manages one certificate of a RunCloud web app
version_added: 0.1.0
description:
  - Installs, changes, orders anew or removes the certificate of a web app (Basic SSL) or of one of its domains (Advanced SSL).
  - RunCloud renews what Let's Encrypt issued by itself; to order anew is for a certificate that lacks a name or whose renewal failed.
  - Issuing takes a while after the panel has accepted an order, and it may fail then. The module waits until the certificate is really there.
  - What is not given is neither compared nor changed. The mode is never switched; that is M(wpmultisite.runcloud.runcloud_ssl_mode)'s.
  - An order is sent once. When its answer is lost, the module only looks whether a certificate appears.
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
    support: partial
    details:
      - O(state=redeployed) orders each time.
      - API v3 shows neither O(minimum_tls_version) nor O(enable_hsts_subdomains), so there they are sent with an install or another change alone.
      - API v3 does not show a custom certificate either; there its end decides whether it is another one, give or take a day.
requirements:
  - cryptography (for O(provider=custom))
options:
  domain:
    description:
      - Name of the domain record whose certificate it is. For Advanced SSL.
      - Without it the certificate is the web app's, which covers all its names. For Basic SSL.
      - It is an error when the web app's mode has no such certificate.
    type: str
  state:
    description:
      - V(present) installs a certificate where none is, and changes the given settings of one that is there.
      - V(redeployed) orders a Let's Encrypt certificate anew, after changing the given settings; where none is, it is installed.
      - V(absent) removes it.
    type: str
    choices: [present, redeployed, absent]
    default: present
  provider:
    description:
      - Where the certificate comes from. A new one gets V(letsencrypt) if not given.
      - It cannot be changed in place. A difference is an error.
    type: str
    choices: [letsencrypt, custom]
  authorization_method:
    description: How Let's Encrypt is convinced. A new certificate gets V(http-01) if not given. Wildcards need V(dns-01).
    type: str
    choices: [http-01, dns-01]
  external_api:
    description: Number or label of the external API (the DNS provider's credentials in the panel) for O(authorization_method=dns-01).
    type: str
  environment:
    description:
      - Environment of Let's Encrypt. Browsers do not trust what V(staging) issues. A new certificate gets V(live) if not given.
      - It cannot be changed in place. A difference is an error.
    type: str
    choices: [live, staging]
  enable_http:
    description: Whether plain HTTP is served beside HTTPS. A new certificate gets V(false) if not given.
    type: bool
  enable_hsts:
    description: Whether browsers are told to use HTTPS alone. A new certificate gets V(false) if not given.
    type: bool
  enable_hsts_subdomains:
    description: Whether that goes for subdomains, too. API v3 only.
    type: bool
  enable_hsts_preload:
    description: Whether the names may be put on the browsers' lists. API v3 only.
    type: bool
  minimum_tls_version:
    description: Lowest version of TLS that visitors may use. The panel's default if not given.
    type: str
    choices: [TLSv1.1, TLSv1.2, TLSv1.3]
  certificate:
    description:
      - A custom certificate and its chain as PEM, the certificate itself first.
      - It is checked before it is sent. It must be valid now, belong to O(private_key), have its chain in order, and cover every name.
      - So are what browsers refuse whoever signed it, an RSA key below 2048 bits, a curve other than P-256, P-384 and P-521, a signature by SHA-1, and
        a certificate that is not for servers.
    type: str
  private_key:
    description: Its key as PEM, not encrypted. What stands around it in the text is not sent.
    type: str
  wait:
    description:
      - Wait until the certificate is there, or gone, also for an earlier order that is still under way. The task fails when none comes.
      - Where an earlier order left no certificate and the newest line of the web app's log is of a failure, the task fails at once.
      - V(false) returns as soon as the panel has accepted the order.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for it.
    type: float
    default: 300.0
  wait_interval:
    description: Seconds between two looks.
    type: float
    default: 15.0
seealso:
  - module: wpmultisite.runcloud.runcloud_ssl_info
  - module: wpmultisite.runcloud.runcloud_ssl_mode
  - name: Let's Encrypt rate limits
    description: How many orders and failures are permitted.
    link: https://letsencrypt.org/docs/rate-limits/
"""

EXAMPLES = r"""
- name: The customer's domain has a certificate (Advanced SSL)
  wpmultisite.runcloud.runcloud_ssl:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    domain: client-one.com
  delegate_to: localhost

- name: Its order is sent again, now that its DNS is right
  wpmultisite.runcloud.runcloud_ssl:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    domain: client-one.com
    state: redeployed
    enable_hsts: true
  delegate_to: localhost

- name: A domain without a certificate
  wpmultisite.runcloud.runcloud_ssl:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    domain: gone.com
    state: absent
  delegate_to: localhost

- name: One certificate for all names of another web app (Basic SSL)
  wpmultisite.runcloud.runcloud_ssl:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 645
    minimum_tls_version: TLSv1.2
  delegate_to: localhost
"""

RETURN = r"""
certificate:
  description:
    - The certificate after the task (in check mode, as it would be); null when there is none. Dates are UTC.
    - What this API version does not show is null.
    - RV(ignore:issued) says whether it is really there, and not only its order.
  returned: when the certificate could be read
  type: dict
  sample:
    id: 55
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
    days_left: 90
ordered:
  description: Whether the task sent an order to Let's Encrypt (in check mode, whether it would).
  returned: when the certificate could be read
  type: bool
  sample: true
panel_log:
  description: Lines of the web app's log about an order that did not succeed, newest first.
  returned: when the certificate could be read
  type: list
  elements: str
  sample: ["Failed to issue SSL certificate for client-one.com: no valid A records found"]
notes:
  description: What a person should know about the certificate, for example that its renewal has not come.
  returned: when the certificate could be read
  type: list
  elements: str
  sample: ["certificate holds no intermediate certificate: many clients will not trust it."]
api_calls:
  description: API calls of the task by verb, and their total.
  returned: when the certificate could be read
  type: dict
  sample: {GET: 8, POST: 1, total: 9}
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

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.wpmultisite.runcloud.plugins.module_utils import _pem
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._lock import Lock, StateError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, normalise
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import (
    API_OPTIONS,
    APP_OPTIONS,
    LOCK_OPTION,
    SHORTEST_SECRET,
    connect,
    failure,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl import PROTOCOLS, Wish
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl_plan import Refusal
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl_run import Options, Run

OPTIONS: dict[str, Any] = {
    "domain": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "redeployed", "absent"], "default": "present"},
    "provider": {"type": "str", "choices": ["letsencrypt", "custom"]},
    "authorization_method": {"type": "str", "choices": ["http-01", "dns-01"]},
    "external_api": {"type": "str"},
    "environment": {"type": "str", "choices": ["live", "staging"]},
    "enable_http": {"type": "bool"},
    "enable_hsts": {"type": "bool"},
    "enable_hsts_subdomains": {"type": "bool"},
    "enable_hsts_preload": {"type": "bool"},
    "minimum_tls_version": {"type": "str", "choices": list(PROTOCOLS)},
    # No secret, but people put their key into the same file.
    "certificate": {"type": "str", "no_log": True},
    "private_key": {"type": "str", "no_log": True},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 300.0},
    "wait_interval": {"type": "float", "default": 15.0},
}
_LETSENCRYPT_ONLY = ("authorization_method", "external_api", "environment")
_CUSTOM_ONLY = ("certificate", "private_key")


def utc_now() -> datetime:
    """By which a custom certificate is judged."""
    return datetime.now(timezone.utc)


def faults(params: dict[str, Any]) -> list[str]:
    """What is wrong with the options taken together; the custom certificate itself is checked elsewhere."""
    found = []
    custom = params["provider"] == "custom"
    misplaced = [name for name in (_LETSENCRYPT_ONLY if custom else _CUSTOM_ONLY) if params[name] is not None]
    if misplaced:
        found.append("%s: only with provider: %s." % (", ".join(misplaced), "letsencrypt" if custom else "custom"))
    if custom and params["state"] == "redeployed":
        found.append("state: redeployed orders at Let's Encrypt; a custom certificate is replaced with state: present.")
    missing = [name for name in _CUSTOM_ONLY if custom and params["state"] != "absent" and not params[name]]
    if missing:
        found.append("provider: custom needs %s." % " and ".join(missing))
    if params["authorization_method"] == "dns-01" and not params["external_api"]:
        found.append(
            "authorization_method: dns-01 needs external_api, the number or label of the DNS provider's credentials in the panel."
        )
    if params["external_api"] is not None and params["authorization_method"] != "dns-01" and not custom:
        found.append("external_api: only with authorization_method: dns-01.")
    wildcard = (params["domain"] or "").strip().startswith("*.")
    if wildcard and params["authorization_method"] == "http-01":
        found.append("domain: a wildcard is validated by dns-01 alone.")
    for name in ("wait_timeout", "wait_interval"):
        if not 0 <= params[name] < float("inf") or (name == "wait_interval" and not params[name]):
            found.append(
                "%s must be a finite number of seconds%s."
                % (name, " above 0" if name == "wait_interval" else ", 0 or more")
            )
    return found


def mask(module: AnsibleModule) -> None:
    """Keep every line of the key out of the output, and a text that is too short for PEM from being masked everywhere else."""
    for name in _CUSTOM_ONLY:
        text = module.params[name]
        if text and len(text.strip()) < SHORTEST_SECRET:
            module.no_log_values.discard(text)
            module.params[name] = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    module.no_log_values.update(_pem.secrets(module.params["private_key"] or ""))


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(API_OPTIONS, **APP_OPTIONS, **LOCK_OPTION, **OPTIONS), supports_check_mode=True
    )
    params = module.params
    panel = connect(module)
    mask(module)
    found, leaf, domain = faults(params), None, params["domain"]
    notes: list[str] = []
    try:
        domain = None if domain is None else normalise(domain, wildcard=True)
    except BadName as exc:
        found.append("domain: %r is not usable: %s." % (domain, exc))
    if (
        params["provider"] == "custom"
        and params["certificate"]
        and params["private_key"]
        and params["state"] == "present"
    ):
        if _pem.CRYPTOGRAPHY_ERROR:
            module.fail_json(msg=missing_required_lib("cryptography"), exception=_pem.CRYPTOGRAPHY_ERROR)
        leaf, more, notes = _pem.check(params["certificate"], params["private_key"], utc_now())
        found += more
    if found:
        module.fail_json(msg=" ".join(found))
    wish = Wish(**{name: params[name] for name in Wish._fields if name != "external_api"})
    if leaf is not None:
        wish = wish._replace(
            certificate=_pem.tidy(params["certificate"]), private_key=_pem.tidy_key(params["private_key"])
        )
    options = Options(
        state=params["state"],
        domain=domain,
        external_api=params["external_api"],
        leaf=leaf,
        wait=params["wait"],
        wait_timeout=params["wait_timeout"],
        wait_interval=params["wait_interval"],
        check_mode=module.check_mode,
        diff=module._diff,
    )
    app = panel.app(params["server_id"], params["webapp_id"])
    run = Run(app, wish, options)
    try:
        with Lock(app.target, wanted=not module.check_mode, timeout=params["lock_timeout"]):
            run.write()
        told = run.settle()  # the wait holds nobody else up
        told["notes"] += notes
    except ApiError as exc:
        found_out = failure(exc)
        if run.changed:
            found_out["msg"] += " A write before it was accepted. Run again: what is under way is not ordered twice."
        module.fail_json(changed=run.changed, **found_out)
    except (Refusal, StateError) as exc:
        module.fail_json(msg="Nothing was written to RunCloud. %s" % exc)
    if "msg" in told:
        module.fail_json(**told)
    module.exit_json(**told)


if __name__ == "__main__":
    main()
