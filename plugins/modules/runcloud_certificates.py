#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runcloud_certificates
short_description: Gets each domain of a RunCloud web app a certificate
version_added: 0.1.0
description:
  - Orders the certificates that are missing, and only those that can be issued now. It says why the others are not ordered.
  - RunCloud renews what Let's Encrypt issued by itself. A healthy certificate is never ordered anew. One is, when the panel's own date has passed by
    O(overdue_fraction) of its lifetime and nothing came.
  - In Basic mode the web app has one certificate. It is ordered once for any number of names, at most once a day, and only when every name on the web
    app is ready, those that nobody named here and C(www.) of each included. One name that is not ready would make the order fail for all.
  - In Advanced mode each domain has an order of its own. Served names whose certificate ends come first, then those without one, then those that were added
    during the last day.
  - With AutoSSL the panel orders by itself, and the module only reports what has not come within O(autossl_grace).
  - Each order is written to the file C(attempts.json) in O(state_dir) before it is sent. What cannot be written there is not ordered, and nothing after it.
  - After a failure the host waits for a day, then for two, four and seven.
    When Let's Encrypt speaks of a limit or of a paused account, nothing more is ordered for three hours.
  - An order is sent once. When its answer is lost, the module looks whether a certificate appears, and never sends it again.
  - The mode is never switched, a certificate is never removed.
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
  domains:
    description:
      - The names whose certificates matter, as the filter P(wpmultisite.runcloud.desired_domains#filter) gives them in C(domains).
      - A name that is not on the web app waits. Names on the web app that are not listed never get an order of their own, except a record C(www.X) beside
        a listed X.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The domain.
        type: str
        required: true
      certificate:
        description: Whether it is to have a certificate.
        type: bool
        default: true
      certificate_reason:
        description: Why, or why not; given back when there is to be none.
        type: str
      class:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: str
      type:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: str
      www:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: str
      redirection:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: str
      forms:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: str
      rule:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: str
      covered_by:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: str
      needs_dns:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: bool
      www_needs_dns:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: bool
      from:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: list
        elements: dict
      id:
        description: Accepted from RV(wpmultisite.runcloud.runcloud_domain_info#module:domains) and ignored.
        type: int
      wildcard:
        description: Accepted from RV(wpmultisite.runcloud.runcloud_domain_info#module:domains) and ignored.
        type: bool
      dns_integration:
        description: Accepted from RV(wpmultisite.runcloud.runcloud_domain_info#module:domains) and ignored.
        type: str
      status:
        description: Accepted from RV(wpmultisite.runcloud.runcloud_domain_info#module:domains) and ignored.
        type: str
      created_at:
        description: Accepted from RV(wpmultisite.runcloud.runcloud_domain_info#module:domains) and ignored.
        type: str
  overrides:
    description: A person's word about single names, in the form that M(wpmultisite.runcloud.runcloud_domains) takes, too.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The domain, with or without C(www.).
        type: str
        required: true
      ssl_policy:
        description: As O(ssl_policy), for this name.
        type: str
        choices: [auto, report, external, none]
      ignore:
        description: Leave the name alone, as V(none) does.
        type: bool
        default: false
      www:
        description: For M(wpmultisite.runcloud.runcloud_domains); ignored here.
        type: bool
      redirection:
        description: For M(wpmultisite.runcloud.runcloud_domains); ignored here.
        type: str
      reason:
        description: For M(wpmultisite.runcloud.runcloud_domains); ignored here.
        type: str
      until:
        description: For M(wpmultisite.runcloud.runcloud_domains), and checked here in the same way.
        type: str
  only:
    description: Narrow the run to these of O(domains), with and without C(www.).
    type: list
    elements: str
  ssl_policy:
    description:
      - V(auto) orders what is missing.
      - V(report) orders nothing and says what it would order.
      - V(external) means that somebody else cares for the certificate. It is only looked at (O(tls)).
      - V(none) does not look either.
      - In Basic mode an order carries all names of the web app, whatever their policy; only a name with V(auto) is a reason for one.
    type: str
    choices: [auto, report, external, none]
    default: auto
  dns:
    description:
      - What DNS says of the hosts, as RV(wpmultisite.runcloud.domain_dns_info#module:dns) holds it. It has to hold the names that are on the web app now,
        and C(www.) of those that serve it; in Basic mode those of all names.
      - A host that it does not hold, or that is not ready, gets no order that is validated by C(http-01). Facts that are not valid make no host ready.
      - A host that is V(proxied) is ready only when O(probed) names it.
      - Where an entry has C(caa), its C(allowed) has to be true, whatever O(authorization_method) is. When it is false, the name is RV(forbidden).
        When it is null, nobody knows, for example because DNS fails for CAA, which Let's Encrypt takes for a refusal; then the name waits.
        Where CAA was not asked (C(caa) is null or not there) it is no obstacle.
    type: dict
  probed:
    description: Hosts behind a proxy for which a probe has shown that what is asked below C(/.well-known/) reaches the web app.
    type: list
    elements: str
    default: []
  tls:
    description:
      - What visitors see, as RV(wpmultisite.runcloud.tls_certificate_info#module:hosts) holds it.
      - In Basic mode it is what tells which names the certificate covers, for the panel does not. Without it only the last order of this module does.
      - In Advanced mode it decides which domains the panel is asked for one by one, where it does not list them (API v2).
    type: list
    elements: dict
  state_dir:
    description:
      - An absolute path on the control node; what was ordered is remembered there (C(attempts.json)), and the ledger tells what is ours.
      - The orders of other networks for the same server, in the folders beside it, count towards O(max_orders).
      - Without a memory that survived from an earlier run, nothing is ordered anew. Only a name without any SSL object gets an order, unless the panel's log
        tells of its failure.
    type: path
  ownership:
    description:
      - Whose certificates may be replaced. A missing one is ordered for any of O(domains).
      - V(all) means those of all of O(domains), V(ledger) those of the records that are ours by the ledger, V(none) no one's.
      - The web app's certificate (Basic) may be replaced when one of the names that need it may.
    type: str
    choices: [all, ledger, none]
    default: all
  authorization_method:
    description: How Let's Encrypt is convinced. Goes for new certificates; an order anew keeps the way of the certificate that is there.
    type: str
    choices: [http-01, dns-01]
    default: http-01
  external_api:
    description: Number or label of the external API (the DNS provider's credentials in the panel) for O(authorization_method=dns-01).
    type: str
  environment:
    description: Environment of Let's Encrypt. Browsers do not trust what V(staging) issues.
    type: str
    choices: [live, staging]
    default: live
  enable_http:
    description: Whether plain HTTP is served beside HTTPS, for a new certificate.
    type: bool
    default: false
  enable_hsts:
    description: Whether browsers are told to use HTTPS alone, for a new certificate.
    type: bool
    default: false
  minimum_tls_version:
    description: Lowest version of TLS that visitors may use, for a new certificate. The panel's default if not given.
    type: str
    choices: [TLSv1.1, TLSv1.2, TLSv1.3]
  hold:
    description: Only look and tell, as in check mode, whatever the play says; for a network that a person holds.
    type: bool
    default: false
  max_orders:
    description:
      - Most orders for a server within three hours. Let's Encrypt permits an account 300; the panel's own renewals need some of them.
      - V(0) orders nothing.
    type: int
    default: 100
  batch_size:
    description: Orders that are sent before the module waits for them together. Before the next ones are sent, all of them have to have come to an end.
    type: int
    default: 20
  overdue_fraction:
    description: Part of a certificate's lifetime after which a renewal of the panel that did not come is taken for failed.
    type: float
    default: 0.05
  expiring_fraction:
    description: Part of a certificate's lifetime; when less is left, a note says so.
    type: float
    default: 0.2
  autossl_grace:
    description: Seconds that AutoSSL has for a new domain.
    type: float
    default: 3600.0
  wait:
    description:
      - Wait until the orders have come to an end.
      - V(false) sends all of them at once, and the next run finds out what became of them.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for the orders of a batch. What has not come by then is pending, and nothing more is ordered by this run.
    type: float
    default: 300.0
  wait_interval:
    description: Seconds between two looks.
    type: float
    default: 15.0
seealso:
  - module: wpmultisite.runcloud.runcloud_ssl
  - module: wpmultisite.runcloud.runcloud_ssl_mode
  - module: wpmultisite.runcloud.domain_dns_info
  - module: wpmultisite.runcloud.tls_certificate_info
  - name: Let's Encrypt rate limits
    description: How many orders and failures are permitted.
    link: https://letsencrypt.org/docs/rate-limits/
"""

EXAMPLES = r"""
# dns is what domain_dns_info returned for all names of the web app, tls what tls_certificate_info saw there.
# With state_dir, a folder that survives, what failed is tried again after a day or more.
- name: Certificates for what is ready
  wpmultisite.runcloud.runcloud_certificates:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    domains:
      - name: client-one.com
      - name: hand-made.com
    overrides:
      - {name: hand-made.com, ssl_policy: external}
    dns:
      format: wpmultisite.dns/1
      valid: true
      hosts:
        - {name: client-one.com, state: ready, ready: true}
        - {name: www.client-one.com, state: ready, ready: true}
    tls:
      - {name: client-one.com, state: no_certificate}
  delegate_to: localhost

- name: Only say what is missing
  wpmultisite.runcloud.runcloud_certificates:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    domains: [{name: client-one.com}, {name: gone.com}]
    ssl_policy: report
  delegate_to: localhost
"""

RETURN = r"""
valid:
  description:
    - Names with a valid certificate, sorted as in all lists. Each of O(domains) that has a record is in exactly one of the lists.
    - RV(ignore:id) is null where the panel was not asked or has no object for it; the date is then what visitors see.
  returned: success, and when orders failed
  type: list
  elements: dict
  sample:
    - {name: network.com, id: 55, valid_until: "2026-10-16T12:00:00Z", days_left: 89}
issued:
  description: Names that have got a certificate by this run, in the same form.
  returned: success, and when orders failed
  type: list
  elements: dict
  sample:
    - {name: client-one.com, id: 56, valid_until: "2026-10-16T12:00:00Z", days_left: 89}
pending:
  description: Names that were ordered and whose certificate is not there yet. In check mode also those that would be ordered.
  returned: success, and when orders failed
  type: list
  elements: dict
  sample:
    - {name: client-two.com, reason: ordered}
failures:
  description: Names whose order failed in this run, with the lines of the panel's log, newest first. The task fails when there are some.
  returned: success, and when orders failed
  type: list
  elements: dict
  sample:
    - name: moved.com
      reason: "Failed to issue SSL certificate for moved.com: unauthorized"
      panel_log: ["Failed to issue SSL certificate for moved.com: unauthorized"]
waiting:
  description:
    - Names that get no order yet. RV(ignore:hosts) are the hosts that are not ready, each with words for the customer and the record to set, where it is known.
    - RV(ignore:again) is when the next order is possible, where time alone decides.
  returned: success, and when orders failed
  type: list
  elements: dict
  sample:
    - name: moved.com
      reason: there is no certificate; it is not ready for a certificate (moved.com)
      hosts:
        - name: moved.com
          message: moved.com leads elsewhere (A 198.51.100.7).
          record: {type: A, name: moved.com, value: 203.0.113.10}
      again: null
forbidden:
  description:
    - Names for which CAA forbids a certificate of Let's Encrypt, in the same form. The reason holds what there is to say to the customer.
    - A name that needs a certificate and is held up in Basic mode by the CAA of another name stands in RV(waiting).
  returned: success, and when orders failed
  type: list
  elements: dict
  sample:
    - name: strict.com
      reason: "there is no certificate; CAA forbids it: The CAA records of strict.com let other-ca.org issue, so letsencrypt.org refuses."
      hosts:
        - name: strict.com
          message: "The CAA records of strict.com let other-ca.org issue, so letsencrypt.org refuses."
          record: null
      again: null
blocked:
  description: Names that get no certificate until a person does something, which the reason names.
  returned: success, and when orders failed
  type: list
  elements: dict
  sample:
    - {name: hand-made.com, reason: "its certificate ended on 2026-07-01T00:00:00Z; the record is not ours, so its certificate is not replaced"}
ignored:
  description: Names whose certificate is nobody's business here, with the reason.
  returned: success, and when orders failed
  type: list
  elements: dict
  sample:
    - {name: shop.client.com, reason: "ssl_policy: none"}
orders:
  description:
    - The orders of this run. RV(ignore:domain) is null for the web app's certificate. RV(ignore:kind) is V(ignore:install) or V(ignore:redeploy).
    - RV(ignore:outcome) is V(ignore:issued), V(ignore:failed), V(ignore:pending) or, in check mode, V(ignore:planned).
  returned: success, and when orders failed
  type: list
  elements: dict
  sample:
    - {domain: client-one.com, hosts: [client-one.com, www.client-one.com], kind: install, reason: there is no certificate, outcome: issued}
notes:
  description: What a person should know, for example which names break the next automatic renewal, and when.
  returned: success, and when orders failed
  type: list
  elements: str
  sample: ["moved.com will break the next automatic renewal (due in 12 days, the certificate ends in 42 days): moved.com leads elsewhere."]
ssl_mode:
  description: Whether each domain has a certificate of its own (Advanced SSL), and whether the panel orders it by itself (AutoSSL).
  returned: success, and when orders failed
  type: dict
  sample: {advanced: true, auto: false}
check_mode:
  description: Whether nothing was ordered because it was a look ahead.
  returned: success, and when orders failed
  type: bool
  sample: false
api_calls:
  description: API calls of the task by verb, and their total.
  returned: success, and when orders failed
  type: dict
  sample: {GET: 9, POST: 1, total: 10}
status:
  description: HTTP status of the call that failed, null when no answer came.
  returned: failure of reading
  type: int
panel_message:
  description: The panel's own words about the call that failed.
  returned: failure of reading
  type: str
panel_errors:
  description: The panel's words about single fields.
  returned: failure of reading
  type: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._certs_input import read_options
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._certs_run import Run
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._lock import Lock, StateError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import (
    API_OPTIONS,
    APP_OPTIONS,
    LOCK_OPTION,
    connect,
    failure,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl import PROTOCOLS
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl_plan import Refusal

POLICIES = ["auto", "report", "external", "none"]
# What the filter and runcloud_domain_info say of a domain besides; it does not matter here.
TAKEN_AS_IT_IS = (
    "class",
    "type",
    "redirection",
    "forms",
    "rule",
    "covered_by",
    "dns_integration",
    "status",
    "created_at",
    "www",
)
TAKEN_BOOLS = ("needs_dns", "www_needs_dns", "wildcard")
DOMAIN: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "certificate": {"type": "bool", "default": True},
    "certificate_reason": {"type": "str"},
    **{name: {"type": "str"} for name in TAKEN_AS_IT_IS},
    **{name: {"type": "bool"} for name in TAKEN_BOOLS},
    "from": {"type": "list", "elements": "dict"},
    "id": {"type": "int"},
}
OVERRIDE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "ssl_policy": {"type": "str", "choices": POLICIES},
    "ignore": {"type": "bool", "default": False},
    "www": {"type": "bool"},
    "redirection": {"type": "str"},
    "reason": {"type": "str"},
    "until": {"type": "str"},
}
OPTIONS: dict[str, Any] = {
    "domains": {"type": "list", "elements": "dict", "required": True, "options": DOMAIN},
    "overrides": {"type": "list", "elements": "dict", "default": [], "options": OVERRIDE},
    "only": {"type": "list", "elements": "str"},
    "ssl_policy": {"type": "str", "choices": POLICIES, "default": "auto"},
    "dns": {"type": "dict"},
    "probed": {"type": "list", "elements": "str", "default": []},
    "tls": {"type": "list", "elements": "dict"},
    "state_dir": {"type": "path"},
    "ownership": {"type": "str", "choices": ["all", "ledger", "none"], "default": "all"},
    "authorization_method": {"type": "str", "choices": ["http-01", "dns-01"], "default": "http-01"},
    "external_api": {"type": "str"},
    "environment": {"type": "str", "choices": ["live", "staging"], "default": "live"},
    "enable_http": {"type": "bool", "default": False},
    "enable_hsts": {"type": "bool", "default": False},
    "minimum_tls_version": {"type": "str", "choices": list(PROTOCOLS)},
    "hold": {"type": "bool", "default": False},
    "max_orders": {"type": "int", "default": 100},
    "batch_size": {"type": "int", "default": 20},
    "overdue_fraction": {"type": "float", "default": 0.05},
    "expiring_fraction": {"type": "float", "default": 0.2},
    "autossl_grace": {"type": "float", "default": 3600.0},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 300.0},
    "wait_interval": {"type": "float", "default": 15.0},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(API_OPTIONS, **APP_OPTIONS, **LOCK_OPTION, **OPTIONS),
        supports_check_mode=True,
    )
    params = module.params
    # Before anything else asks for it, the transport above all.
    module.check_mode = module.check_mode or params["hold"]
    panel = connect(module)
    options, faults = read_options(params)
    if faults:
        module.fail_json(msg="Nothing was read or ordered. " + " ".join(faults))
    options = options._replace(check_mode=module.check_mode, diff=module._diff)
    app = panel.app(params["server_id"], params["webapp_id"])
    try:
        with Lock(app.target, params["state_dir"], wanted=not module.check_mode, timeout=params["lock_timeout"]):
            told = Run(app, options).run()
    except ApiError as exc:
        module.fail_json(**failure(exc))
    except (Refusal, StateError) as exc:
        module.fail_json(msg=str(exc))
    if "msg" in told:
        module.fail_json(**told)
    module.exit_json(**told)


if __name__ == "__main__":
    main()
