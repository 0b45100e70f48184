# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows that no customer should have, through the role: nothing is written because of them, whatever may be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, FROM_FILES, inventory, run, snapshot, write_json

KINDS = {
    "under_score{}.com": "an underscore in a host name",
    "host{}": "a single label, not a public host name",
    "10.0.0.{}": "an IP address, not a host name",
    "*.wild{}.com": "a wildcard: only multisite_domains_extra_domains may name one",
    "www.www.twice{}.com": "www. twice",
    "site{}.test": "the reserved top-level domain .test, which no public visitor can reach",
    "-dash{}.com": "a label that starts or ends with a hyphen",
    "two..dots{}.com": "an empty label (two dots in a row, or a dot at the start)",
    "x" * 64 + "{}.com": "a label longer than 63 characters",
    "{{{{ 7*{} }}}}.com": "characters that a host name cannot have",
    "shop{}.agency.com": "on the deny-list (.agency.com)",
    "name.{}": "a numeric top-level domain",
}
JUNK = {kind.format(number): reason for kind, reason in KINDS.items() for number in range(25)}


@pytest.mark.parametrize("ownership", ["ledger", "all"])
def test_three_hundred_of_them_lead_to_no_write(emu: Emulator, tmp_path: Path, ownership: str) -> None:
    held = ["network.com", "shop3.agency.com", "site4.test", "www.shop5.agency.com"]
    emu.seed({"domains": [{"name": name} for name in held]})
    host = {
        "runcloud_server_id": 1,
        "runcloud_webapp_id": 2,
        "multisite_domains_file": write_json(tmp_path / "snapshot.json", snapshot(*JUNK, "www.shop5.agency.com")),
        "multisite_domains_api_url": emu.url,
        "multisite_domains_ownership": ownership,
        "multisite_domains_deny": ["agency.com"],
        "multisite_domains_www_policy": "always",
        "multisite_domains_purge": True,
        "multisite_domains_grace_period": 0,
        "multisite_domains_min_absences": 1,
    }
    hosts = inventory(tmp_path, {"junk": host}, FROM_FILES)
    ran = run(tmp_path, "-i", hosts, CONVERGE, environment={"RUNCLOUD_API_TOKEN": TOKEN})
    assert len(JUNK) == 300
    assert [entry for entry in emu.journal if entry.method != "GET"] == []
    told = {name: reason for lines in ran.summaries("junk") for name, reason in _rejected(lines)}
    assert told == {**JUNK, "www.shop5.agency.com": "on the deny-list (.agency.com)"}
    recap = ran.recap("junk")
    assert (recap["failed"], recap["changed"]) == (0, 0)


def _rejected(lines: list[str]) -> list[tuple[str, str]]:
    rows = (line.split("  ", 2) for line in lines[1:])
    return [(row[1], row[2]) for row in rows if row[0] == "rejected"]
