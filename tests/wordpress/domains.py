# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network with a stand-in for the plugin's own functions about mapped domains, and its queue."""

from __future__ import annotations

import json
from typing import Any

from .network import HERE, Network

QUEUE = "actionscheduler_actions"
CHECK = "wu_async_process_domain_stage"


def use_plugin(network: Network, code: str = "") -> None:
    """Puts the stand-in in the place of the plugin, with PHP ``code`` after it, and an empty queue on the main site."""
    network.write_plugin(code=f"require_once '{HERE / 'domains.php'}';\n{code}")
    table = network.table(QUEUE)
    network.sql(f"DROP TABLE IF EXISTS `{table}`")
    network.sql(
        f"CREATE TABLE `{table}` (action_id bigint unsigned NOT NULL auto_increment PRIMARY KEY, hook varchar(191) NOT NULL,"
        " status varchar(20) NOT NULL, args varchar(191), `group` varchar(191))"
    )


def enqueue(network: Network, row: int, status: str = "pending", hook: str = CHECK, **more: Any) -> None:
    """Puts a job about a domain into the queue."""
    args = json.dumps({"domain_id": row, **more})
    network.sql(
        f"INSERT INTO `{network.table(QUEUE)}` (hook, status, args, `group`) VALUES (%s, %s, %s, 'domain')",
        (hook, status, args),
    )


def queue(network: Network) -> list[tuple[str, str, Any, str]]:
    """Hook, status, arguments and group of each job, in order."""
    rows = network.rows(QUEUE)
    return [(row["hook"], row["status"], json.loads(row["args"]), row["group"]) for row in rows]


def stages(network: Network) -> dict[str, str | None]:
    """Domain → stage, as stored."""
    return {row["domain"]: row["stage"] for row in network.rows("wu_domain_mappings")}
