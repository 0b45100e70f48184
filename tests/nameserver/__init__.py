# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real name servers on loopback, by UDP and TCP: a recursive resolver and authoritative servers, with faults.

    with running() as dns:
        dns.point("client.com", a=["203.0.113.10"])
        ...  # ask 127.0.0.1 at dns.port, or pass **dns.options to domain_dns_info

It shares no code with the collection.
"""

from __future__ import annotations

from .records import AUTHORITATIVE, RECURSIVE, server_name
from .server import ACTIONS, FORGED, Nameserver, Query

__all__ = ["ACTIONS", "AUTHORITATIVE", "FORGED", "RECURSIVE", "Nameserver", "Query", "running", "server_name"]


def running(port: int = 0) -> Nameserver:
    """Name servers for a ``with`` block, on this port or on any that is free."""
    return Nameserver(port)
