# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which credentials are used, and where they may be sent."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import base_url, credentials

TOKEN, KEY, SECRET = "token-of-the-play", "key-of-the-play", "secret-of-the-play"
OTHER = {"TOKEN": "token-of-the-runner", "KEY": "key-of-the-runner", "SECRET": "secret-of-the-runner"}
BLANK = {"api_token": None, "api_key": None, "api_secret": None, "api_version": "auto"}


def chosen(options: dict[str, Any], environment: str) -> tuple[Any, str]:
    """What is chosen (version, token, key, secret), and the faults; the environment holds the given letters' kinds."""
    kinds = {"T": "TOKEN", "K": "KEY", "S": "SECRET"}
    variables = {f"RUNCLOUD_API_{kinds[letter]}": OTHER[kinds[letter]] for letter in environment}
    found, faults = credentials({**BLANK, **options}, variables)
    assert (found is None) is bool(faults)
    return found and tuple(found), " ".join(faults)


# What the options give (T, K, S), what the environment holds, what is used: lower case from the environment.
@pytest.mark.parametrize(
    ("options", "environment", "used"),
    [
        ("T", "", "T"),
        ("T", "T", "T"),
        ("T", "KS", "T"),
        ("T", "TKS", "T"),
        ("KS", "", "KS"),
        ("KS", "KS", "KS"),
        ("KS", "T", "KS"),
        ("KS", "TKS", "KS"),
        ("K", "S", "Ks"),
        ("S", "K", "kS"),
        ("K", "TS", "Ks"),
        ("K", "TKS", "Ks"),
        ("", "T", "t"),
        ("", "KS", "ks"),
    ],
)
def test_what_is_used(options: str, environment: str, used: str) -> None:
    given = {"T": ("api_token", TOKEN), "K": ("api_key", KEY), "S": ("api_secret", SECRET)}
    found, _ = chosen(dict(given[letter] for letter in options), environment)
    values = {"T": TOKEN, "K": KEY, "S": SECRET, "t": OTHER["TOKEN"], "k": OTHER["KEY"], "s": OTHER["SECRET"]}
    expected = {letter.upper(): values[letter] for letter in used}
    version = "v3" if "T" in expected else "v2"
    assert found == (version, expected.get("T", ""), expected.get("K", ""), expected.get("S", ""))


@pytest.mark.parametrize(
    ("options", "environment", "words"),
    [
        ({}, "", "No credentials"),
        ({"api_token": "", "api_key": "  "}, "", "No credentials"),
        ({"api_token": TOKEN, "api_key": KEY}, "", "Both api_token and api_key/api_secret come from the options"),
        ({"api_token": TOKEN, "api_key": KEY, "api_secret": SECRET}, "", "Both"),
        ({"api_token": TOKEN, "api_secret": SECRET}, "", "Both"),
        ({}, "TKS", "Both api_token and api_key/api_secret come from the environment"),
        ({}, "TK", "Both"),
        ({"api_key": KEY}, "", "api_secret is missing"),
        ({"api_secret": SECRET}, "", "api_key is missing"),
        ({"api_key": KEY}, "T", "api_secret is missing"),
        ({"api_key": KEY}, "TK", "api_secret is missing"),
        ({}, "K", "api_secret is missing"),
        ({}, "S", "api_key is missing"),
        ({"api_key": KEY, "api_secret": SECRET, "api_version": "v3"}, "", "API v3 takes a token only"),
        ({"api_version": "v3"}, "KS", "API v3 takes a token only"),
        ({"api_token": "1234567"}, "", "api_token is shorter than 8"),
        ({"api_token": "1"}, "T", "api_token is shorter than 8"),
        ({"api_key": "short", "api_secret": "1"}, "", "api_key is shorter than 8"),
        ({"api_key": "short", "api_secret": "1"}, "", "api_secret is shorter than 8"),
        ({"api_key": KEY, "api_secret": "short", "api_version": "v3"}, "", "API v3 takes a token only"),
        ({"api_token": "t\u00f6ken-of-the-play"}, "", "no credential has"),
        ({"api_token": "token-of\nthe-play"}, "", "no credential has"),
    ],
)
def test_what_is_refused(options: dict[str, Any], environment: str, words: str) -> None:
    found, faults = chosen(options, environment)
    assert found is None and words in faults
    for value in (*options.values(), *OTHER.values()):
        assert len(str(value).strip()) < 8 or str(value) not in faults


@pytest.mark.parametrize(
    ("options", "version"),
    [
        ({"api_token": TOKEN}, "v3"),
        ({"api_token": TOKEN, "api_version": "v3"}, "v3"),
        ({"api_token": TOKEN, "api_version": "v2"}, "v2"),
        ({"api_key": KEY, "api_secret": SECRET}, "v2"),
        ({"api_key": KEY, "api_secret": SECRET, "api_version": "v2"}, "v2"),
        ({"api_token": "12345678"}, "v3"),
        ({"api_token": f" {TOKEN}\n"}, "v3"),
    ],
)
def test_the_version(options: dict[str, Any], version: str) -> None:
    found, _ = chosen(options, "")
    assert found[0] == version and found[1] == (options.get("api_token") or "").strip()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://manage.runcloud.io/api", "https://manage.runcloud.io/api"),
        (" https://manage.runcloud.io/api/ ", "https://manage.runcloud.io/api"),
        ("https://manage.runcloud.io/api/v3", "https://manage.runcloud.io/api"),
        ("https://manage.runcloud.io/api/v3/", "https://manage.runcloud.io/api"),
        ("https://panel.example.com:8443", "https://panel.example.com:8443"),
        ("HTTPS://Panel.Example.com/Api", "https://panel.example.com/Api"),
        ("http://127.0.0.1:8080/api", "http://127.0.0.1:8080/api"),
        ("http://127.9.9.9/api", "http://127.9.9.9/api"),
        ("http://localhost/api", "http://localhost/api"),
        ("http://[::1]:8080/api", "http://[::1]:8080/api"),
    ],
)
def test_an_address(text: str, url: str) -> None:
    assert base_url(text, "v3") == url


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://manage.runcloud.io/api", "must begin with https://"),
        ("http://127.0.0.1.example.com/api", "must begin with https://"),
        ("http://localhost.example.com/api", "must begin with https://"),
        ("http://10.0.0.1/api", "must begin with https://"),
        ("ftp://127.0.0.1/api", "must begin with https://"),
        ("https://manage.runcloud.io/api/v2", "ends in v2, but API v3 is used"),
        ("https://manage.runcloud.io/api/v4", "ends in v4"),
        ("https://somebody:password@manage.runcloud.io/api", "plain address"),
        ("https://manage.runcloud.io/api?x=1", "plain address"),
        ("https://manage.runcloud.io/api#x", "plain address"),
        ("manage.runcloud.io/api", "plain address"),
        ("https://", "plain address"),
        ("https:///api", "plain address"),
        ("https://[::1/api", "plain address"),
        ("https://manage.runcloud.io:99999/api", "plain address"),
        ("https://manage.runcloud.io:port/api", "plain address"),
        ("", "plain address"),
    ],
)
def test_no_address(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        base_url(text, "v3")
