# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""tls_certificate_info: what it refuses, how often it connects, and how many hosts it asks at once."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.emulator import Emulator
from tests.modules.harness import numbered, plugin, seed
from tests.modules.pem import Pair, intermediate, leaf, make, root
from tests.modules.tls_site import ADDRESSES, CLOSE, HOME, MODULE, Look

CLIENT = "client.com"


def served(look: Look, count: int) -> list[str]:
    """That many hosts with valid certificates."""
    names = numbered(count)
    pair = leaf(*names)
    for name in names:
        look.site.serve(name, pair, intermediate())
    return names


# --- refused before the first connection ------------------------------------------------------------------------------


def test_every_fault_is_told_at_once_and_nobody_is_asked(look: Look, tmp_path: Path) -> None:
    result = look(
        *("good.com", "under_score.com", "*.client.com", "192.0.2.1", "localhost"),
        addresses={"good.com": ["127.0.0.1", "home"], "bad_.com": "127.0.0.1", "b.com": {"a": 1}, "c.com": None},
        connect_to="loopback",
        proxy_networks=["203.0.113.5/24"],
        port=0,
        warn_fraction=1,
        http_path="wp json",
        ca_path=str(tmp_path / "missing.pem"),
        timeout=0,
        concurrency=0,
    )
    for words in (
        *("names: 'under_score.com': an underscore", "'*.client.com': a wildcard", "'192.0.2.1': an IP address"),
        *("'localhost': a single label", "'home' of good.com is no IP address", "addresses: 'bad_.com'"),
        *("of b.com is no IP address", "of c.com is no IP address", "connect_to: 'loopback' is no IP address"),
        *("connect_to goes for all hosts", "203.0.113.5/24 has host bits set", "port must be", "warn_fraction must be"),
        *("http_path: 'wp json' must begin with /", "missing.pem cannot be read: No such file", "timeout must be"),
        "concurrency must be from 1 to 200",
    ):
        assert words in result["msg"]
    assert "'good.com'" not in result["msg"]
    assert look.site.connections == 0 and look.site.handshakes == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"port": 65536}, "port must be"),
        ({"concurrency": 201}, "concurrency must be"),
        *(({"timeout": value}, "timeout must be") for value in (float("nan"), float("inf"), -1, 3601)),
        *(({"warn_fraction": value}, "warn_fraction must be") for value in (float("nan"), -0.1, 1.5)),
        *(({"http_path": value}, "http_path") for value in ("", "x", "/a b", "/a\r\nHost: b", "/ä", "/a\n")),
    ],
)
def test_odd_values(look: Look, options: dict[str, Any], words: str) -> None:
    assert words in look(CLIENT, **options)["msg"]
    assert look.site.connections == 0


def test_authorities_that_are_none(look: Look, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    assert "ca.pem holds no PEM certificate" in look(CLIENT, ca_path=str(tmp_path / "ca.pem"))["msg"]


def test_a_machine_without_authorities(look: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    paths = ssl.get_default_verify_paths()._replace(cafile="", capath=str(tmp_path))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    assert "no list of certificate authorities: install ca-certificates" in look(CLIENT, ca_path=None)["msg"]
    assert look.site.connections == 0
    (tmp_path / "root.crt").touch()
    assert not look(CLIENT, ca_path=None).failed


def test_without_cryptography_it_says_what_to_install(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin(f"modules.{MODULE}"), "CRYPTOGRAPHY_ERROR", "an import failed")
    assert "Failed to import the required Python library (cryptography)" in look(CLIENT)["msg"]
    assert look.site.connections == 0
    name = plugin("module_utils._tls").__name__
    code = f"import sys; sys.modules['cryptography'] = None; from {name} import CRYPTOGRAPHY_ERROR as error"
    subprocess.run([sys.executable, "-c", code + "; assert 'cryptography' in error"], check=True)


# --- authorities ------------------------------------------------------------------------------------------------------


def test_the_machine_s_authorities_are_the_default(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    assert look.host(CLIENT, ca_path=None)["state"] == "untrusted_chain"
    monkeypatch.setenv("SSL_CERT_FILE", str(look.site.folder / "root.crt"))
    assert look.host(CLIENT, ca_path=None)["state"] == "valid"


def test_a_folder_of_authorities(look: Look, tmp_path: Path) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    assert look.host(CLIENT, ca_path=str(tmp_path))["state"] == "untrusted_chain"
    pem = tmp_path / "root.pem"
    pem.write_text(root().pem)
    hashed = subprocess.run(
        ["openssl", "x509", "-noout", "-hash", "-in", pem], check=True, capture_output=True, text=True
    )
    pem.rename(tmp_path / f"{hashed.stdout.strip()}.0")
    assert look.host(CLIENT, ca_path=str(tmp_path))["state"] == "valid"


# --- how often --------------------------------------------------------------------------------------------------------


def test_one_handshake_for_each_good_host_and_two_for_a_bad_one(look: Look) -> None:
    names = served(look, 50)
    look.site.serve("old.com", leaf("old.com", start=-100), intermediate())
    look.site.serve("self.com", make("snakeoil", names=("self.com",)))
    result = look(*names, *names, "old.com", "self.com", "none.com")
    assert result["counts"] == {"expired": 1, "no_certificate": 1, "self_signed": 1, "valid": 50}
    # What is trusted but out of date takes one, too.
    assert look.site.handshakes.count("self.com") == 2 and look.site.handshakes.count("old.com") == 1
    assert all(look.site.handshakes.count(name) == 1 for name in (*names, "none.com"))
    assert result["handshakes"] == len(look.site.handshakes) == look.site.connections == 54


def test_no_names_no_connections(look: Look) -> None:
    result = look()
    assert (result["hosts"], result["counts"], result["handshakes"]) == ([], {}, 0)
    assert look.site.connections == 0


def test_check_mode_sees_the_same(look: Look, emu: Emulator) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    looked, real = (look(CLIENT, check=check) for check in (True, False))
    assert looked == real and not real.get("changed")
    assert emu.journal == []


@pytest.mark.parametrize("bound", [1, 7])
def test_as_many_at_once_as_told_and_no_more(look: Look, bound: int) -> None:
    names = served(look, 21)
    together, lock, under_way = threading.Barrier(bound), threading.Lock(), [0, 0]

    def shake(_name: str) -> None:
        """Goes on only when as many as allowed have come; a client waits until its handshake is over, so more would be counted."""
        with lock:
            under_way[0] += 1
            under_way[1] = max(under_way)
        together.wait(20)
        with lock:
            under_way[0] -= 1

    look.site.on_handshake = shake
    result = look(*names, concurrency=bound)
    assert result["counts"] == {"valid": 21}
    assert under_way[1] == bound and not together.broken


def test_a_slow_host_does_not_hold_up_the_others(look: Look) -> None:
    names = served(look, 20)
    others, seen = threading.Event(), []

    def wait(name: str) -> None:
        seen.append(name)
        if len(set(seen)) == len(names):
            others.set()
        if name == names[0]:
            assert others.wait(20)

    look.site.on_handshake = wait
    assert look(*names, concurrency=2)["counts"] == {"valid": 20}


def test_a_server_that_is_gone_for_the_second_handshake(look: Look) -> None:
    look.site.serve(CLIENT, make("snakeoil", names=(CLIENT,)))
    look.site.on_handshake = lambda _name: setattr(look.site, "manner", CLOSE)
    entry = look.host(CLIENT)
    assert (entry["state"], entry["reason"], entry["address"]) == ("unreachable", "reset", HOME)


def test_five_hundred_hosts_in_seconds(look: Look, record_property: Callable[[str, object], None]) -> None:
    names = served(look, 490)
    addresses = {**dict.fromkeys(names, HOME), **{f"cut{n}.com": ADDRESSES[CLOSE] for n in range(10)}}
    begin = time.perf_counter()
    result = look(*addresses, addresses=addresses)
    took = time.perf_counter() - begin
    assert result["counts"] == {"unreachable": 10, "valid": 490}
    assert result["handshakes"] == 500 and look.site.connections == 500
    record_property("figures", f"500 hosts: {took:.1f} s, both sides in one process")
    assert took < 30


def test_what_the_emulated_panel_issues_is_what_visitors_see(look: Look, emu: Emulator) -> None:
    seed(emu, {"name": CLIENT, "www": 1}, certificates=[{"webapp_id": 2, "lifetime": 64}])
    here = {"port": emu.tls_port, "ca_path": emu.tls_ca}
    served, www, unknown = look(CLIENT, f"www.{CLIENT}", "zzz.com", **here)["hosts"]
    assert (served["state"], www["state"], unknown["state"]) == ("valid", "valid", "no_certificate")
    assert served["lifetime_days"] == 64 and len(served["chain"]) == 2 and served["http"]["status"] == 200
    assert sorted(str(name) for name in emu.tls.handshakes) == [CLIENT, f"www.{CLIENT}", "zzz.com"]


# --- strangers' certificates ------------------------------------------------------------------------------------------


def test_names_of_a_stranger_are_shown_without_control_characters(look: Look) -> None:
    odd: Pair = make("evil\x1b[31m\n{{ 7*7 }}", names=("other.com",))
    look.site.serve(CLIENT, odd)
    entry = look.host(CLIENT)
    assert "\x1b" not in entry["subject"] + entry["message"] and "\n" not in entry["subject"] + entry["message"]
    assert "{{ 7*7 }}" in entry["subject"]


def test_a_certificate_that_cannot_be_read(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    module = plugin("module_utils._tls")
    good = leaf(CLIENT)
    assert module.read(good.certificate.public_bytes(Encoding.DER)).names == (CLIENT,)
    assert module.read(b"0\x03\x02\x01\x01") is None
    look.site.serve(CLIENT, good, intermediate())
    monkeypatch.setattr(module, "read", lambda _der: None)
    entry = look.host(CLIENT)
    assert (entry["state"], entry["reason"]) == ("no_certificate", "unreadable")


def test_a_python_that_cannot_tell_the_chain(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """As before Python 3.10: the leaf is still judged, a missing intermediate is not told from an unknown authority."""
    monkeypatch.setattr(plugin("module_utils._tls_probe"), "_certificates", lambda _tls, _which: None)
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    look.site.serve("bare.com", leaf("bare.com"))
    bare, client = look(CLIENT, "bare.com")["hosts"]
    assert (client["state"], len(client["chain"])) == ("valid", 1)
    assert bare["state"] == "untrusted_chain"
