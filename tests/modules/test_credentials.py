# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials and connection options through whole modules: what reaches the panel, and what never reaches the output."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tests.emulator import KEY, SECRET, TOKEN, Emulator
from tests.modules.harness import DOMAINS, Runner, columns, seed, writes

BEARER = f"Bearer {TOKEN}"
BASIC = "Basic " + b64encode(f"{KEY}:{SECRET}".encode()).decode()
NONE = {"api_token": None, "api_url": None}
PAIR = {"api_key": KEY, "api_secret": SECRET}
WRONG = {"TOKEN": "another-token", "KEY": "another-key", "SECRET": "another-secret"}


@pytest.mark.parametrize(
    ("options", "environment", "version", "header"),
    columns(
        [
            ("token", {"api_token": TOKEN}, {}, "v3", BEARER),
            ("token for v2", {"api_token": TOKEN, "api_version": "v2"}, {}, "v2", BEARER),
            ("pair", PAIR, {}, "v2", BASIC),
            ("pair for v2", {**PAIR, "api_version": "v2"}, {}, "v2", BASIC),
            ("token beats the environment", {"api_token": TOKEN}, WRONG, "v3", BEARER),
            ("pair beats the environment", PAIR, WRONG, "v2", BASIC),
            ("half a pair", {"api_key": KEY}, {**WRONG, "SECRET": SECRET}, "v2", BASIC),
            ("token of the environment", {}, {"TOKEN": TOKEN}, "v3", BEARER),
            ("blanks around it", {"api_token": f" {TOKEN} "}, {}, "v3", BEARER),
            ("pair of the environment", {}, {"KEY": KEY, "SECRET": SECRET}, "v2", BASIC),
        ]
    ),
)
@pytest.mark.parametrize("address", ["option", "environment"])
def test_what_reaches_the_panel(
    run: Runner,
    emu: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    environment: dict[str, str],
    version: str,
    header: str,
    address: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"RUNCLOUD_API_{name}", value)
    monkeypatch.setenv("RUNCLOUD_API_URL", emu.url if address == "environment" else "https://nowhere.invalid/api")
    result = run("domain_info", **{**NONE, **options, **({"api_url": emu.url} if address == "option" else {})})
    assert not result.failed
    assert [(entry.version, entry.headers["authorization"]) for entry in emu.journal] == [(version, header)]
    for secret in (TOKEN, KEY, SECRET, *WRONG.values()):
        assert secret not in result.output


@pytest.mark.parametrize(
    ("options", "environment", "words"),
    columns(
        [
            ("none", {}, {}, "No credentials: give api_token"),
            ("both as options", {"api_token": TOKEN, **PAIR}, {}, "come from the options: give one kind"),
            (
                "both in the environment",
                {},
                {"TOKEN": TOKEN, "KEY": KEY, "SECRET": SECRET},
                "come from the environment: give one kind",
            ),
            ("half", {"api_key": KEY}, {}, "api_secret is missing"),
            ("other half", {"api_secret": SECRET}, {"TOKEN": TOKEN}, "api_key is missing"),
            ("v3 with a pair", {**PAIR, "api_version": "v3"}, {}, "API v3 takes a token only"),
        ]
    ),
)
def test_what_is_refused_before_any_call(
    run: Runner,
    emu: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    environment: dict[str, str],
    words: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"RUNCLOUD_API_{name}", value)
    result = run("domain_info", **{**NONE, "api_url": emu.url, **options})
    assert result.failed and words in result["msg"]
    assert emu.journal == []
    for secret in (TOKEN, KEY, SECRET):
        assert secret not in result.output


@pytest.mark.parametrize("value", ["1", "8", "/", "a", "true", "api", " / ", "short-1"])
@pytest.mark.parametrize("place", ["api_token", "api_key", "api_secret", "environment"])
def test_a_short_secret_neither_shows_nor_ruins_the_output(
    run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch, place: str, value: str
) -> None:
    if place == "environment":
        monkeypatch.setenv("RUNCLOUD_API_TOKEN", value)
        options: dict[str, Any] = {"api_token": None}
    else:
        options = {"api_token": None, "api_key": KEY, "api_secret": SECRET, place: value}
        options.update({} if place != "api_token" else {"api_key": None, "api_secret": None})
    result = run("domain_info", verbosity=4, **options)
    name = "api_token" if place == "environment" else place
    assert result.failed and emu.journal == []
    assert result["msg"].startswith(f"{name} is shorter than 8 characters, so it cannot be a RunCloud credential")
    assert "*" not in result.output  # nothing was masked inside a text
    arguments = result["invocation"]["module_args"]
    assert arguments["api_url"] == emu.url and arguments["server_id"] == 1
    assert "short-1" not in result.output and arguments[name] in (None, "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")


@pytest.mark.parametrize("blanks", ["", " "])
@pytest.mark.parametrize("place", ["option", "environment"])
def test_a_panel_that_repeats_the_token_does_not_give_it_away(
    run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch, place: str, blanks: str
) -> None:
    monkeypatch.setenv("RUNCLOUD_API_TOKEN", blanks + TOKEN + blanks)
    body = {"message": f"The token {TOKEN} is bad.", "errors": {"token": [TOKEN]}}
    emu.fault(action="status", status=401, body=body)
    result = run("domain_info", api_token=blanks + TOKEN + blanks if place == "option" else None)
    assert result.failed and "is bad." in result["msg"]
    assert TOKEN not in result.output


@pytest.mark.parametrize(
    ("options", "status", "text"),
    columns(
        [
            ("wrong token", {"api_token": "wrong-token"}, 401, "Invalid API Token."),
            ("wrong token, v2", {"api_token": "wrong-token", "api_version": "v2"}, 401, "Invalid API Token."),
            ("wrong secret", {"api_token": None, "api_key": KEY, "api_secret": "wrong-secret"}, 401, "Invalid cred"),
            ("wrong server", {"server_id": 9}, 404, "check the ids (server_id, webapp_id)"),
            ("wrong app", {"webapp_id": 9}, 404, "check the ids (server_id, webapp_id)"),
        ]
    ),
)
@pytest.mark.parametrize("module", ["domain_info", "domains", "domain"])
def test_wrong_credentials_and_numbers(
    run: Runner, emu: Emulator, module: str, options: dict[str, Any], status: int, text: str
) -> None:
    wanted: dict[str, dict[str, Any]] = {
        "domain_info": {},
        "domains": {"network": "network.com", "domains": [{"name": "new.com"}]},
        "domain": {"name": "new.com"},
    }
    result = run(module, **wanted[module], **options)
    assert result.failed and result["status"] == status and text in result["msg"]
    assert [entry.status for entry in emu.journal] == [status]


@pytest.mark.parametrize(
    ("options", "words"),
    columns(
        [
            ("plain http", {"api_url": "http://panel.example.com/api"}, "must begin with https://"),
            ("version", {"api_url": "https://panel.example.com/api/v2"}, "ends in v2, but API v3 is used"),
            ("password", {"api_url": "https://user:pass-of-url@panel.example.com"}, "plain address"),
            ("timeout 0", {"timeout": 0}, "timeout must be a finite number of seconds above 0"),
            ("timeout nan", {"timeout": "nan"}, "timeout must be a finite"),
            ("endless timeout", {"timeout": "inf"}, "timeout must be a finite"),
            ("interval", {"write_interval": -1}, "write_interval must be a finite number of seconds, 0 or more"),
            ("budget", {"retry_budget": "inf"}, "retry_budget must be a finite"),
            ("server", {"server_id": 0}, "server_id must be a positive number"),
            ("app", {"webapp_id": -2}, "webapp_id must be a positive number"),
        ]
    ),
)
def test_bad_connection_options(run: Runner, emu: Emulator, options: dict[str, Any], words: str) -> None:
    result = run("domain_info", **options)
    assert result.failed and words in result["msg"]
    assert emu.journal == [] and "pass-of-url" not in result["msg"]


def test_all_faults_are_told_at_once(run: Runner, emu: Emulator) -> None:
    result = run.converge(api_token=None, api_url="http://x.com", timeout=-1, webapp_id=0, ca_path="/nowhere")
    for words in ("No credentials", "must begin with https", "timeout must", "webapp_id must", "there is no /nowhere"):
        assert words in result["msg"]
    assert emu.journal == []


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_the_version_in_the_address_may_stand_there_if_it_is_the_right_one(
    run: Runner, emu: Emulator, version: str
) -> None:
    assert not run("domain_info", api_url=f"{emu.url}/{version}/", api_version=version).failed
    assert [(entry.version, entry.path) for entry in emu.journal] == [(version, DOMAINS)]


def test_the_401_of_a_listing_is_not_tried_again(run: Runner, emu: Emulator) -> None:
    seed(emu, tokens=["the-new-token"])
    result = run.converge("new.com", api_token=TOKEN)
    assert result.failed and "allow-list" in result["msg"]
    assert writes(emu) == [] and len(emu.journal) == 1
