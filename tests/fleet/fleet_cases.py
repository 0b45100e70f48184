# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The 20 networks: what is in each database, on the panel, in the ledger and in DNS. Nothing here says what a report should say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

# For who leaves DNS and certificates to others.
DOMAINS_ONLY = {"multisite_domains_dns": False}
PURGE = {"multisite_domains_purge": True, "multisite_domains_grace_period": 0, "multisite_domains_min_absences": 1}
WORD = "the customer moves, ticket 4711 <b>&</b>"
# In the plugin's table, where nobody stops a program from writing them.
NASTY_ROWS = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "{{ 7*7 }}",
    "{% raw %}",
    "\x1b]0;owned\x07\x1b[31mred",
    "evil\u202emoc.elgoog",
    "| and | pipes |",
    "</script><!-- -->",
    "@everyone [a](https://evil.com) ![i](j) `b`",
)
# On the panel, which a person or a program of old has filled.
NASTY_RECORDS = ("<img src=x onerror=alert(2)>.com", "{{ 6*7 }}.com", "\x1b[2kcleared.com", "=1+1|x.com")
NASTY_TITLE = "<script>alert('title')</script>{{ 7*7 }}\x1b[31m=cmd|x"
NASTY_ANSWER = "Invalid API Token. <script>alert('answer')</script> {{ 5*7 }} \x1b[31m =cmd|x"
NASTY_APP = "\x1b[31m<script>alert('app')</script>{{ 7*7 }}"


class Case(NamedTuple):
    """A network whose own name has a record and a certificate, and leads to the server.

    ``mapped``: names in the plugin's table (all stage done), with ``stages`` for others. ``records``: further names on the panel with their
    fields. ``ages``: days of the certificates of 90; a name that is not in it has none. ``ours``: names in the ledger, with what was written.
    ``elsewhere``: names whose DNS leads elsewhere. ``variables``: the inventory's.
    """

    mapped: Sequence[str] = ()
    records: Mapping[str, Mapping[str, Any]] = {}
    ages: Mapping[str, int] = {}
    ours: Mapping[str, Mapping[str, Any]] = {}
    stages: Mapping[str, str] = {}
    elsewhere: Sequence[str] = ()
    variables: Mapping[str, Any] = {}


def _served(*names: str, **fields: Any) -> dict[str, Any]:
    """Records and certificates of names, with the mappings that ask for them."""
    return {
        "mapped": names,
        "records": {name: dict(fields) for name in names},
        "ages": dict.fromkeys(names, 10),
    }


CASES: dict[str, Case] = {
    "calm-plain": Case(**_served("calm-one.com", "calm-two.com")),
    "calm-waiting": Case(
        mapped=("calm-three.com", "moving.com", *NASTY_ROWS),
        records={"calm-three.com": {}, "by-hand.com": {}},
        ages={"calm-three.com": 10},
        elsewhere=("moving.com",),
        variables={"multisite_domains_add_when": "ready"},
    ),
    "calm-known": Case(
        mapped=("calm-four.com",),
        variables={
            **DOMAINS_ONLY,
            "multisite_domains_overrides": [{"name": "calm-four.com", "reason": WORD, "until": "2099-01-01"}],
        },
    ),
    "drift-missing": Case(mapped=("missing-one.com", "missing-two.com"), variables=DOMAINS_ONLY),
    "drift-changed": Case(
        mapped=("changed.com",),
        records={"changed.com": {"www": 1, "redirection": "non-www"}},
        ages={"changed.com": 10},
        ours={"changed.com": {"www": True}},
        variables=DOMAINS_ONLY,
    ),
    "drift-removal": Case(
        records={"gone.com": {}}, ours={"gone.com": {"missing_reads": 5}}, variables={**PURGE, **DOMAINS_ONLY}
    ),
    "drift-left": Case(records={"left.com": {}}, ours={"left.com": {"missing_reads": 5}}, variables=DOMAINS_ONLY),
    "drift-bare": Case(mapped=("bare.com",), records={"bare.com": {}}),
    "drift-ending": Case(mapped=("ending.com",), records={"ending.com": {}}, ages={"ending.com": 80}),
    "drift-stuck": Case(
        **{**_served("stuck.com", "fine.com"), "stages": {"stuck.com": "ssl-failed"}},
    ),
    "drift-by-hand": Case(
        mapped=("beside.com",),
        records={name: {} for name in ("hand-made.com", *NASTY_RECORDS)},
        variables=DOMAINS_ONLY,
    ),
    "drift-www": Case(
        mapped=("half.com", "www.half.com"),
        records={"half.com": {"www": 0}},
        ages={"half.com": 10},
        ours={"half.com": {"www": True}},
    ),
    "drift-moved": Case(
        mapped=("left-us.com", "came.com", "late.com"),
        records={"left-us.com": {}},
        ages={"left-us.com": 10},
        elsewhere=("left-us.com", "late.com"),
        variables={"multisite_domains_add_when": "ready"},
    ),
    "dead-socket": Case(
        mapped=("unseen-one.com",), variables={"multisite_domains_login_unix_socket": "/nowhere/mysqld.sock"}
    ),
    "dead-password": Case(mapped=("unseen-two.com",), variables={"multisite_domains_login_password": "changed-since"}),
    "dead-dropped": Case(mapped=("unseen-three.com",)),
    "revoked-one": Case(mapped=("locked-one.com", "bad_row.com")),
    "revoked-two": Case(mapped=("locked-two.com",), variables=DOMAINS_ONLY),
    "emptied": Case(
        mapped=("stays.com",),
        records={name: {} for name in ("stays.com", *(f"lost-{number}.com" for number in range(8)))},
        ages={"stays.com": 10},
        ours={f"lost-{number}.com": {"missing_reads": 5} for number in range(8)},
        variables={**PURGE, **DOMAINS_ONLY},
    ),
    "staging": Case(mapped=("cloned.com",)),
}
