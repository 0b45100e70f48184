# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache: what it saves, when it does not count, and that no secret is in it or anywhere in the output."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import KEY, PULL_KEYS, SECRET, TOKEN
from tests.inventory.fleet import Fleet, hostvars
from tests.playbooks.runner import run

CALLS = 4


def cached(fleet: Fleet, **options: Any) -> dict[str, Any]:
    """The options, with a cache that lasts."""
    folder = str(fleet.folder / "cache")
    return {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": folder, **options}


def kept(fleet: Fleet) -> Path:
    """The one file of the cache."""
    (path,) = (fleet.folder / "cache").iterdir()
    return path


def test_a_cached_inventory_makes_no_call_and_is_the_same(fleet: Fleet) -> None:
    first = fleet.listed(**cached(fleet))
    assert len(fleet.emu.calls()) == CALLS
    assert fleet.listed(**cached(fleet)) == first
    # Expressions, names and what is left out are made anew from it.
    other = fleet.listed(**cached(fleet, exclude_webapps=["app-*"], hostname="id", compose={"a": "runcloud_app_name"}))
    assert {host: row["a"] for host, row in hostvars(other).items()} == {"webapp-647": "shop", "webapp-648": "shop"}
    assert len(fleet.emu.calls()) == CALLS
    fleet.run("--flush-cache", "--list")
    assert len(fleet.emu.calls()) == 2 * CALLS
    os.utime(kept(fleet), (1, 1))
    fleet.run("--list")
    assert len(fleet.emu.calls()) == 3 * CALLS


def test_a_broken_cache_is_read_anew_and_mended(fleet: Fleet) -> None:
    good = fleet.listed(**cached(fleet))
    whole = kept(fleet).read_text()
    kept(fleet).write_text("[]")
    fleet.run("--list")
    assert kept(fleet).read_text() == whole
    kept(fleet).write_text("{")
    # Ansible's own warning about the file.
    with pytest.raises(AssertionError, match="Most likely a corrupt file"):
        fleet.run("--list")
    assert kept(fleet).read_text() == whole and len(fleet.emu.calls()) == 3 * CALLS
    assert fleet.listed(**cached(fleet)) == good and len(fleet.emu.calls()) == 3 * CALLS


def test_a_cache_that_does_not_answer_what_is_asked_now_is_read_anew(fleet: Fleet) -> None:
    fleet.listed(**cached(fleet, include_servers=["web-1"]))
    assert len(fleet.emu.calls()) == 3
    assert len(hostvars(fleet.listed(**cached(fleet)))) == 3
    assert len(fleet.emu.calls()) == 3 + CALLS
    assert hostvars(fleet.listed(**cached(fleet, system_users=True)))["app-network"]["runcloud_user"] == "alice"
    assert len(fleet.emu.calls()) == 3 + CALLS + CALLS + 2
    fleet.listed(**cached(fleet, system_users=True, api_version="v2"))
    assert [entry.version for entry in fleet.emu.journal] == ["v3"] * 13 + ["v2"] * 6


@pytest.mark.parametrize("options", [{"api_token": TOKEN}, {"api_key": KEY, "api_secret": SECRET}])
def test_no_secret_is_in_the_cache_or_in_the_output(fleet: Fleet, options: dict[str, str]) -> None:
    secrets = {*options.values(), *PULL_KEYS}
    fleet.source(**options, **cached(fleet))
    texts = [fleet.run("--list", "-vvvvv").text]
    texts += [kept(fleet).read_text(), kept(fleet).name]
    # A file that is refused, with its secret in clear and above what is wrong.
    (fleet.folder / "fleet.runcloud.yml").write_text(
        "".join(f"{key}: {value}\n" for key, value in options.items())
        + "timeout: soon\nplugin: wpmultisite.runcloud.runcloud\n"
    )
    texts.append(fleet.failing("--list", "-vvvvv"))
    assert "timeout: must be of type float" in texts[-1]
    assert [text for text in texts if any(secret in text for secret in secrets)] == []


def test_a_vaulted_token_and_one_from_a_lookup(fleet: Fleet) -> None:
    (fleet.folder / "password").write_text("of the vault")
    (fleet.folder / "token").write_text(TOKEN)
    vaulted = run(
        fleet.folder,
        *("encrypt_string", "--vault-password-file", "password", "--name", "api_token", TOKEN),
        program="ansible-vault",
    ).output
    (fleet.folder / "a.runcloud.yml").write_text(f"plugin: wpmultisite.runcloud.runcloud\n{vaulted}")
    fleet.source("b.runcloud.yml", api_token="{{ lookup('ansible.builtin.file', file) }}", api_url="{{ url }}")
    bare = {"RUNCLOUD_API_TOKEN": ""}
    password = ("--vault-password-file", "password")
    assert "app-network" in fleet.run("--graph", *password, source="a.runcloud.yml", **bare).output
    extra = ("-e", json.dumps({"file": "token", "url": fleet.emu.url}))
    assert "app-network" in fleet.run("--graph", *extra, source="b.runcloud.yml", **bare, RUNCLOUD_API_URL="").output
    told = fleet.failing("--graph", source="a.runcloud.yml", **bare)
    assert "api_token: has no value" in told and "vault" in told.lower()
    told = fleet.failing("--graph", source="b.runcloud.yml", **bare)
    assert "api_token: has no value" in told and "'file' is undefined" in told and "'url' is undefined" in told
