#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: acme_probe_info
short_description: Tells through which host names a file on the server can be fetched
version_added: 0.1.0
description:
  - Where a proxy stands before the server, DNS does not tell whether the proxy leads there. This module asks each host for a file that was put on the server
    before, in the way in which Let's Encrypt validates an order by HTTP-01.
  - It begins at port 80 and follows at most 10 redirects (301, 302, 307 and 308), to host names and to the ports of HTTP and HTTPS only. Certificates are not
    looked at. A host counts as reached when it answers HTTP 200 with exactly the content.
  - Of a host's addresses the first IPv6 one is asked, and the first IPv4 one where that takes no connection.
  - A redirect to an address that is not public is not followed, unless it is one of the host's own.
  - Run it on a machine that sees the names as visitors do, such as the control node. A proxy may treat that machine otherwise than Let's Encrypt.
author: wpmultisite.runcloud authors (@wpmultisite)
extends_documentation_fragment:
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.info_module
options:
  names:
    description:
      - The hosts to ask. Every malformed one is reported before the first query.
    type: list
    elements: str
    required: true
  url_path:
    description:
      - The path of the file in a URL, below C(/.well-known/). Not in C(acme-challenge), for which the web server has a place of its own.
    type: str
    required: true
  content:
    description:
      - What the file holds, from 16 to 127 letters, digits and C(. _ ~ -). Take another random text in each run, so that no cache knows it.
        It is no secret.
    type: str
    required: true
  http_port:
    description:
      - Port for HTTP.
    type: int
    default: 80
  https_port:
    description:
      - Port for HTTPS, to which redirects may lead.
    type: int
    default: 443
  nameservers:
    description:
      - Addresses of recursive resolvers, such as V(192.0.2.53), V(192.0.2.53:5353) or V([2001:db8::53]:5353). Those that do not work are passed over.
      - If not set, those of the machine.
    type: list
    elements: str
    default: []
  dns_timeout:
    description:
      - Seconds to wait for an answer of DNS.
    type: float
    default: 3.0
  timeout:
    description:
      - Seconds for one request to one address, from the connection to the last octet.
    type: float
    default: 10.0
  concurrency:
    description:
      - Requests that are under way at once, at most; from 1 to 100.
    type: int
    default: 20
requirements:
  - dnspython >= 2.6.1
notes:
  - The proxies of the environment (E(HTTP_PROXY) and the like) are not used, because what they see is not what visitors see.
seealso:
  - module: wpmultisite.runcloud.domain_dns_info
"""

EXAMPLES = r"""
- name: Which of the names behind a proxy lead to the server that holds the file
  wpmultisite.runcloud.acme_probe_info:
    names: [shop.com, www.shop.com]
    url_path: /.well-known/probe-x7Gq
    content: 5bYfC2mWq0Lr8tZk
  delegate_to: localhost
  register: found

- name: What is wrong with the others
  ansible.builtin.debug:
    msg: "{{ found.probes | rejectattr('reached') | map(attribute='message') | list }}"
"""

RETURN = r"""
probes:
  description: One entry for each host, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The host, in lower-case A-labels.
      type: str
      sample: shop.com
    reached:
      description: Whether the file came back.
      type: bool
      sample: false
    status:
      description: HTTP status of the last answer; null when none came.
      type: int
      sample: 404
    redirects:
      description: Where redirects led to, each as the beginning of a URL.
      type: list
      elements: str
      sample: [https://shop.com]
    message:
      description: What is seen, and what to do.
      type: str
      sample: >-
        It is not seen that shop.com leads here by way of https://shop.com: https://shop.com answers HTTP 404: the file is not there: this is
        another server, or its web server has a place of its own for /.well-known/.
reached:
  description: The hosts that were reached, sorted.
  returned: success
  type: list
  elements: str
  sample: [www.shop.com]
queries:
  description: DNS queries of the task.
  returned: success
  type: int
  sample: 6
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.wpmultisite.runcloud.plugins.module_utils import _dns_query
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._acme_fetch import Probe, probe_all
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._acme_probe import Ports, input_faults
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._dns import host_names, nameservers
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._dns_query import DnsError, Settings

OPTIONS: dict[str, Any] = {
    "names": {"type": "list", "elements": "str", "required": True},
    "url_path": {"type": "str", "required": True},
    "content": {"type": "str", "required": True},
    "http_port": {"type": "int", "default": 80},
    "https_port": {"type": "int", "default": 443},
    "nameservers": {"type": "list", "elements": "str", "default": []},
    "dns_timeout": {"type": "float", "default": 3.0},
    "timeout": {"type": "float", "default": 10.0},
    "concurrency": {"type": "int", "default": 20},
}
MOST_AT_ONCE = 100
DNS_PORT = 53


def prepared(params: dict[str, Any]) -> tuple[list[str], Probe, Settings, list[str]]:
    """The options as the code takes them: hosts, what to look for, how to ask DNS; and every fault in them."""
    hosts, faults = host_names(params["names"], "names")
    faults += input_faults(params["url_path"], params["content"])
    for name in ("http_port", "https_port"):
        if not 0 < params[name] < 65536:
            faults.append("%s must be from 1 to 65535." % name)
    servers, more = nameservers(params["nameservers"], DNS_PORT)
    faults += more
    for name in ("dns_timeout", "timeout"):
        if not 0 < params[name] < float("inf"):
            faults.append("%s must be a finite number of seconds above 0." % name)
    if not 0 < params["concurrency"] <= MOST_AT_ONCE:
        faults.append("concurrency must be from 1 to %d." % MOST_AT_ONCE)
    ports = Ports(params["http_port"], params["https_port"])
    probe = Probe(params["url_path"], params["content"], ports, params["timeout"], params["concurrency"])
    return sorted(hosts), probe, Settings(tuple(servers), authoritative=False, timeout=params["dns_timeout"]), faults


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    if _dns_query.DNS_ERROR is not None or _dns_query.too_old():
        module.fail_json(msg=missing_required_lib("dnspython >= 2.6.1"), exception=_dns_query.DNS_ERROR)
    hosts, probe, settings, faults = prepared(module.params)
    if faults:
        module.fail_json(msg=" ".join(faults))
    try:
        if not settings.nameservers:
            settings = settings._replace(nameservers=tuple(_dns_query.system_nameservers(settings.port)))
        probes, queries = probe_all(hosts, probe, settings) if hosts else ([], 0)
    except DnsError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(probes=probes, reached=[one["name"] for one in probes if one["reached"]], queries=queries)


if __name__ == "__main__":
    main()
