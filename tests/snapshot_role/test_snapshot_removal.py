# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installed by root for the site's user, in the place of an older line, and removed by that user again: nothing is left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.playbooks.runner import Ran
from tests.snapshot_role.conftest import apply
from tests.sshd import Sshd, give_site
from tests.wordpress import Network

OLD = 'restrict,command="/opt/php81/bin/php -d display_errors=stderr /srv/old.php"'
FOREIGN = "# a note of somebody's\n"


class Life(NamedTuple):
    """What was there at each moment (path below the home → owner and text), and the runs. The last one removes twice."""

    sshd: Sshd
    before: dict[str, tuple[int, str]]
    installed: dict[str, tuple[int, str]]
    printed: dict[str, Any]
    ahead: Ran
    foreseen: dict[str, tuple[int, str]]
    removed: Ran
    after: dict[str, tuple[int, str]]


def home_of(sshd: Sshd) -> dict[str, tuple[int, str]]:
    """Path → owner and text of all that is in the home, but the site."""
    paths = [path for path in sshd.home.rglob("*") if "webapps" not in path.parts]
    return {
        str(path.relative_to(sshd.home)): (path.stat().st_uid, path.read_text() if path.is_file() else "")
        for path in paths
    }


@pytest.fixture(scope="module")
def life(made_network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    made_network.reset()
    folder = tmp_path_factory.mktemp("life")
    with Sshd() as sshd:
        app, key = give_site(sshd, made_network), sshd.new_key("snapshot")
        public = Path(f"{key}.pub").read_text()
        with sshd.authorized_keys.open("a") as file:
            # No line end at the end, as an editor may leave it.
            file.write(f"{FOREIGN}{OLD} {public.strip()}")
        variables = {"multisite_snapshot_path": str(app), "multisite_snapshot_public_key": public}
        root = {"ansible_connection": "local", "ansible_become_method": "ansible.builtin.su", **variables}
        before = home_of(sshd)
        apply(folder, sshd, {"network.com": root}, become=True)
        installed, printed = home_of(sshd), json.loads(sshd.ssh(key).stdout)
        absent = {"network.com": {"multisite_snapshot_state": "absent"}}
        ahead, foreseen = apply(folder, sshd, absent, "--check"), home_of(sshd)
        removed, after = apply(folder, sshd, absent, times=2), home_of(sshd)
        yield Life(sshd, before, installed, printed, ahead, foreseen, removed, after)


def test_root_leaves_nothing_of_its_own(life: Life) -> None:
    assert {owner for owner, _text in life.installed.values()} == {life.sshd.uid}
    assert life.printed["source"] == "command"


def test_the_line_of_the_same_key_is_replaced_and_no_other(life: Life) -> None:
    old, new = (there[".ssh/authorized_keys"][1].splitlines() for there in (life.before, life.installed))
    assert old[:2] == new[:2] and len(new) == 3
    assert new[2] != old[2] and new[2].endswith(old[2].removeprefix(OLD))


def test_a_look_ahead_at_the_removal_removes_nothing(life: Life) -> None:
    assert life.foreseen == life.installed
    assert life.ahead.recap("network.com")["changed"] == 3


def test_nothing_is_left(life: Life) -> None:
    assert set(life.after) - set(life.before) == {".local", ".local/share"}
    assert life.after[".ssh/authorized_keys"][1] == "".join(
        f"{line}\n" for line in life.before[".ssh/authorized_keys"][1].splitlines()[:2]
    )


def test_the_second_removal_in_a_row_changes_nothing(life: Life) -> None:
    assert life.removed.recap("network.com")["changed"] == 3
