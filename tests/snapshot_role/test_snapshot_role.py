# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role by real ansible-playbook over a real SSH server: what it installs, what the key can do then, and what is left."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.docs.blocks import fenced, write_files
from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import Ran, closed_port, inventory, run, write_json
from tests.snapshot_role.conftest import PIPELINING, Read, apply
from tests.sshd import Sshd, give_site
from tests.wordpress import MariaDB, Network

README = "roles/multisite_snapshot/README.md"
PROGRAM = ".local/share/wpmultisite/snapshot.php"


class Installed(NamedTuple):
    """The role after its runs: a look ahead, the first run, which is the README's, the second one. ``key`` is the private key."""

    app: Path
    key: Path
    ahead: Ran
    first: Ran
    second: Ran
    left_ahead: list[str]


def tree(home: Path) -> list[str]:
    """All files and folders of a home but the site's."""
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if "webapps" not in path.parts)


@pytest.fixture(scope="module")
def installed(sshd: Sshd, made_network: Network, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    made_network.reset()
    made_network.add_mapping("client-one.com")
    made_network.add_mapping("müller.de", stage="failed")
    folder = tmp_path_factory.mktemp("installed")
    app, key = give_site(sshd, made_network), sshd.new_key("snapshot")
    public = Path(f"{key}.pub").read_text()
    variables = {"multisite_snapshot_path": str(app), "multisite_snapshot_public_key": public}
    before = tree(sshd.home)
    ahead = apply(folder, sshd, {"network.com": variables}, "--check", "--diff")
    left = [path for path in tree(sshd.home) if path not in before]
    here = {
        "/home/runcloud/webapps/app-network": str(app),
        "user: runcloud": f"user: {sshd.user}",
        "~/.ssh/multisite_snapshot.pub": f"{key}.pub",
    }
    written = write_files(README, folder, here)
    assert written == ["snapshot.yml", "inventory.yml"]
    hosts = {"multisites": {"hosts": {"network.com": sshd.inventory_vars()}}}
    first = run(folder, "-i", write_json(folder / "hosts.json", hosts), written[0], environment=PIPELINING)
    second = apply(folder, sshd, {"network.com": variables}, "--diff")
    return Installed(app, key, ahead, first, second, left)


@pytest.fixture
def site(installed: Installed, sshd: Sshd, made_network: Network) -> Iterator[Path]:
    """The site's wp-config.php, which is put back after the test."""
    config = installed.app / "wp-config.php"
    text = config.read_text()
    yield config
    config.write_text(text)
    config.chmod(0o644)


def asked(sshd: Sshd, key: Path, *words: str, **more: Any) -> dict[str, Any]:
    """What the key gives, which must be a snapshot."""
    ran = sshd.ssh(key, *words, **more)
    assert ran.returncode == 0, ran.stderr
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def test_check_mode_writes_nothing_and_foresees_the_run(installed: Installed) -> None:
    assert installed.left_ahead == []
    assert installed.ahead.recap("network.com")["changed"] >= 2
    assert installed.first.recap("network.com")["changed"] >= 3


def test_the_second_run_changes_nothing(installed: Installed) -> None:
    assert installed.second.recap("network.com")["changed"] == 0


def test_all_belongs_to_the_user_and_to_nobody_else(installed: Installed, sshd: Sshd) -> None:
    modes = {
        **dict.fromkeys([".local", ".local/share", ".local/share/wpmultisite", ".ssh"], 0o700),
        **dict.fromkeys([PROGRAM, ".ssh/authorized_keys"], 0o600),
    }
    found = {name: (sshd.home / name).stat() for name in modes}
    assert {name: stat.S_IMODE(about.st_mode) for name, about in found.items()} == modes
    assert {about.st_uid for about in found.values()} == {sshd.uid}
    first, second = sshd.authorized_keys.read_text().splitlines()
    assert first == Path(f"{sshd.identity}.pub").read_text().strip()
    assert second.startswith('restrict,command="php -d ') and second.endswith(" snapshot@control-node")


def test_the_key_prints_what_the_source_php_reads(installed: Installed, sshd: Sshd, read: Read) -> None:
    printed = asked(sshd, installed.key)
    assert {**printed, "source": "php"} == read(path=str(installed.app))["snapshot"]
    assert [row["domain"] for row in printed["mappings"]] == ["client-one.com", "müller.de"]


def test_whatever_else_is_asked_for_gives_the_snapshot_or_nothing(
    installed: Installed, sshd: Sshd, tmp_path: Path
) -> None:
    plain = asked(sshd, installed.key)
    for words in (["id"], ["cat", "/etc/passwd"], ["sh", "-c", "'echo n0ise'"], ["--", "-r", "echo 1;"]):
        assert asked(sshd, installed.key, *words, given=b"<?php echo 'n0ise';") == plain
    assert asked(sshd, installed.key, options=("-o", "SetEnv=PHPRC=/tmp LD_PRELOAD=/tmp/x.so")) == plain
    terminal = sshd.ssh(installed.key, options=("-tt",))
    assert b"PTY allocation request failed" in terminal.stderr and terminal.stdout == b""
    stolen, target = tmp_path / "stolen", f"{sshd.user}@127.0.0.1"
    options = [word.replace("-p", "-P") if word == "-p" else word for word in sshd.options(installed.key)]
    for mode in ("-s", "-O"):
        command = ["scp", mode, *options, f"{target}:/etc/passwd", str(stolen)]
        assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode != 0
    sftp = ["sftp", *options, f"{target}:/etc/passwd", str(stolen)]
    assert subprocess.run(sftp, capture_output=True, check=False, timeout=60).returncode != 0
    assert not stolen.exists()


def test_no_port_is_forwarded(installed: Installed, sshd: Sshd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as secret:
        port = secret.getsockname()[1]
        inward = sshd.ssh(installed.key, options=("-W", f"127.0.0.1:{port}"))
        assert inward.returncode != 0 and b"administratively prohibited" in inward.stderr
        secret.settimeout(0)
        with pytest.raises(BlockingIOError):
            secret.accept()
    with closed_port() as port:
        outward = sshd.ssh(installed.key, options=("-R", "0:127.0.0.1:1", "-o", "ExitOnForwardFailure=yes"))
    assert outward.returncode != 0 and outward.stdout == b""


def test_nothing_but_the_users_shell_and_php_runs(installed: Installed, sshd: Sshd) -> None:
    before = len(sshd.log.read_text())
    asked(sshd, installed.key, "python3", "-c", "1")
    sessions = re.findall(r"Starting session: (.*) for ", sshd.log.read_text()[before:])
    (line,) = (row for row in sshd.authorized_keys.read_text().splitlines() if row.startswith("restrict"))
    command = line.split('"')[1]
    assert sessions == [f"forced-command (key-option) '{command}'"]
    assert command.split()[0] == "php" and command.split()[-1] == str(sshd.home / PROGRAM)


def test_the_module_and_the_role_read_by_it_without_python_on_the_web_host(
    installed: Installed, sshd: Sshd, read: Read, tmp_path: Path
) -> None:
    shown = inventory_of(installed.first)
    documented = yaml.safe_load(fenced(README, "yaml")[1])["multisites"]["hosts"]["network.com"]
    words = documented["multisite_domains_command"]
    assert words.pop() == "runcloud@203.0.113.10"
    words += ["-p", str(sshd.port), f"{sshd.user}@127.0.0.1"]
    assert shown == documented
    command = [str(installed.key) if word == "~/.ssh/multisite_snapshot" else word for word in words]
    command[1:1] = ["-F", os.devnull, "-o", f"UserKnownHostsFile={sshd.known_hosts}"]
    assert read(source="command", command=command)["snapshot"] == asked(sshd, installed.key)
    with Emulator() as emu, closed_port() as port:
        emu.seed(
            {
                "servers": [{"id": 11}],
                "webapps": [{"id": 11, "server_id": 11, "rootPath": str(installed.app)}],
                "domains": [
                    {"webapp_id": 11, "name": "network.com"},
                    {"webapp_id": 11, "name": "*.network.com", "wildcard": 1},
                ],
            }
        )
        host = {
            **shown,
            "multisite_domains_command": command,
            # Ansible itself could not reach the web host.
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": port,
            "runcloud_server_id": 11,
            "runcloud_webapp_id": 11,
        }
        hosts = inventory(tmp_path, {"network.com": host}, {"multisite_domains_write_interval": 0})
        environment = {"RUNCLOUD_API_TOKEN": TOKEN, "RUNCLOUD_API_URL": emu.url}
        ran = run(tmp_path, "-i", hosts, "wpmultisite.runcloud.converge", "--check", environment=environment)
    assert list(ran.entries("network.com", "would be added")) == ["client-one.com"]


def inventory_of(ran: Ran) -> dict[str, Any]:
    """The lines that a run has shown, as an inventory reads them."""
    (found,) = re.findall(r"^ok: \[network\.com\] => (\{\n.*?^\})", ran.output, re.MULTILINE | re.DOTALL)
    lines: list[str] = json.loads(found)["msg"]
    document: dict[str, Any] = yaml.safe_load("\n".join(lines[1:]))
    return document


def test_php_ini_can_neither_spoil_nor_forbid(installed: Installed, sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "noise.php").write_text("<?php echo 'n0ise';")
    settings = ["display_errors=1", "disable_functions=proc_open", "output_handler=nowhere", "extension=nowhere"]
    settings += [f"{name}={tmp_path}/noise.php" for name in ("auto_prepend_file", "auto_append_file")]
    (tmp_path / "noise.ini").write_text("\n".join(settings))
    (line,) = (row for row in sshd.authorized_keys.read_text().splitlines() if row.startswith("restrict"))
    environment = {**os.environ, "PHP_INI_SCAN_DIR": f":{tmp_path}"}
    ran = subprocess.run(line.split('"')[1], shell=True, capture_output=True, check=False, env=environment)
    assert json.loads(ran.stdout)["counts"]["mappings"] == 2


@pytest.mark.parametrize(
    ("find", "put", "words"),
    [
        ("127.0.0.1:", "127.0.0.1:1", "no database server answers"),
        ("<?php\n", "<?php echo 'n0ise';\n", "prints text, which is not shown"),
        ("<?php\n", "<?php file_put_contents('php://stdout', 'n0ise'); error_log('n0ise');\n", "prints text"),
        (None, None, "cannot read"),
    ],
)
def test_a_failure_reaches_who_runs_it_by_hand_and_no_log(
    installed: Installed, sshd: Sshd, read: Read, site: Path, find: str | None, put: str | None, words: str
) -> None:
    if find is None or put is None:
        os.chown(site, 0, 0)
        site.chmod(0o600)
    else:
        site.write_text(site.read_text().replace(find, put, 1))
    ran = sshd.ssh(installed.key, options=("-T",))
    (line,) = ran.stderr.decode().splitlines()
    assert (ran.returncode, ran.stdout) == (3, b"")
    assert line.startswith(f"Cannot read the multisite in {installed.app}: ") and words in line
    assert "n0ise" not in line and MariaDB.PASSWORD not in line
    command = ["ssh", *sshd.options(installed.key), f"{sshd.user}@127.0.0.1"]
    said = read(source="command", command=command)["msg"]
    assert "it ended with exit status 3. What it printed is not shown" in said and words not in said
