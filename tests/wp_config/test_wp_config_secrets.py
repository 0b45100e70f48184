# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are in the file and nowhere else; plain values ruin no output; the examples do what they say."""

from __future__ import annotations

import os
import re
import sys
import syslog
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.blocks import documented, examples
from tests.playbooks.runner import Ran, fake_sudo, run, write_json
from tests.wp_config.conftest import Module, Site, absent, present

# Quotes and backslashes are written otherwise by PHP, by JSON and by Python.
SECRETS = ["plain-s3cret-value", "q'u\"o\\te-s3cret", "$s3cret {{ 7*7 }}", "s3cret-é-日本"]
OLD = "old-s3cret-value"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The web host is this machine, and the site's user is whoever runs the tests."""
    (tmp_path / "remote").mkdir()
    return {
        "ANSIBLE_REMOTE_TMP": str(tmp_path / "remote"),
        "ANSIBLE_TRANSPORT": "local",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_BECOME_EXE": str(fake_sudo(tmp_path)),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }


def play(folder: Path, tasks: list[dict[str, Any]], environment: dict[str, str], *words: str, **options: Any) -> Ran:
    file = write_json(folder / "site.yml", [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
    return run(folder, file, *words, environment=environment, **options)


def hidden(output: str) -> bool:
    return "s3cret" not in re.sub(r"\\+", "", output)


def test_nothing_of_a_secret_is_printed(site: Site, tmp_path: Path, environment: dict[str, str]) -> None:
    site.write(
        f"<?php\ndefine('S0', '{OLD}'); // {OLD}\ndefine('R', '{OLD}');\nif (1) {{ define('IF', '{OLD}'); }}\n/* stop editing */\n"
    )
    given = [{"name": f"S{number}", "value": "{{ secrets[%d] }}" % number} for number in range(len(SECRETS))]
    (tmp_path / "secrets.yml").write_text(
        "secrets:\n" + "".join("  - !unsafe '%s'\n" % one.replace("'", "''") for one in SECRETS)
    )
    task = {"path": str(site.config), "secret_constants": [*given, absent("R")]}
    module = "wpmultisite.runcloud.wp_config_constants"
    words = ("-vvv", "--diff", "-e", f"@{tmp_path}/secrets.yml")
    done = play(tmp_path, [{module: task}], environment, *words)
    assert [site.constants()[f"S{number}"] for number in range(len(SECRETS))] == SECRETS
    assert "+define( 'S1', '*** new value, not shown ***' );" in done.output
    assert "-define( 'R', '*** old value, not shown ***' );" in done.output
    refused = play(tmp_path, [{module: {**task, "constants": [present("IF", 1)]}}], environment, *words, status=2)
    assert "IF (line 3)" in refused.failure("localhost")
    for ran in (done, refused):
        assert hidden(ran.text) and str(site.config) in ran.output


def test_nothing_of_a_secret_is_in_the_system_s_log(
    module: Module, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(syslog, "syslog", lambda *words: logged.append(str(words)))
    monkeypatch.setitem(sys.modules, "systemd", None)
    site.write(f"<?php\ndefine('S0', '{OLD}');\n/* stop editing */\n")
    given = [{"name": f"S{number}", "value": value} for number, value in enumerate(SECRETS)]
    assert module(site, secret_constants=given)["changed"] is True
    assert hidden("".join(logged))


@pytest.mark.parametrize(
    ("name", "old"),
    [
        ("AUTH_KEY", repr(OLD)),
        ("SMTP_PWD", repr(OLD)),
        ("DATABASE_URL", f"'mysql://u:{OLD}@h/d'"),
        ("WP_REDIS_CONFIG", f"['password' => '{OLD}']"),
        ("MY_PASS", "48151623"),
    ],
)
def test_an_old_value_that_may_be_a_secret_is_not_shown(module: Module, site: Site, name: str, old: str) -> None:
    site.write(f"<?php\ndefine('{name}', {old});\n/* stop editing */\n")
    changed = module(site, present(name, "now-a-plain-value"))
    assert OLD not in changed["output"] and "48151623" not in changed["output"]
    assert "now-a-plain-value" in changed["diff"]["after"]
    removed = module(site, absent(name))
    assert "now-a-plain-value" not in removed["output"] and name in removed["diff"]["before"]


@pytest.mark.parametrize("value", ["/", "1", "true", "e", "1234567", "", True, 7, [1, "/"], {"a": "e"}])
def test_a_short_secret_is_refused_and_masks_nothing(module: Module, site: Site, value: Any) -> None:
    text = site.text
    secret = {"name": "SHORT", "value": value}
    result = module(site, present("A", "/"), secret_constants=[secret, {"name": "LONG", "value": SECRETS[1]}])
    assert result.get("failed") and site.text == text
    assert "*" not in result["msg"] and "secret_constants, SHORT: value" in result["msg"]
    assert "LONG" not in result["msg"] and hidden(result["output"])


@pytest.mark.parametrize("value", ["/", "1", "true", "e", 1, True, "wp-config.php", "{{ 7*7 }}"])
def test_a_plain_value_ruins_no_output(module: Module, site: Site, value: Any) -> None:
    result = module(site, present("A", value), secret_constants=[{"name": "S", "value": SECRETS[0]}], backup=True)
    assert "********" not in re.sub(r'"value": "(\*{8}|VALUE_SPECIFIED_IN_NO_LOG_PARAMETER)"', "", result["output"])
    assert result["path_real"] == str(site.config) and os.path.exists(result["backup_file"])
    assert result["constants"] == [
        {"name": "A", "state": "added", "line": 2},
        {"name": "S", "state": "added", "line": 3},
    ]
    assert site.constants()["A"] == value


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "S", "vlaue": SECRETS[1]},
        {"name": "S", "value": {"deep": [SECRETS[1]]}},
        {"value": SECRETS[1]},
        {"name": "S", "value": SECRETS[1], "state": "here"},
        f"name=S vlaue={SECRETS[0]}",
        SECRETS[0],
    ],
)
def test_a_secret_in_an_entry_that_ansible_refuses_is_not_shown(module: Module, site: Site, entry: Any) -> None:
    for given in ([entry], entry):
        result = module(site, secret_constants=given)
        assert result.get("failed") and "invocation" in result and hidden(result["output"])


@pytest.mark.parametrize("secret", [SECRETS[0], SECRETS[1]])
def test_a_secret_in_a_wrong_place_is_not_shown(module: Module, site: Site, secret: str) -> None:
    row = {"name": "WU_TOKEN", "value": secret}
    for options in (
        {"secret_constant": [row]},
        {"secret_constants": [[secret]]},
        {"secret_constants": [{"name": secret, "value": secret}]},
        {"secrets": {"deep": [secret]}},
    ):
        result = module(site, present("A", "/"), **options)
        assert result.get("failed") and hidden(result["output"]), result["output"]


def test_a_secret_that_is_there_already_is_no_change(module: Module, site: Site) -> None:
    given = [{"name": f"S{number}", "value": value} for number, value in enumerate(SECRETS)]
    assert module(site, secret_constants=given)["changed"] is True
    again = module(site, secret_constants=given)
    assert again["changed"] is False and again["diff"]["before"] == again["diff"]["after"] == ""


def test_the_examples(site: Site, tmp_path: Path, environment: dict[str, str]) -> None:
    site.write(
        "<?php\ndefine('WU_RUNCLOUD_API_SECRET', 'old');\n/* stop editing */\nrequire_once ABSPATH . 'wp-settings.php';\n"
    )
    here = {"/home/network/webapps/app": str(site.folder), "/RunCloud/Packages/php83rc/bin/php": "php"}
    tasks = examples("modules/wp_config_constants", here)
    token = {"runcloud_api_token": SECRETS[0]}
    ran = play(
        tmp_path, tasks, environment, "-v", "--diff", "-e", yaml.safe_dump(token, default_flow_style=True).strip()
    )
    first, second = ran.results("localhost", "changed")
    assert [row["state"] for row in first["constants"]] == ["added"] * 4
    assert [(row["name"], row["state"]) for row in second["constants"]] == [
        ("WU_RUNCLOUD_API_TOKEN", "added"),
        ("WU_RUNCLOUD_API_SECRET", "removed"),
    ]
    documentation = yaml.safe_load(documented("modules/wp_config_constants", "RETURN"))
    for result in (first, second):
        assert set(result) - {"changed", "diff"} <= set(documentation)
    found = site.constants()
    assert (found["MULTISITE"], found["SITE_ID_CURRENT_SITE"], found["WP_CONTENT_DIR"]) == (
        True,
        1,
        f"{site.folder}/content",
    )
    assert found["WU_RUNCLOUD_API_TOKEN"] == SECRETS[0] and "WU_RUNCLOUD_API_SECRET" not in found
    assert hidden(ran.text) and "-u network " in (tmp_path / "became").read_text()
    # Run again, they change nothing.
    again = play(tmp_path, tasks, environment, "-v", "-e", yaml.safe_dump(token, default_flow_style=True).strip())
    assert again.recap("localhost")["changed"] == 0
