# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run in which everything happens that can happen to a name, one refusal among it: what a person sees of it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, Ran, inventory, run, snapshot, write_json

MAPPED = ["a.com", "bad_name.com", "excluded.com", "flagged.com", "gave-up.com", "redirected.com", "taken.com", "z.com"]
PANEL: list[dict[str, Any]] = [
    {"name": "old-primary.com", "type": "primary"},
    {"name": "redirected.com", "type": "redirect"},
    {"name": "*.wild.com", "wildcard": 1},
    *({"name": name} for name in ("excluded.com", "flagged.com", "hand-made.com", "left.com", "network.com")),
]
POLICY = {
    "multisite_domains_ownership": "all",
    "multisite_domains_purge": True,
    "multisite_domains_grace_period": 0,
    "multisite_domains_min_absences": 1,
    "multisite_domains_extra_domains": ["shop.wild.com"],
    "multisite_domains_exclude": ["excluded.com", "exculded.com"],
    "multisite_domains_keep": ["hand-made.com", "hand-mad.com", ".nobody.com"],
    "multisite_domains_overrides": [{"name": "flagged.com", "www": True}],
    "multisite_domains_first_converge": True,
}
REFUSED = "refused  taken.com  "
LINES = [
    "network.com: 2 added, 1 updated, 0 removed, 1 as wanted, 1 differs, 1 waiting, 1 refused, 1 due, 3 kept, 1 covered, 1 ignored,"
    " 1 rejected (12 API calls)",
    "added  a.com  alias, www off, redirection none (mapping in stage done)",
    "added  xn--hha.com  alias, www off, redirection none (mapping in stage done)",
    "updated  flagged.com  alias, www off, redirection none -> alias, www on, redirection none (mapping in stage done; by an override)",
    "differs  redirected.com  is redirect, www off, redirection none, wanted alias, www off, redirection none"
    " (a redirect record is never turned into an alias by a list; runcloud_domain does it)",
    "waiting  gave-up.com  mapping in stage failed: the plugin gave up on its DNS check; save it in the plugin again once its DNS points here",
    "due  left.com  nothing wants it; it goes if a second read of the multisite agrees",
    "kept  *.wild.com  a wildcard",
    "kept  hand-made.com  on the keep list (hand-made.com)",
    "kept  old-primary.com  is the web app's primary",
    "ignored  excluded.com  excluded (excluded.com)",
    "rejected  bad_name.com  an underscore in a host name",
    "covered  1 name  covered by *.wild.com: shop.wild.com",
    "note  multisite_domains_first_converge has no effect: the web app already serves other names of this multisite",
    'note  "keep" (or the role\'s "exclude") names what neither the multisite nor the web app holds (2): exculded.com, hand-mad.com.'
    " Is it misspelt?",
    "warning  xn--hha.com is stored as ż.com. Browsers send the ASCII form, so WordPress never finds this row: store xn--hha.com.",
]
PURGED = [
    "network.com: 0 added, 0 updated, 1 removed (6 API calls)",
    "removed  left.com  was alias, www off, redirection none (nothing wants it)",
    "note  multisite_domains_first_converge has no effect: the web app already serves other names of this multisite",
]
DIFF = [
    "+a.com: alias, www off, redirection none",
    "-flagged.com: alias, www off, redirection none",
    "+flagged.com: alias, www on, redirection none",
    "+xn--hha.com: alias, www off, redirection none",
    "-left.com: alias, www off, redirection none",
]


class World(NamedTuple):
    """The run and the names that the panel was asked to add."""

    ran: Ran
    posted: list[str]


@pytest.fixture(scope="module")
def world(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The run."""
    folder = tmp_path_factory.mktemp("summary")
    apps = [{"id": 2, "name": "network"}, {"id": 3, "name": "neighbour"}]
    domains = [{"webapp_id": 2, **row} for row in PANEL] + [{"webapp_id": 3, "name": "taken.com"}]
    emu.seed({"webapps": apps, "domains": domains})
    document = snapshot(*MAPPED)
    document["mappings"][MAPPED.index("gave-up.com")]["stage"] = "failed"
    document["mappings"][MAPPED.index("z.com")]["domain"] = "ż.com"
    host = {
        "runcloud_server_id": 1,
        "runcloud_webapp_id": 2,
        "multisite_domains_source": "file",
        "multisite_domains_file": write_json(folder / "snapshot.json", document),
        "multisite_domains_api_url": emu.url,
        "multisite_domains_write_interval": 0,
        **POLICY,
    }
    hosts = inventory(folder, {"host": host}, {"ansible_connection": "local"})
    ran = run(folder, "-i", hosts, CONVERGE, "--diff", environment={"RUNCLOUD_API_TOKEN": TOKEN}, status=2)
    return World(ran, [body["name"] for method, _, body in emu.writes() if method == "POST"])


def test_one_refused_name_does_not_stop_the_others(world: World) -> None:
    assert world.posted == ["a.com", "taken.com", "xn--hha.com"]


def test_the_summary_names_everything_with_its_reason_although_the_run_failed(world: World) -> None:
    told, purged = world.ran.summaries("host")
    assert [line for line in told if not line.startswith((REFUSED, "backup  "))] == LINES
    assert [line for line in purged if not line.startswith("backup  ")] == PURGED


def test_a_refusal_has_the_panel_s_words_and_who_holds_the_name(world: World) -> None:
    (reason,) = (line.removeprefix(REFUSED) for line in world.ran.summaries("host")[0] if line.startswith(REFUSED))
    assert reason.startswith("add: POST /servers/1/webapps/2/domains: HTTP 422: The given data was invalid. [name: ")
    assert reason.endswith(" The web app neighbour (3) of this server holds it.")
    told = f"1 of the wanted changes could not be made, 3 were. taken.com (add){reason[3:]}"
    assert world.ran.failure("host").startswith(told)


def test_the_diff_is_shown_although_the_run_failed(world: World) -> None:
    lines = re.findall(r"^[+-]\w.*", world.ran.output, re.MULTILINE)
    assert lines == DIFF


def test_the_recap_counts_the_change_and_the_failure(world: World) -> None:
    recap = world.ran.recap("host")
    assert (recap["changed"], recap["failed"], recap["ignored"], recap["rescued"]) == (2, 1, 0, 1)
