# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host names: rule R1, folding, wildcards and patterns."""

from __future__ import annotations

import sys

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import (
    BadName,
    below,
    covering,
    fold,
    idna_warning,
    is_wildcard,
    matcher,
    normalise,
    reserved,
)

LABEL_63 = "a" * 63


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("client.com", "client.com"),
        ("  Client.COM ", "client.com"),
        ("client.com.", "client.com"),
        ("client.com:8080", "client.com"),
        ("client.com:", "client.com"),
        ("client.com.:443", "client.com"),
        ("https://client.com/x", "client.com"),
        ("HTTPS://Client.com", "client.com"),
        ("client.com/a/b?c#d", "client.com"),
        ("client.com?x=1", "client.com"),
        ("client.com#top", "client.com"),
        ("client.com\\x", "client.com"),
        ("https://user:pass@client.com:8443/", "client.com"),
        ("ftp+ssl://client.com", "client.com"),
        ("müller.de", "xn--mller-kva.de"),
        ("MÜLLER.de.", "xn--mller-kva.de"),
        ("straße.de", "xn--strae-oqa.de"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("XN--MLLER-KVA.de", "xn--mller-kva.de"),
        ("https://müller.de:8080/shop", "xn--mller-kva.de"),
        ("client。com", "client.com"),
        ("ab--cd.com", "ab--cd.com"),
        ("1.com", "1.com"),
        ("1.2.3.com", "1.2.3.com"),
        (f"{LABEL_63}.com", f"{LABEL_63}.com"),
        (".".join([LABEL_63] * 3 + ["b" * 57, "com"]), ".".join([LABEL_63] * 3 + ["b" * 57, "com"])),
        ("xn--i-7iq.ws", "xn--i-7iq.ws"),
    ],
)
def test_one_spelling(text: str, host: str) -> None:
    assert normalise(text) == host


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("https://", "empty"),
        (".", "empty"),
        ("localhost", "single label"),
        ("10.0.0.5", "IP address"),
        ("https://10.0.0.5:8080/x", "IP address"),
        ("[2001:db8::1]", "IP address"),
        ("http://[2001:db8::1]:80/", "IP address"),
        ("１.2.3.4", "IP address"),
        ("foo_bar.com", "underscore"),
        ("-a.com", "hyphen"),
        ("a-.com", "hyphen"),
        ("a.-com", "hyphen"),
        ("a..b.com", "empty label"),
        (".client.com", "empty label"),
        ("client.com..", "empty label"),
        (f"{LABEL_63}a.com", "63"),
        (".".join([LABEL_63] * 3 + ["b" * 58, "com"]), "253"),
        ("client.123", "numeric"),
        ("client .com", "characters"),
        ("client,com.de", "characters"),
        ("client.com\n/x", "characters"),
        ("a@b@", "empty"),
        ("*.client.com", "wildcard"),
        ("a.*.com", "characters"),
        ("i❤.ws", "internationalised"),
        ("-ü.de", "internationalised"),
    ],
)
def test_no_host_name(text: str, words: str) -> None:
    with pytest.raises(BadName, match=words):
        normalise(text)


@pytest.mark.parametrize(
    ("text", "host"), [("*.Client.com.", "*.client.com"), ("*.müller.de", "*.xn--mller-kva.de"), ("a.com", "a.com")]
)
def test_a_wildcard_where_one_may_stand(text: str, host: str) -> None:
    assert normalise(text, wildcard=True) == host


@pytest.mark.parametrize("text", ["*", "*.", "*.com", "*.*.client.com", "a*.client.com", "*.10.0.0.5"])
def test_no_wildcard_either(text: str) -> None:
    with pytest.raises(BadName):
        normalise(text, wildcard=True)


def test_plain_names_need_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "idna", None)
    assert normalise("Client.com") == "client.com"
    assert idna_warning("client.com") is None
    with pytest.raises(BadName, match="library idna"):
        normalise("müller.de")


@pytest.mark.parametrize("host", ["xn--i-7iq.ws", "*.xn--i-7iq.ws", "xn--a.com", "xn--99999999.com"])
def test_what_idna_2008_refuses_is_told(host: str) -> None:
    warning = idna_warning(host)
    assert warning is not None and host in warning


@pytest.mark.parametrize("host", ["client.com", "xn--mller-kva.de", "*.xn--mller-kva.de", "foo-xn--bar.com"])
def test_what_idna_2008_accepts(host: str) -> None:
    assert idna_warning(host) is None


@pytest.mark.parametrize("tld", ["test", "local", "localhost", "invalid", "example", "internal", "onion"])
def test_reserved_top_level_domains(tld: str) -> None:
    assert reserved(f"site.{tld}")
    assert not reserved(f"{tld}.com")


@pytest.mark.parametrize("host", ["example.com", "example.org", "client.com", "local.de"])
def test_other_top_level_domains(host: str) -> None:
    assert not reserved(host)


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("client.com", "client.com"),
        ("www.client.com", "client.com"),
        ("www.www.client.com", "www.client.com"),
        ("www.a.network.com", "a.network.com"),
        ("www.com", "www.com"),
        ("wwwx.com", "wwwx.com"),
        ("ww.client.com", "ww.client.com"),
        ("*.www.client.com", "*.www.client.com"),
    ],
)
def test_fold(host: str, key: str) -> None:
    assert fold(host) == key


def test_is_wildcard() -> None:
    assert is_wildcard("*.client.com")
    assert not is_wildcard("client.com")


@pytest.mark.parametrize(
    ("host", "wildcard"),
    [
        ("a.network.com", "*.network.com"),
        ("a.b.network.com", None),
        ("network.com", None),
        ("xnetwork.com", None),
        ("network.com.evil.org", None),
        ("*.network.com", None),
    ],
)
def test_covering_reaches_one_label(host: str, wildcard: str | None) -> None:
    assert covering(host, ["network.com", "other.org"]) == wildcard


def test_below_reaches_every_label() -> None:
    assert below("a.network.com", "network.com") and below("a.b.network.com", "network.com")
    assert not below("network.com", "network.com")
    assert not below("xnetwork.com", "network.com")
    assert not below("network.com.evil.org", "network.com")


def test_patterns() -> None:
    match = matcher(["Exact.com", ".suffix.org", "/^shop[0-9]+\\./", "*.wild.net", "müller.de"])
    assert match("exact.com") == "exact.com"
    assert match("www.exact.com") is None and match("exact.com.de") is None
    assert match("a.b.suffix.org") == ".suffix.org"
    assert match("*.wild.net") == "*.wild.net" and match("a.b.wild.net") == ".wild.net" and match("wild.net") is None
    assert match("suffix.org") is None and match("xsuffix.org") is None
    assert match("shop12.net") == "/^shop[0-9]+\\./"
    assert match("myshop12.net") is None
    assert match("xn--mller-kva.de") == "xn--mller-kva.de"


def test_no_pattern_takes_nothing() -> None:
    assert matcher([])("client.com") is None


def test_all_bad_patterns_are_told_at_once() -> None:
    with pytest.raises(BadName) as caught:
        matcher(["fine.com", "foo_bar.com", "/(/", ".", "", "//"])
    for pattern in ("'foo_bar.com'", "'/(/'", "'.'", "''", "'//'"):
        assert pattern in str(caught.value)
    assert "fine.com" not in str(caught.value)
