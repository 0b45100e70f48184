# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real WordPress multisites converge: check mode, the run, and the run again, over v3 and v2, as one inventory of three hosts.

The web hosts are reached by a connection that records every byte; the inventory has a ``localhost`` that cannot be reached and
has no Python, the play becomes another user, and one network is read as its site's user. Four processes serve all these tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.emulator import KEY, PULL_KEYS, SECRET, Emulator, Entry
from tests.playbooks.runner import CONVERGE, Ran, closed_port, fake_sudo, inventory, run
from tests.wordpress import MariaDB, Network

# A subdomain network over both versions of the API, and a folder network. Each has a server and a web app of its own.
HOSTS = ("sub3", "sub2", "dir3")
V2 = ("sub2",)
LEFT = "{{ 7*7 }}.left-over.com"
MAPPED = "{{ 7*7 }}.com"
ENV_TOKEN = "token-of-the-environment-0001"
OPTION_TOKEN = "token-of-the-inventory-0002"

ADDED = {
    "client-one.com": "alias, www off, redirection none (mapping in stage done)",
    "client-two.com": "alias, www on, redirection none (mapping in stage done)",
    "new-client.com": "alias, www off, redirection none (mapping in stage checking-dns)",
    "status.agency.com": "alias, www off, redirection none (extra domain)",
}
WAITING = {
    "gave-up.com": "mapping in stage failed: the plugin gave up on its DNS check; save it there again once its DNS points here"
}
REJECTED = {"bad_name.com": "an underscore in a host name", MAPPED: "characters that a host name cannot have"}
SUB_SITES = ("one.network.com", "two.network.com", "three.network.com")


class Story(NamedTuple):
    """Three runs with what the panel was asked in each, the web apps after the second, and what other programs were told."""

    checked: Ran
    ran: Ran
    again: Ran
    asked: tuple[list[Entry], list[Entry], list[Entry]]
    domains: dict[str, list[dict[str, Any]]]
    sent: bytes
    became: list[str]

    def calls(self, number: int, host: str) -> list[str]:
        """What the panel was asked for a host in one of the runs."""
        return [str(entry) for entry in self.asked[number] if entry.path.startswith(f"/servers/{_server(host)}")]


def _server(host: str) -> int:
    return HOSTS.index(host) + 1


def _webapp(host: str) -> int:
    return HOSTS.index(host) + 11


def _fill(network: Network) -> None:
    network.reset()
    for domain in ("client-one.com", "client-two.com", "www.client-two.com", "bad_name.com", MAPPED):
        network.add_mapping(domain)
    network.add_mapping("new-client.com", blog=3, stage="checking-dns")
    network.add_mapping("gave-up.com", blog=4, stage="failed")


def _seed(emu: Emulator, networks: dict[str, Network]) -> None:
    webapps, domains = [], []
    for host, network in networks.items():
        app = _webapp(host)
        webapps.append({"id": app, "server_id": _server(host), "name": host, "rootPath": str(network.path)})
        domains += [{"webapp_id": app, "name": network.domain, "type": "primary", "www": 1}]
        domains += [{"webapp_id": app, "name": f"*.{network.domain}", "wildcard": 1}] if network.subdomain else []
        domains += [{"webapp_id": app, "name": LEFT}]
    servers = [{"id": _server(host)} for host in HOSTS]
    tokens = [OPTION_TOKEN, ENV_TOKEN]
    emu.seed({"servers": servers, "webapps": webapps, "domains": domains, "tokens": tokens})


@pytest.fixture(scope="module")
def networks(made_network: Network, made_folder_network: Network) -> dict[str, Network]:
    """Host → its multisite."""
    _fill(made_network)
    _fill(made_folder_network)
    return {host: made_network if host.startswith("sub") else made_folder_network for host in HOSTS}


@pytest.fixture(scope="module")
def environment(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the runs; one host takes its token from it."""
    folder = tmp_path_factory.mktemp("control")
    return {
        "RUNCLOUD_API_TOKEN": ENV_TOKEN,
        "RUNCLOUD_API_URL": emu.url,
        "RECORDING": str(folder / "recording"),
        "XDG_STATE_HOME": str(folder / "state"),
        "ANSIBLE_BECOME_EXE": str(fake_sudo(folder)),
        # Otherwise Ansible hands files to the site's user, who does not exist.
        "ANSIBLE_PIPELINING": "true",
        # With the options of each task, which newer versions of Ansible show only when asked.
        "ANSIBLE_INJECT_INVOCATION": "true",
    }


@pytest.fixture(scope="module")
def hosts_file(networks: dict[str, Network], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The inventory."""
    hosts: dict[str, dict[str, Any]] = {
        host: {
            "runcloud_server_id": _server(host),
            "runcloud_webapp_id": _webapp(host),
            "multisite_domains_path": str(network.path),
            **({"runcloud_api_key": KEY, "runcloud_api_secret": SECRET} if host in V2 else {}),
        }
        for host, network in networks.items()
    }
    hosts["sub3"]["multisite_domains_site_user"] = "siteuser"
    hosts["dir3"]["runcloud_api_token"] = OPTION_TOKEN
    everywhere = {
        "ansible_connection": "recorded",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "multisite_domains_write_interval": 0,
        "multisite_domains_extra_domains": ["status.agency.com"],
    }
    with closed_port() as port:
        nowhere = {
            "ansible_connection": "ssh",
            "ansible_port": port,
            "ansible_python_interpreter": "/nonexistent/python",
        }
        yield inventory(tmp_path_factory.mktemp("inventory"), hosts, everywhere, localhost=nowhere)


@pytest.fixture(scope="module")
def story(
    emu: Emulator,
    networks: dict[str, Network],
    hosts_file: str,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    """What is told here."""
    _seed(emu, networks)
    folder = tmp_path_factory.mktemp("story")
    runs: list[Ran] = []
    asked: list[list[Entry]] = []
    domains: dict[str, list[dict[str, Any]]] = {}
    for words in (["--check"], ["--diff", "--become", "--become-user", "operator", "-vvvv"], []):
        emu.clear_journal()
        runs.append(run(folder, "-i", hosts_file, CONVERGE, *words, environment=environment))
        asked.append(emu.journal)
        domains = domains or ({host: emu.domains(_webapp(host)) for host in HOSTS} if len(runs) == 2 else {})
    recording = Path(environment["RECORDING"])
    became = recording.with_name("became").read_text().splitlines()
    return Story(runs[0], runs[1], runs[2], (asked[0], asked[1], asked[2]), domains, recording.read_bytes(), became)


@pytest.mark.parametrize("host", HOSTS)
def test_check_mode_predicts_the_run_and_writes_nothing(story: Story, host: str) -> None:
    assert story.checked.entries(host, "would be added") == ADDED
    assert story.ran.entries(host, "added") == ADDED
    assert [call for call in story.calls(0, host) if not call.startswith("GET ")] == []


@pytest.mark.parametrize("host", HOSTS)
def test_the_run_adds_what_is_missing_and_nothing_else(story: Story, host: str, networks: dict[str, Network]) -> None:
    added = {row["name"]: row["www"] for row in story.domains[host] if row["name"] in ADDED}
    assert added == {"client-one.com": 0, "client-two.com": 1, "new-client.com": 0, "status.agency.com": 0}
    before = {networks[host].domain, LEFT} | ({"*.network.com"} if host.startswith("sub") else set())
    assert {row["name"] for row in story.domains[host]} == before | set(ADDED)


@pytest.mark.parametrize("host", HOSTS)
def test_a_run_with_four_changes_costs_nine_calls(story: Story, host: str) -> None:
    root = f"/servers/{_server(host)}"
    app = f"{root}/webapps/{_webapp(host)}"
    calls = [re.sub(r"\?.*|(?<=domains/)\d+", "", call) for call in story.calls(1, host)]
    listing, post = f"GET {app}/domains", f"POST {app}/domains"
    assert calls == [listing, f"GET {root}", f"GET {app}", post, f"GET {app}/domains/", post, post, post, listing]


@pytest.mark.parametrize("host", HOSTS)
def test_the_run_again_finds_nothing_to_do(story: Story, host: str) -> None:
    root = f"/servers/{_server(host)}/webapps/{_webapp(host)}"
    assert story.calls(2, host) == [f"GET {root}/domains?page=1&perPage=40"]
    assert story.again.recap(host)["changed"] == 0
    assert story.ran.recap(host)["changed"] == 1
    assert story.again.summary(host)[0].partition(": ")[2].startswith("0 added, 0 updated, 0 removed, ")


@pytest.mark.parametrize("host", HOSTS)
def test_credentials_choose_the_version(story: Story, host: str) -> None:
    entries = [entry for entry in story.asked[1] if entry.path.startswith(f"/servers/{_server(host)}")]
    assert {entry.version for entry in entries} == {"v2" if host in V2 else "v3"}
    (authorization,) = {entry.headers["authorization"] for entry in entries}
    wanted = {"sub3": f"Bearer {ENV_TOKEN}", "dir3": f"Bearer {OPTION_TOKEN}"}.get(host, "Basic ")
    assert authorization.startswith(wanted)


@pytest.mark.parametrize("host", HOSTS)
def test_the_summary_names_everything(story: Story, host: str, networks: dict[str, Network]) -> None:
    ran, network = story.ran, networks[host].domain
    covered = dict.fromkeys(SUB_SITES, "covered by *.network.com") if host.startswith("sub") else {}
    kept = {LEFT: "its name cannot be compared with any list"} | ({"*.network.com": "a wildcard"} if covered else {})
    assert ran.entries(host, "waiting") == WAITING
    assert ran.entries(host, "kept") == kept
    said = {f"{len(covered)} names": f"covered by *.network.com: {', '.join(sorted(covered))}"} if covered else {}
    assert ran.entries(host, "covered") == said
    assert ran.entries(host, "rejected") == REJECTED
    counts = f"4 added, 0 updated, 0 removed, 1 as wanted, 1 waiting, {len(kept)} kept, "
    counts += f"{len(covered)} covered, 2 rejected" if covered else "2 rejected"
    assert ran.summary(host)[0] == f"{network}: {counts} (9 API calls)"


def test_text_from_outside_that_looks_like_a_template_stays_text(story: Story) -> None:
    for ran in (story.checked, story.ran, story.again):
        assert f'"rejected  {MAPPED}  ' in ran.output
        assert f'"kept  {LEFT}  ' in ran.output
        assert "49.com" not in ran.text and "49.left-over.com" not in ran.text


def test_the_diff_holds_the_records(story: Story) -> None:
    for name in ADDED:
        assert len(re.findall(rf"^\+{re.escape(name)}: alias, www o", story.ran.output, re.MULTILINE)) == len(HOSTS)
    assert "\n+" not in story.checked.output


def test_no_output_holds_a_secret(story: Story, mariadb: MariaDB) -> None:
    secrets = (ENV_TOKEN, OPTION_TOKEN, KEY, SECRET, mariadb.PASSWORD, *PULL_KEYS)
    assert (
        "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in story.ran.output
    )  # the options are shown, the secrets among them masked
    for ran in (story.checked, story.ran, story.again):
        assert [secret for secret in secrets if secret in ran.text] == []


def test_no_byte_of_a_credential_reaches_a_web_host(story: Story) -> None:
    assert story.sent.count(b"multisite_info") >= 3 * len(HOSTS)
    assert [word for word in (ENV_TOKEN, OPTION_TOKEN, KEY, SECRET) if word.encode() in story.sent] == []
    assert b"runcloud_domains" not in story.sent


def test_the_recording_would_show_a_credential(
    emu: Emulator, hosts_file: str, environment: dict[str, str], tmp_path: Path, networks: dict[str, Network]
) -> None:
    recording = tmp_path / "recording"
    options = f"api_token={OPTION_TOKEN} server_id=3 webapp_id=13"
    command = ["dir3", "-i", hosts_file, "-m", "wpmultisite.runcloud.runcloud_domain_info", "-a", options]
    run(tmp_path, *command, environment={**environment, "RECORDING": str(recording)}, program="ansible")
    assert OPTION_TOKEN.encode() in recording.read_bytes()


def test_only_the_read_becomes_the_site_s_user(story: Story) -> None:
    # Once in each of the three runs, also in the one whose whole play becomes another user.
    assert [re.findall(r"-u (\w+)", line) for line in story.became] == [["siteuser"]] * 3
