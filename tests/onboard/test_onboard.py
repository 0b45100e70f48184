# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a fresh server to a network that converges by itself, over real SSH, with real PHP, WordPress and MariaDB."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any, NamedTuple

import pytest
import yaml

from tests.docs.blocks import fenced
from tests.onboard.conftest import KEY, loads
from tests.onboard.world import World
from tests.playbooks.runner import Ran
from tests.sshd import Sshd
from tests.wordpress.server import WebServer

WANTED = {
    "WP_ALLOW_MULTISITE": True,
    "MULTISITE": True,
    "SUBDOMAIN_INSTALL": True,
    "DOMAIN_CURRENT_SITE": "network.com",
    "PATH_CURRENT_SITE": "/",
    "SITE_ID_CURRENT_SITE": 1,
    "BLOG_ID_CURRENT_SITE": 1,
    "SUNRISE": True,
}


class State(NamedTuple):
    """What an onboarding could change."""

    config: str
    sunrise: bool
    flag: str
    keys: str
    program: bool
    memory: list[str]


def state(world: World) -> State:
    options = world.network.table("sitemeta")
    query = f"SELECT meta_value FROM `{options}` WHERE meta_key = 'wu_host_integrations_enabled'"
    home = world.app.parents[1]
    memory = sorted(path.name for path in (world.folder / "state").glob("*.json"))
    return State(
        world.config,
        (world.app / "wp-content/sunrise.php").exists(),
        world.network.sql(query)[0]["meta_value"],
        (home / ".ssh/authorized_keys").read_text(),
        (home / ".local").exists(),
        memory,
    )


class Story(NamedTuple):
    """The runs, each with what it wrote to the panel and the state after it."""

    fresh: State
    before: dict[str, Any]
    runs: dict[str, tuple[int, str, list[str], State]]
    second: Ran


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    fresh, before = state(world), world.constants()
    runs = {}
    ahead = world.onboard("--check", onboard_apply=True, onboard_adopt=True)
    runs["check"] = (ahead.status, ahead.text, world.writes(), state(world))
    for name, answer in (("nobody", None), ("wrong", "network.org"), ("right", "network.com")):
        status, text = world.answered(answer)
        runs[name] = (status, text, world.writes(), state(world))
    # As the documentation shows it.
    documented = yaml.safe_load(fenced("docs/onboarding.md", "yaml")[0])["multisites"]["hosts"]["network.com"]
    del documented["runcloud_api_token"]
    second = world.onboard(onboard_apply=True, onboard_adopt=True, **documented)
    runs["second"] = (second.status, second.text, world.writes(), state(world))
    return Story(fresh, before, runs, second)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("check", "In check mode this ends here."),
        ("nobody", "There was no answer."),
        ("wrong", "The answer was not the name of the network."),
    ],
)
def test_without_the_typed_name_all_is_shown_and_nothing_is_changed(story: Story, run: str, words: str) -> None:
    status, text, writes, after = story.runs[run]
    assert status == 0, text
    assert f"Nothing was changed. {words}" in text
    assert writes == []
    assert after == story.fresh
    # The wp-config.php that would be, the plan, and what to do about what others made.
    assert "+define( 'DOMAIN_CURRENT_SITE', 'network.com' );" in text
    assert "+client-one.com: alias" in text
    others = r'"hand-made.com",\s+"network.com"' if run == "check" else r'"hand-made.com"\s+\]'
    assert re.search(rf"this collection did not make them.*\(.*onboard_adopt.*\s+{others}", text)
    # The key, whose line would be a new one, and the flag.
    assert "Let the key run the program, and nothing else" in text
    assert "RunCloud integration: off; it was on." in text


def test_with_it_the_network_is_there(story: Story, world: World, sshd: Sshd) -> None:
    status, text, writes, after = story.runs["right"]
    assert status == 0, text
    added = [line for line in writes if line.endswith("/domains")]
    orders = [line for line in writes if line.endswith("/ssl")]
    # Two new names; a certificate for each that leads here, the customer who moved waits.
    assert (len(added), len(orders), len(writes)) == (2, 3, 5)
    assert after.program and after.keys.startswith(story.fresh.keys) and "snapshot.php" in after.keys
    read = sshd.ssh(sshd.folder / KEY)
    assert json.loads(read.stdout)["counts"] == {"networks": 1, "blogs": 4, "mappings": 3}
    assert after.sunrise and after.flag == 'a:1:{s:8:"runcloud";b:0;}'
    said = world.constants()
    assert {name: value for name, value in said.items() if name not in story.before} == WANTED
    assert {name: said[name] for name in story.before} == story.before
    assert json.loads(loads(world, sshd)) == [True, "http://network.com", 4]
    with WebServer(world.app) as served:
        request = urllib.request.Request(
            f"http://127.0.0.1:{served.port}/wp-login.php", headers={"Host": "network.com"}
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200 and b"user_login" in answer.read()


def test_the_file_s_other_lines_are_as_they_were(story: Story) -> None:
    after = story.runs["right"][3].config.splitlines()
    before = story.fresh.config.splitlines()
    assert [line for line in after if line in before] == before
    assert sorted(set(after) - set(before)) == sorted(
        f"define( '{name}', {json.dumps(value) if not isinstance(value, str) else repr(value)} );"
        for name, value in WANTED.items()
    )


def test_a_person_is_told_what_to_do_for_each_customer(story: Story, world: World) -> None:
    text = story.runs["right"][1]
    told = text[text.index("[What a person must do]") :]
    assert "moved.com: moved.com leads elsewhere" in told and "203.0.113.10" in told
    # A wildcard serves the sub-sites.
    assert "client-one.com" not in told and "one.network.com" not in told
    lines = re.findall(r'^        "(.*?)",?$', told[told.index("[What the inventory needs") :], re.MULTILINE)
    known = yaml.safe_load("\n".join(lines[1:]))
    assert (known["runcloud_server_id"], known["runcloud_webapp_id"]) == (1903, 646)
    assert (known["ansible_user"], known["multisite_domains_path"]) == (world.user, str(world.app))


def test_the_second_run_changes_nothing_but_what_it_was_asked_to_take_over(story: Story, world: World) -> None:
    status, text, writes, after = story.runs["second"]
    assert status == 0 and writes == []
    assert after[:5] == story.runs["right"][3][:5]
    (adoption,) = [line for line in text.splitlines() if "adopted" in line and "hand-made.com" in line]
    assert "adopted  hand-made.com" in adoption
    ledger = json.loads((world.folder / "state/ledger.json").read_text())
    adopted = [row["name"] for row in ledger["domains"] if row["how"] == "adopted"]
    assert sorted(adopted) == ["hand-made.com", "network.com"]


def test_no_secret_is_in_any_output(story: Story, world: World) -> None:
    hidden = [world.network.mariadb.PASSWORD, "s4lt-of-the-cookies", world.emu.token]
    for _status, text, _writes, _after in story.runs.values():
        assert [value for value in hidden if value in text] == []


@pytest.mark.parametrize(
    ("variables", "server", "words"),
    [
        ({}, {"online": False}, "The server web-1 (1903) is offline"),
        ({"runcloud_api_token": "wrong-token-0000"}, {}, "the token (or key and secret) is wrong or was revoked"),
        ({"onboard_panel_url": "https://manage.runcloud.io/servers/1903/webapplications/1"}, {}, "check the ids"),
        ({"ansible_user": "nobody-here"}, {}, "nobody-here@127.0.0.1 could not be reached over SSH"),
        (
            {"wp_config_integration": "on", "onboard_aply": True},
            {},
            "Unknown variables (misspelt?): onboard_aply. wp_config_integration must be enabled or disabled",
        ),
        ({"onboard_domain": "other.com"}, {}, "onboard_domain is other.com, but the network in"),
        ({"multisite_snapshot_public_key": "ssh-ed25519"}, {}, "multisite_snapshot_public_key must be one line"),
    ],
)
def test_what_keeps_it_from_working_is_told_and_nothing_is_changed(
    world: World, story: Story, variables: dict[str, Any], server: dict[str, Any], words: str
) -> None:
    assert story.second.status == 0
    held = state(world)
    world.seed(**server)
    failed = world.onboard(status=2, onboard_apply=True, **variables)
    assert words in failed.text
    assert world.writes() == [] and state(world) == held


def test_a_config_that_is_no_valid_php_is_told_and_left(world: World, story: Story) -> None:
    assert story.second.status == 0
    world.seed()
    text = world.config
    broken = text.replace("<?php", "<?php if (", 1)
    (world.app / "wp-config.php").write_text(broken)
    failed = world.onboard(status=2, onboard_apply=True)
    assert "is not valid PHP" in failed.text
    assert world.writes() == [] and world.config == broken
    (world.app / "wp-config.php").write_text(text)
