# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role refuses, with what is wrong and what to do next, and with nothing changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.playbooks.runner import Ran
from tests.snapshot_role.conftest import apply
from tests.sshd import Sshd

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2NnkXlpqqkoOZWBBvlUE9y7wG6QJOxV2sPLNcdTmt4"
OURS = 'restrict,command="php -d display_errors=stderr /home/x/y.php"'
ONE_LINE = "multisite_snapshot_public_key must be one line with one public key"
PLAIN = "nothing but letters, digits and . _ - @ + ="

# Host: what it is given, and what is said. None of them is connected to.
INPUT: dict[str, tuple[dict[str, Any], list[str]]] = {
    "misspelt": ({"multisite_snapshot_pathh": "/x"}, ["Unknown variables (misspelt?): multisite_snapshot_pathh."]),
    "all-at-once": (
        {"multisite_snapshot_path": "app", "multisite_snapshot_public_key": "", "multisite_snapshot_http_host": "https://x/"},
        ["multisite_snapshot_path must be", "public_key is needed: the one line of the .pub file", "http_host must be a host name"],
    ),
    "root": ({"multisite_snapshot_site_user": "root"}, ["and not root"]),
    "two-keys": ({"multisite_snapshot_public_key": f"{KEY}\n{KEY}\n"}, [ONE_LINE]),
    "line-break": ({"multisite_snapshot_public_key": f"{KEY} a\rb"}, [ONE_LINE]),
    "options": ({"multisite_snapshot_public_key": f'from="10.0.0.1" {KEY}'}, [ONE_LINE]),
    "two-blanks": ({"multisite_snapshot_public_key": KEY.replace(" ", "  ")}, [ONE_LINE]),
    "no-key": ({"multisite_snapshot_public_key": "ssh-ed25519 AAAA"}, [ONE_LINE]),
    "private": ({"multisite_snapshot_public_key": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r"}, [ONE_LINE]),
    "other-type": ({"multisite_snapshot_public_key": KEY.replace("ed25519", "rsa", 1)}, [ONE_LINE]),
    "dsa": ({"multisite_snapshot_public_key": f"ssh-dss AAAAB3NzaC1kc3M{'A' * 60}"}, [ONE_LINE]),
    "quote": ({"multisite_snapshot_program": '/srv/a".php'}, ["multisite_snapshot_program is /srv/a", PLAIN]),
    "blank": ({"multisite_snapshot_program": "/srv/a b.php"}, [PLAIN]),
    "up": ({"multisite_snapshot_program": "~/../x.php"}, [PLAIN]),
    "relative": ({"multisite_snapshot_program": "x.php"}, [PLAIN]),
    "no-php": ({"multisite_snapshot_program": "~/.bashrc"}, ["end with .php"]),
    "shell": ({"multisite_snapshot_php_executable": "php; id"}, ["multisite_snapshot_php_executable is php; id", PLAIN]),
    "php-path": ({"multisite_snapshot_php_executable": "bin/php"}, ["must be an absolute path or a name"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("refusals")


@pytest.fixture(scope="module")
def given(sshd: Sshd, folder: Path) -> Ran:
    """One run over all bad input; nobody could be connected to."""
    usual = {"multisite_snapshot_path": "/srv/app", "multisite_snapshot_public_key": KEY, "ansible_port": 1}
    hosts = {host: {**usual, **variables} for host, (variables, _words) in INPUT.items()}
    return apply(folder, sshd, hosts, status=2)


@pytest.mark.parametrize("host", INPUT)
def test_bad_input_is_refused_before_anything_else(given: Ran, host: str) -> None:
    assert given.recap(host)["unreachable"] == 0
    said = given.failure(host)
    assert said.startswith("Nothing was changed. ")
    assert [word for word in INPUT[host][1] if word not in said] == []


# Host: what it is given besides, and what is said.
THERE: dict[str, tuple[dict[str, Any], list[str]]] = {
    "full-key": (
        {"multisite_snapshot_public_key": "identity", "multisite_snapshot_program": "~/taken.php"},
        ["so it can do something else, and still could. Make a new pair", "taken.php that this role has not made"],
    ),
    "foreign-command": (
        {"multisite_snapshot_public_key": "foreign", "multisite_snapshot_program": "~/app/wp-content/x.php"},
        ["so it can do something else", "/app/wp-content/x.php, in a folder that the web server serves"],
    ),
    "second-file": (
        {"multisite_snapshot_public_key": "second", "multisite_snapshot_program": "~/link/x.php"},
        ["so it can do something else", "/app/x.php, in a folder that the web server serves"],
    ),
    "twice": (
        {"multisite_snapshot_public_key": "twice", "multisite_snapshot_program": "~/webapps/other/x.php"},
        ["stands more than once", "/webapps/other/x.php, in a folder that the web server serves"],
    ),
    "another-network": (
        {"multisite_snapshot_public_key": "busy"},
        ["The public key runs ", "already, for whoever reads another network"],
    ),
    "nobody": ({"multisite_snapshot_site_user": "nobody-here"}, ["There is no system user nobody-here on this host"]),
    "daemon": (
        {"multisite_snapshot_site_user": "daemon"},
        ["The shell of the user daemon is /usr/sbin/nologin, so no key lets anybody in"],
    ),
    "fine": ({"multisite_snapshot_public_key": "noted"}, ["cannot read yet. Cannot read the multisite in"]),
}


@pytest.fixture(scope="module")
def there(folder: Path) -> Any:
    """One run over hosts where something stands in the way; gives it with what the home held before and after."""
    with Sshd() as sshd:
        keys = {
            name: Path(f"{sshd.new_key(name)}.pub").read_text()
            for name in ("foreign", "second", "twice", "busy", "noted", "plain")
        }
        keys["identity"] = Path(f"{sshd.identity}.pub").read_text()
        lines = [keys["identity"], f'restrict,command="rrsync /srv" {keys["foreign"]}']
        lines += [f"{OURS} {keys['twice']}"] * 2 + [
            f"{OURS.replace('/home/x/y.php', str(sshd.home / 'other.php'))} {keys['busy']}"
        ]
        lines += [f"# {keys['noted']}"]
        (sshd.home / "taken.php").write_text("<?php echo 'of somebody else';")
        (sshd.home / "other.php").touch()
        (sshd.home / "app").mkdir()
        (sshd.home / "link").symlink_to(sshd.home / "app")
        for name, text in (("authorized_keys", "".join(lines)), ("authorized_keys2", keys["second"])):
            file = sshd.home / ".ssh" / name
            file.write_text(text)
            file.chmod(0o600)
            os.chown(file, sshd.uid, -1)
        usual = {"multisite_snapshot_path": str(sshd.home / "app"), "multisite_snapshot_public_key": "plain"}
        hosts = {host: {**usual, **variables} for host, (variables, _words) in THERE.items()}
        for variables in hosts.values():
            variables["multisite_snapshot_public_key"] = keys[variables["multisite_snapshot_public_key"]]
        ran = apply(folder, sshd, hosts, "--forks", "4", status=2)
        yield ran, (sshd.home / ".ssh" / "authorized_keys").read_text(), "".join(lines), keys["noted"]


@pytest.mark.parametrize("host", THERE)
def test_what_stands_in_the_way_is_told(there: Any, host: str) -> None:
    said = there[0].failure(host)
    assert [word for word in THERE[host][1] if word not in said] == []


def test_only_the_key_that_stood_nowhere_but_in_a_note_was_let_in(there: Any) -> None:
    _ran, after, before, noted = there
    assert after.startswith(before)
    (line,) = after.removeprefix(before).splitlines()
    assert line.startswith('restrict,command="') and line.endswith(noted.strip())
