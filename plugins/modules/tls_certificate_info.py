#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_certificate_info
short_description: Tells which certificates the visitors of many hosts see
version_added: 0.1.0
description:
  - Shakes hands by TLS with many hosts at once and says of each, in words for a person, whether visitors get a certificate that they trust, and for how long.
  - It sees what visitors see when it runs elsewhere than on the server, and what the web server itself shows when it runs there with O(connect_to=127.0.0.1).
  - A host that fails is a result, never a failure of the task.
  - A certificate that is in order costs one handshake. Another one costs two, the second to read what is not trusted.
author: wpmultisite.runcloud authors (@wpmultisite)
extends_documentation_fragment:
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.info_module
options:
  names:
    description:
      - The hosts to ask. Every malformed one is reported before the first connection.
    type: list
    elements: str
    required: true
  addresses:
    description:
      - The address of a host, or a list of addresses that are tried in turn until one takes the connection.
      - Hosts that are not in it are looked up by the resolver of the machine. Of no host more than four addresses are tried.
      - Entries for hosts that are not in O(names) are not looked at.
    type: dict
    default: {}
  connect_to:
    description:
      - The one address that is asked for all hosts, for example V(127.0.0.1) on the web host itself.
    type: str
  port:
    description:
      - The port to connect to.
    type: int
    default: 443
  proxy_networks:
    description:
      - Ranges of proxies that may stand before the server. Of a host there only the proxy's certificate is seen, so it is C(proxied).
      - If not set, the ranges that Cloudflare publishes. An empty list accepts none.
    type: list
    elements: str
  warn_fraction:
    description:
      - A certificate is C(expiring) when less than this part of its lifetime is left; from V(0), never, to below V(1).
      - Most clients, as that of Let's Encrypt, renew when a third is left. With the default the renewal is late by 7 days of 90, 5 of 64 or 4 of 45.
        Of a lifetime of 6 days a day and a half is left.
    type: float
    default: 0.25
  check_http:
    description:
      - Whether to get a page of each host after the handshake. A redirection is told and not followed.
    type: bool
    default: true
  http_path:
    description:
      - The path of that page.
    type: str
    default: /
  ca_path:
    description:
      - A file with the certificate authorities to trust, in PEM, or a folder as C(openssl rehash) makes it.
      - If not set, those of the machine.
    type: path
  timeout:
    description:
      - Seconds to connect, to shake hands, and to read the page, each.
    type: float
    default: 10.0
  concurrency:
    description:
      - Hosts that are asked at once, at most; from 1 to 200.
    type: int
    default: 50
requirements:
  - cryptography >= 3.4
notes:
  - Before Python 3.10 the chain that a server sends cannot be seen. Then C(incomplete_chain) is told as C(untrusted_chain), and only the dates of the
    server's own certificate are looked at.
seealso:
  - module: wpmultisite.runcloud.domain_dns_info
"""

EXAMPLES = r"""
- name: What visitors see
  wpmultisite.runcloud.tls_certificate_info:
    names: [client.com, www.client.com, moved.com]
  delegate_to: localhost
  register: seen

- name: What is wrong, in words
  ansible.builtin.debug:
    msg: "{{ seen.hosts | rejectattr('ok') | map(attribute='message') | list }}"

- name: What the web server shows by itself, whatever DNS and proxies say
  wpmultisite.runcloud.tls_certificate_info:
    names: [client.com]
    connect_to: 127.0.0.1

- name: The handshake alone, at a known address
  wpmultisite.runcloud.tls_certificate_info:
    names: [client.com, www.client.com]
    addresses:
      client.com: 203.0.113.10
      www.client.com: ["2001:db8::10", 203.0.113.10]
    check_http: false
  delegate_to: localhost
"""

RETURN = r"""
hosts:
  description: One entry for each host, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The host, in lower-case A-labels.
      type: str
      sample: client.com
    state:
      description:
        - V(valid), or V(expiring) (it should have been renewed by now).
        - V(expired), or V(not_yet_valid).
        - V(name_mismatch) (another site answers, with its certificate).
        - V(self_signed), V(incomplete_chain) (the issuer's certificate is not sent), or V(untrusted_chain).
        - V(no_certificate) (the server answers without one), or V(unreachable).
        - V(proxied) (the address is that of an accepted proxy; RV(hosts[].faults) says what visitors get from it).
      type: str
      sample: name_mismatch
    ok:
      description: Whether visitors get a certificate that they trust, from the server or from a proxy before it.
      type: bool
      sample: false
    faults:
      description: All states above that hold, the most telling first, without V(valid) and V(proxied).
      type: list
      elements: str
      sample: [name_mismatch]
    reason:
      description:
        - Of V(unreachable), V(refused), V(timeout), V(no_route), V(reset) (the connection was cut), V(no_address), V(dns) (the resolver fails) or V(error).
        - Of V(no_certificate), V(alert) (sent by the server), V(no_tls), V(handshake) (no common ground) or V(unreadable).
        - Else null.
      type: str
      sample:
    message:
      description: What is seen and what to do.
      type: str
      sample: >-
        client.com: another site answers, with a certificate for network.com, *.network.com. client.com has none of its own there.
    address:
      description: The address that was asked; null when there is none.
      type: str
      sample: 203.0.113.10
    names:
      description: The DNS names that the certificate covers.
      type: list
      elements: str
      sample: [network.com, "*.network.com"]
    subject:
      description: Whose certificate it is, in the form of RFC 4514. Null without a certificate, and so are the following ones.
      type: str
      sample: CN=network.com
    issuer:
      description: Who issued it.
      type: str
      sample: CN=R11,O=Let's Encrypt,C=US
    serial:
      description: Its serial number in hexadecimal.
      type: str
      sample: 4a7d1f0c
    not_before:
      description: Since when it is valid, in UTC.
      type: str
      sample: "2026-06-01T00:00:00Z"
    not_after:
      description: Until when it is valid, in UTC.
      type: str
      sample: "2026-08-29T23:59:59Z"
    days_left:
      description: Days until then, to a tenth; below zero when it expired.
      type: float
      sample: 42.5
    lifetime_days:
      description: Days from the first to the last moment of its validity.
      type: float
      sample: 90.0
    fingerprint:
      description: SHA-256 of the certificate in hexadecimal.
      type: str
      sample: 8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4
    chain:
      description: The certificates that the server sends, its own first.
      type: list
      elements: dict
      contains:
        subject:
          description: Whose certificate it is.
          type: str
          sample: CN=network.com
        issuer:
          description: Who issued it.
          type: str
          sample: CN=R11,O=Let's Encrypt,C=US
        not_after:
          description: Until when it is valid, in UTC.
          type: str
          sample: "2026-08-29T23:59:59Z"
    chain_ok:
      description: Whether they lead to a trusted authority.
      type: bool
      sample: true
    http:
      description: The answer to the GET; null when none was asked for, and without a certificate.
      type: dict
      contains:
        status:
          description: Its status, null without an answer.
          type: int
          sample: 301
        location:
          description: Where it leads.
          type: str
          sample: https://network.com/
        error:
          description:
            - Why there was no answer, V(timeout), V(reset), V(no_http), V(alert), V(handshake) or V(error).
          type: str
          sample:
counts:
  description: How many hosts are in each state.
  returned: success
  type: dict
  sample: {name_mismatch: 1}
handshakes:
  description: TLS handshakes that were begun.
  returned: success
  type: int
  sample: 1
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timezone
from ipaddress import ip_address
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._dns import CLOUDFLARE, host_names, networks
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._tls import CRYPTOGRAPHY_ERROR, Rules, judge
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._tls_probe import Settings, contexts, probe_all
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._tls_words import fact

OPTIONS: dict[str, Any] = {
    "names": {"type": "list", "elements": "str", "required": True},
    "addresses": {"type": "dict", "default": {}},
    "connect_to": {"type": "str"},
    "port": {"type": "int", "default": 443},
    "proxy_networks": {"type": "list", "elements": "str"},
    "warn_fraction": {"type": "float", "default": 0.25},
    "check_http": {"type": "bool", "default": True},
    "http_path": {"type": "str", "default": "/"},
    "ca_path": {"type": "path"},
    "timeout": {"type": "float", "default": 10.0},
    "concurrency": {"type": "int", "default": 50},
}
MOST_AT_ONCE = 200
LONGEST_WAIT = 3600


def utc_now() -> datetime:
    """The clock by which certificates expire."""
    return datetime.now(timezone.utc)


def given_addresses(addresses: Mapping[str, Any]) -> tuple[dict[str, list[str]], list[str]]:
    """The addresses of each host, and every fault."""
    found: dict[str, list[str]] = {}
    faults = []
    for name, value in addresses.items():
        hosts, more = host_names([str(name)], "addresses")
        faults += more
        texts = [str(one).strip() for one in (value if isinstance(value, list) else [value])]
        for text in texts:
            if not is_address(text):
                faults.append(
                    "addresses: %r of %s is no IP address; give one such as 203.0.113.10, or a list of them."
                    % (text, name)
                )
        found.update((host, texts) for host in hosts)
    return found, faults


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def prepared(params: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Any, ...], Settings]:
    """The options as the code takes them: hosts with their addresses, proxies, how to ask.

    :raises ValueError: with every fault in them.
    """
    hosts, faults = host_names(params["names"], "names")
    addresses, more = given_addresses(params["addresses"])
    faults += more
    one = params["connect_to"]
    if one is not None:
        if not is_address(one.strip()):
            faults.append("connect_to: %r is no IP address; give one such as 127.0.0.1." % one)
        if addresses:
            faults.append("connect_to goes for all hosts: give it or addresses, not both.")
        addresses = {host: [one.strip()] for host in hosts}
    given = CLOUDFLARE if params["proxy_networks"] is None else params["proxy_networks"]
    proxies, more = networks(given, "proxy_networks")
    faults += more
    if not 0 < params["port"] < 65536:
        faults.append("port must be from 1 to 65535.")
    if not 0 <= params["warn_fraction"] < 1:
        faults.append("warn_fraction must be from 0 to below 1, for example 0.25.")
    if not re.fullmatch(r"/[!-~]*", params["http_path"]):
        faults.append(
            "http_path: %r must begin with / and have neither spaces nor letters beyond ASCII." % params["http_path"]
        )
    if not 0 < params["timeout"] <= LONGEST_WAIT:
        faults.append("timeout must be a number of seconds above 0, at most %d." % LONGEST_WAIT)
    if not 0 < params["concurrency"] <= MOST_AT_ONCE:
        faults.append("concurrency must be from 1 to %d." % MOST_AT_ONCE)
    try:
        trust = contexts(params["ca_path"])
    except ValueError as exc:
        faults.append("ca_path: %s" % exc)
    if faults:
        raise ValueError(" ".join(faults))
    path = params["http_path"] if params["check_http"] else None
    settings = Settings(trust, params["port"], params["timeout"], params["concurrency"], path)
    return {host: addresses.get(host) for host in hosts}, proxies, settings


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    params = module.params
    if CRYPTOGRAPHY_ERROR is not None:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=CRYPTOGRAPHY_ERROR)
    try:
        targets, proxies, settings = prepared(params)
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    seen = probe_all(targets, settings)
    rules = Rules(utc_now(), params["warn_fraction"], proxies)
    hosts = [fact(host, judge(host, seen[host], rules), rules, settings.port) for host in sorted(seen)]
    counts = Counter(host["state"] for host in hosts)
    handshakes = sum(shown.handshakes for shown in seen.values())
    module.exit_json(changed=False, hosts=hosts, counts=dict(sorted(counts.items())), handshakes=handshakes)


if __name__ == "__main__":
    main()
