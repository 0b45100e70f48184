# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program on its own, run as a person runs it: it says what the source php says, or nothing and why."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.playbooks.runner import closed_port
from tests.snapshot_role.conftest import Read
from tests.source.conftest import ended
from tests.source.test_source_refusals import CONFIG, SECRETS, rewrite
from tests.wordpress import Network

Execute = Callable[..., "subprocess.CompletedProcess[str]"]


def program(path: object, **options: Any) -> str:
    filters = importlib.import_module("ansible_collections.wpmultisite.runcloud.plugins.filter.snapshot_program")
    text: str = filters.FilterModule().filters()["snapshot_program"](str(path), **options)
    return text


@pytest.fixture
def execute(tmp_path: Path) -> Execute:
    """Writes the program for a folder and runs it."""

    def call(path: object, **options: Any) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "snapshot.php"
        file.write_text(program(path, **options))
        return subprocess.run(["php", str(file)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    return call


def refusal(ran: subprocess.CompletedProcess[str]) -> str:
    """The one line of a run that printed nothing else."""
    assert (ran.returncode, ran.stdout) == (3, "")
    (line,) = ran.stderr.splitlines()
    assert [secret for secret in SECRETS if secret in line] == []
    return line


def same(execute: Execute, read: Read, network: Network, **options: Any) -> dict[str, Any]:
    """What the program prints, which is what the source php reads but for the source."""
    ran = execute(network.path, **options)
    assert (ran.returncode, ran.stderr) == (0, "")
    printed: dict[str, Any] = json.loads(ran.stdout)
    assert {**printed, "source": "php"} == read(path=str(network.path), **options)["snapshot"]
    assert printed["source"] == "command"
    return printed


def test_it_is_what_the_source_php_reads(execute: Execute, read: Read, network: Network) -> None:
    network.add_mapping("müller.de", stage="failed")
    network.add_mapping("{{ 7*7 }}.com", active=None)
    network.set_option("wp-ultimo_v2_settings", 'a:1:{s:21:"enable_domain_mapping";b:1;}')
    printed = same(execute, read, network)
    assert [row["domain"] for row in printed["mappings"]] == ["müller.de", "{{ 7*7 }}.com"]


def test_folders_mercator_and_no_plugin(execute: Execute, read: Read, folder_network: Network) -> None:
    folder_network.use_mercator()
    folder_network.add_mercator("client.com")
    (row,) = same(execute, read, folder_network, mapping_plugin="mercator")["mappings"]
    unknown = dict.fromkeys(("primary", "secure", "stage"))
    assert row == {"id": 1, "blog_id": 2, "domain": "client.com", "active": 1, **unknown}
    none = same(execute, read, folder_network, mapping_plugin="none")
    assert (none["mappings"], none["mapping_plugin"]["unread_rows"]) == ([], 1)


def test_a_folder_by_a_link_with_a_name_that_needs_quoting(
    execute: Execute, read: Read, network: Network, tmp_path: Path
) -> None:
    link = tmp_path / 'WPM_ABOUT; it\'s "$x" {$y} {{ z }}\\ é'
    link.symlink_to(network.path)
    ran = execute(f"{link}/")
    wordpress = json.loads(ran.stdout)["wordpress"]
    assert (wordpress["root"], wordpress["root_real"]) == (str(link), str(network.path))


def test_a_list_that_fills_every_pipe(execute: Execute, read: Read, network: Network) -> None:
    network.add_mappings(f"client-{number}.com" for number in range(20_000))
    assert len(same(execute, read, network)["mappings"]) == 20_000


@pytest.mark.parametrize(("find", "put", "words"), CONFIG)
def test_a_wp_config_that_cannot_be_used_is_told_as_the_module_tells_it(
    execute: Execute, read: Read, network: Network, find: str, put: str, words: list[str]
) -> None:
    rewrite(network, find, put)
    line = refusal(execute(network.path))
    module = read(path=str(network.path))["msg"]
    assert line == module.replace(
        "Run the module as the site's user (become and become_user).", "Run the program as the site's user."
    )


def test_what_wp_config_says_on_the_error_output_is_dropped(execute: Execute, read: Read, network: Network) -> None:
    network.write_config(extra="file_put_contents('php://stderr', 'n0ise'); error_log('n0ise'); $x = $n0ise;")
    same(execute, read, network)


def test_a_wp_config_that_never_ends_is_ended(network: Network, tmp_path: Path) -> None:
    network.write_config(extra=f"file_put_contents('{tmp_path}/pid', getmypid()); while (true);")
    text = program(network.path)
    assert text.count('"timeout": 60') == 1
    (tmp_path / "snapshot.php").write_text(text.replace('"timeout": 60', '"timeout": 1'))
    ran = subprocess.run(["php", str(tmp_path / "snapshot.php")], capture_output=True, text=True, check=False)
    assert "PHP did not finish within 60 seconds. Is the database busy?" in refusal(ran)
    assert ended(int((tmp_path / "pid").read_text()))


@given(path=st.text().filter(str.isprintable).map("/{}".format), host=st.from_regex(r"\A[a-z0-9.-]+(:[0-9]+)?\Z"))
@example(path="/srv/@READER@/@ABOUT@/@INPUT@", host="network.com")
@settings(deadline=None)
def test_any_folder_comes_through(path: str, host: str) -> None:
    before, about, after = re.split(
        r"^(?:\$wpm_about = <<<'WPM_ABOUT'|WPM_ABOUT;)$", program(path, http_host=host), flags=re.M
    )
    asked = json.loads(about)["asked"]
    assert (asked["root"], asked["http_host"]) == (path.rstrip("/") or "/", host)
    assert "\n" not in about.strip("\n") and before + after == "".join(
        re.split(r"^(?:\$wpm_about = <<<'WPM_ABOUT'|WPM_ABOUT;)$", program("/"), flags=re.M)[::2]
    )


def test_an_http_host_is_given_to_wp_config(execute: Execute, read: Read, network: Network) -> None:
    network.write_config(extra="if ($_SERVER['HTTP_HOST'] !== 'network.com:8080') { exit; }")
    assert "wp-config.php asks for HTTP_HOST" in refusal(execute(network.path))
    same(execute, read, network, http_host="network.com:8080")


def test_a_dead_database(execute: Execute, network: Network) -> None:
    with closed_port() as port:
        network.write_config(db_host=f"127.0.0.1:{port}")
        line = refusal(execute(network.path))
    assert line == (
        f"Cannot read the multisite in {network.path}: the database connection failed: no database server answers (error 2002)."
        f" Start the database, or correct DB_HOST in {network.config}."
    )


def test_a_folder_that_is_not_there(execute: Execute, tmp_path: Path) -> None:
    assert "it is no folder that exists. Correct path." in refusal(execute(tmp_path / "nowhere"))
    assert "no wp-includes/version.php" in refusal(execute(tmp_path))


def test_a_table_of_another_plugin(execute: Execute, network: Network) -> None:
    network.use_mercator()
    network.sql(f"ALTER TABLE `{network.table('domain_mapping')}` ADD is_primary tinyint")
    line = refusal(execute(network.path, mapping_plugin="mercator"))
    assert (
        "the table wp_domain_mapping is not the one that Mercator makes: its columns are id, blog_id, domain, active, is_primary"
        in line
    )


def test_names_in_a_column_that_is_not_unicode(execute: Execute, network: Network) -> None:
    network.add_mapping("plain.com")
    number = network.add_mapping("müller.de")
    table = network.table("wu_domain_mappings")
    network.sql(f"ALTER TABLE `{table}` MODIFY domain varchar(191) CHARACTER SET latin1")
    assert f"table {table}, id {number}: domain is not in plain letters" in refusal(execute(network.path))
    network.sql(f"DELETE FROM `{table}` WHERE id = %s", (number,))
    assert execute(network.path).returncode == 0


@pytest.mark.parametrize(
    ("path", "options", "words"),
    [
        ("app", {}, ["path is 'app', but must be absolute"]),
        ("/app", {"http_host": "https://x"}, ["http_host must be a host name"]),
        ("app", {"mapping_plugin": "other"}, ["path is 'app'", "mapping_plugin is 'other', but must be one of ultimate_multisite"]),
        ("/a\npp", {}, ["path must be a text"]),
    ],
)  # fmt: skip
def test_arguments_that_cannot_be(path: str, options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        program(path, **options)
    assert all(word in str(caught.value) for word in words)
