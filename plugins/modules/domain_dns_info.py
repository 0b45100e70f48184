#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: domain_dns_info
short_description: Tells which host names reach a server by DNS
version_added: 0.1.0
description:
  - Asks DNS for the A and AAAA records of many hosts at once, and says of each whether its visitors reach the server, in words that a customer can act on.
  - A host is C(ready) when every address of it is expected. Where no address is expected its CNAME records have to lead through an expected name.
  - With O(caa_issuer) it asks for the CAA records of the hosts that are ready, too, which say what certificate authority may issue for them.
  - When no DNS resolver works, or it answers for none of at least three names, the module fails; that is never taken for names that do not exist.
author: wpmultisite.runcloud authors (@wpmultisite)
extends_documentation_fragment:
  - wpmultisite.runcloud.api
  - wpmultisite.runcloud.api.connection
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.info_module
  - wpmultisite.runcloud.attributes.actiongroup_runcloud
options:
  names:
    description:
      - The hosts to ask about. Every malformed one is reported before the first query.
    type: list
    elements: str
    required: true
  expected_addresses:
    description:
      - Addresses and ranges of the server. The first IPv4 address is the one that customers are told to set.
      - Without it the address that RunCloud has for O(server_id) is used, which takes one API call. With it no call is made, and no credentials are needed.
    type: list
    elements: str
    default: []
  expected_cnames:
    description:
      - Names that customers may point a CNAME record to.
      - They decide only where no address is expected, neither by O(expected_addresses) nor by O(server_id), as before a load balancer whose addresses change.
        Then a host that leads through one of them is ready, whatever that name's addresses are; so is such a name itself.
      - Where addresses are expected those decide, however a host leads to them; where these are only ranges, a CNAME record is what customers are told to set.
    type: list
    elements: str
    default: []
  server_id:
    description:
      - Number of the server, whose address is expected where O(expected_addresses) is empty.
    type: int
  proxy_networks:
    description:
      - Ranges of proxies that may stand before the server. A host that leads there is C(proxied), and ready.
      - If not set, the ranges that Cloudflare publishes. An empty list accepts none.
    type: list
    elements: str
  resolver:
    description:
      - V(recursive) asks the resolvers as every program does. Their answers may be as old as the records' time to live.
      - V(authoritative) asks every name server of each host's zone, so that a change is seen at once, and one server that still has the old records is told.
        DNS has to be open to the whole Internet for that.
    type: str
    choices: [authoritative, recursive]
    default: recursive
  nameservers:
    description:
      - Addresses of recursive resolvers, such as V(192.0.2.53), V(192.0.2.53:5353) or V([2001:db8::53]:5353). Those that do not work are passed over.
      - If not set, those of the machine.
    type: list
    elements: str
    default: []
  port:
    description:
      - Port of all name servers that are given without one, the authoritative ones too.
    type: int
    default: 53
  dns_timeout:
    description:
      - Seconds to wait for an answer. A server that is silent is asked twice, or the next one is asked.
    type: float
    default: 3.0
  concurrency:
    description:
      - Queries that are under way at once, at most; from 1 to 200.
    type: int
    default: 50
  caa_issuer:
    description:
      - The certificate authority whose permission is looked up, as CAA records name it, such as V(letsencrypt.org). An empty text asks nothing.
      - The records are asked of the resolvers whatever O(resolver) says, as certificate authorities do, and only for hosts that are ready. Each name is asked
        for once.
    type: str
    default: ''
  caa_method:
    description:
      - How the certificate authority will validate the order, because CAA records may allow one way only.
    type: str
    choices: [http-01, dns-01]
    default: http-01
  state_dir:
    description:
      - The network's state directory. In its file C(dns.json) it is remembered which names were ready.
      - When at least three of those, and more than a tenth, are not ready now, the facts are declared invalid for this run.
        A second run at least ten minutes later that sees the same is believed, and so is one that sees names come back, or a few others go.
      - When O(expected_addresses) (or the address that RunCloud has), O(expected_cnames) or O(proxy_networks) are others than last time, as after a move
        to another server, the comparison begins anew.
      - Names that are not asked for any more are forgotten. If not set, nothing is remembered.
    type: path
requirements:
  - dnspython >= 2.6.1
notes:
  - The file in O(state_dir) is the only thing that is written, and not in check mode.
seealso:
  - module: wpmultisite.runcloud.runcloud_domains
"""

EXAMPLES = r"""
- name: Which of these names reach the server
  wpmultisite.runcloud.domain_dns_info:
    names: [client.com, www.client.com, moved.com]
    expected_addresses: [203.0.113.10]
    expected_cnames: [network.com]
  delegate_to: localhost
  register: found

- name: What the customers must do
  ansible.builtin.debug:
    msg: "{{ found.dns.hosts | rejectattr('ready') | map(attribute='message') | list }}"

- name: Which of them Let's Encrypt may issue certificates for
  wpmultisite.runcloud.domain_dns_info:
    names: [client.com, www.client.com]
    expected_addresses: [203.0.113.10]
    caa_issuer: letsencrypt.org
  delegate_to: localhost

- name: The address is the one that RunCloud has, and every name server is asked
  wpmultisite.runcloud.domain_dns_info:
    names: [client.com]
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    resolver: authoritative
  delegate_to: localhost
"""

RETURN = r"""
dns:
  description: What DNS says, as C(docs/schemas/dns-1.json) describes it.
  returned: success
  type: dict
  contains:
    format:
      description: Always V(wpmultisite.dns/1).
      type: str
      sample: wpmultisite.dns/1
    valid:
      description: Whether the facts may be believed; V(false) when too many names seem gone at once.
      type: bool
      sample: true
    reason:
      description: Why they may not, else null.
      type: str
      sample:
    resolver:
      description: Who was asked, V(authoritative) or V(recursive).
      type: str
      sample: recursive
    expected_addresses:
      description: The addresses and ranges that count as the server.
      type: list
      elements: str
      sample: [203.0.113.10]
    expected_cnames:
      description: The names that count as the server.
      type: list
      elements: str
      sample: [network.com]
    hosts:
      description: One entry for each host, sorted by name.
      type: list
      elements: dict
      contains:
        name:
          description: The host, in lower-case A-labels.
          type: str
          sample: moved.com
        state:
          description:
            - V(ready), or V(proxied) (through an accepted proxy).
            - V(elsewhere), or V(partly) (some of the addresses are foreign).
            - V(nxdomain) (there is no such name), or V(no_address).
            - V(stale) (the zone's servers disagree), V(servfail), V(timeout), or V(broken) (the servers do not answer for the zone).
          type: str
          sample: elsewhere
        ready:
          description: Whether all visitors reach the server.
          type: bool
          sample: false
        message:
          description: What is seen and what to do, for the customer.
          type: str
          sample: >-
            moved.com leads elsewhere (A 198.51.100.7). Remove what is there. Set an A record for moved.com with the value 203.0.113.10.
        record:
          description: The record that should be there; null when the host is ready, and where only ranges are expected.
          type: dict
          sample: {type: A, name: moved.com, value: 203.0.113.10}
        addresses:
          description: The addresses of the host, IPv4 first.
          type: list
          elements: str
          sample: [198.51.100.7]
        cname:
          description: Where a CNAME record of the host leads, V(.) for the root, else null.
          type: str
          sample:
        caa:
          description:
            - What CAA says of O(caa_issuer); null when the host is not ready, or O(caa_issuer) is empty.
          type: dict
          sample:
          contains:
            allowed:
              description:
                - Whether a certificate may be issued. Null when that is not known, because DNS fails, which Let's Encrypt takes for a no,
                  or because only a certain account is allowed.
              type: bool
              sample: false
            at:
              description: The name that holds the records that count, the host itself, a parent, or where its CNAME leads. Null when there are none.
              type: str
              sample: client.com
            message:
              description: What is seen and what to do, for the customer.
              type: str
              sample: >-
                The CAA records of client.com let only digicert.com issue certificates for www.client.com, so letsencrypt.org refuses. Add a
                CAA record for client.com with the value 0 issue "letsencrypt.org".
            records:
              description: The records as zone files write them, at most 20.
              type: list
              elements: str
              sample: [0 issue "digicert.com"]
queries:
  description: DNS queries of the task.
  returned: success
  type: int
  sample: 7
api_calls:
  description: API calls of the task by verb, and their total.
  returned: success
  type: dict
  sample: {total: 0}
status:
  description: HTTP status of the API call that failed, null when no answer came.
  returned: failure of an API call
  type: int
panel_message:
  description: The panel's own words about the API call that failed.
  returned: failure of an API call
  type: str
panel_errors:
  description: The panel's words about single fields.
  returned: failure of an API call
  type: dict
"""

import os
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.wpmultisite.runcloud.plugins.module_utils import _dns_memory, _dns_query
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._dns import (
    CLOUDFLARE,
    Expected,
    View,
    document,
    host_names,
    judge,
    lies_below,
    nameservers,
    networks,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._dns_caa import METHODS, caa_entry
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._dns_query import DnsError, Settings
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._dns_words import fact
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._lock import StateError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import API_OPTIONS, connect, failure
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._result import api_calls

OPTIONS: dict[str, Any] = {
    "names": {"type": "list", "elements": "str", "required": True},
    "expected_addresses": {"type": "list", "elements": "str", "default": []},
    "expected_cnames": {"type": "list", "elements": "str", "default": []},
    "server_id": {"type": "int"},
    "proxy_networks": {"type": "list", "elements": "str"},
    "resolver": {"type": "str", "choices": ["authoritative", "recursive"], "default": "recursive"},
    "nameservers": {"type": "list", "elements": "str", "default": []},
    "port": {"type": "int", "default": 53},
    "dns_timeout": {"type": "float", "default": 3.0},
    "concurrency": {"type": "int", "default": 50},
    "caa_issuer": {"type": "str", "default": ""},
    "caa_method": {"type": "str", "choices": list(METHODS), "default": "http-01"},
    "state_dir": {"type": "path"},
}
MOST_AT_ONCE = 200


def utc_now() -> datetime:
    """The clock by which suspicions age."""
    return datetime.now(timezone.utc)


def prepared(params: dict[str, Any]) -> tuple[list[str], Expected, Settings, list[str]]:
    """The options as the code takes them: hosts, what is expected, how to ask; and every fault in them."""
    hosts, faults = host_names(params["names"], "names")
    cnames, more = host_names(params["expected_cnames"], "expected_cnames")
    faults += more
    addresses, more = networks(params["expected_addresses"], "expected_addresses")
    faults += more
    proxies = CLOUDFLARE if params["proxy_networks"] is None else params["proxy_networks"]
    ranges, more = networks(proxies, "proxy_networks")
    faults += more
    port = params["port"]
    if not 0 < port < 65536:
        faults.append("port must be from 1 to 65535.")
    servers, more = nameservers(params["nameservers"], port)
    faults += more
    if not 0 < params["dns_timeout"] < float("inf"):
        faults.append("dns_timeout must be a finite number of seconds above 0.")
    if not 0 < params["concurrency"] <= MOST_AT_ONCE:
        faults.append("concurrency must be from 1 to %d." % MOST_AT_ONCE)
    if params["caa_issuer"]:
        faults += host_names([params["caa_issuer"]], "caa_issuer")[1]
    if params["state_dir"] is not None and not os.path.isabs(params["state_dir"]):
        faults.append("state_dir must be an absolute path: a relative one is another folder in each run.")
    if not params["expected_addresses"] and not cnames and params["server_id"] is None:
        faults.append(
            "Nothing says what the names have to reach: give expected_addresses, or server_id with API credentials, or expected_cnames."
        )
    settings = Settings(
        tuple(servers), params["resolver"] == "authoritative", port, params["dns_timeout"], params["concurrency"]
    )
    return hosts, Expected(addresses, tuple(cnames), ranges), settings, faults


def server_address(module: AnsibleModule) -> tuple[tuple[Any, ...], dict[str, int]]:
    """The address that RunCloud has for the server, and the calls that it took."""
    panel = connect(module)
    server_id = module.params["server_id"]
    try:
        address = str(panel.server(server_id).get("ipAddress") or "")
    except ApiError as exc:
        module.fail_json(**failure(exc))
    found, faults = networks([address], "ipAddress")
    if faults:
        module.fail_json(
            msg="RunCloud has no usable address for server %d (%r): give expected_addresses." % (server_id, address)
        )
    return found, api_calls(panel.client.calls)


def looked_up(
    hosts: list[str], expected: Expected, settings: Settings, params: dict[str, Any]
) -> tuple[dict[str, dict[str, Any]], int]:
    """The facts of each host, and how many queries they took; raises DnsError."""
    issuer, method = params["caa_issuer"], params["caa_method"]

    def certifiable(host: str, views: list[View]) -> bool:
        return bool(issuer) and judge(host, views, expected).ready

    seen = _dns_query.ask_all(hosts, settings, certifiable)
    caa = {host: caa_entry(host, answer, issuer, method) for host, answer in seen.caa.items()}
    verdicts = {host: judge(host, views, expected) for host, views in seen.views.items()}
    facts = {
        host: fact(host, verdict, expected, lies_below(host, verdicts), caa.get(host))
        for host, verdict in verdicts.items()
    }
    return facts, seen.queries


def main() -> None:
    module = AnsibleModule(argument_spec=dict(API_OPTIONS, **OPTIONS), supports_check_mode=True)
    params = module.params
    if _dns_query.DNS_ERROR is not None or _dns_query.too_old():
        module.fail_json(msg=missing_required_lib("dnspython >= 2.6.1"), exception=_dns_query.DNS_ERROR)
    hosts, expected, settings, faults = prepared(params)
    if faults:
        module.fail_json(msg=" ".join(faults))
    folder, calls = params["state_dir"], {"total": 0}
    try:
        memory = _dns_memory.load(folder) if folder is not None else None
        if not expected.networks and params["server_id"] is not None:
            addresses, calls = server_address(module)
            expected = expected._replace(networks=addresses)
        if not settings.nameservers:
            settings = settings._replace(nameservers=tuple(_dns_query.system_nameservers(settings.port)))
        facts, queries = looked_up(hosts, expected, settings, params) if hosts else ({}, 0)
        reason = None
        if memory is not None and hosts:
            seen = {host: bool(entry["ready"]) for host, entry in facts.items()}
            memory, reason = _dns_memory.weigh(memory, _dns_memory.expectation(expected), seen, utc_now())
            if not module.check_mode:
                _dns_memory.save(folder, memory)
    except (DnsError, StateError) as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(dns=document(facts, expected, params["resolver"], reason), queries=queries, api_calls=calls)


if __name__ == "__main__":
    main()
