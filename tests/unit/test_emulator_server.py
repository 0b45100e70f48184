# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as a server: start and stop, https, control over HTTP, alone in a process."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.emulator import Emulator, Raw, Remote
from tests.nameserver import RECURSIVE, running

ROOT = Path(__file__).parents[2]
DOMAINS, SSL = "/servers/1/webapps/2/domains", "/servers/1/webapps/2/ssl"


def test_many_start_and_stop_quickly_side_by_side() -> None:
    begin = time.monotonic()
    with Emulator() as one, Emulator() as two:
        assert time.monotonic() - begin < 0.5
        one.put_domain(2, "a.com")
        assert len(one.domains(2)) == 1
        with Raw(two.url, two.token) as raw:
            assert raw.get(DOMAINS).json()["data"] == []
            begin = time.monotonic()
        assert one.calls() == []
        port = int(two.root.rsplit(":", 1)[1])
    assert time.monotonic() - begin < 0.5
    with Emulator(port=port) as again, Raw(again.url, again.token) as raw:
        assert raw.get("/ping").status_code == 200


def test_answers_are_not_held_back_by_nagle() -> None:
    with Emulator() as emu, Raw(emu.url, emu.token) as raw:
        took = []
        for _ in range(30):
            begin = time.monotonic()
            raw.get("/ping")
            took.append(time.monotonic() - begin)
    # The kernel acknowledges the first answers of a connection at once, and only later ones late.
    assert sorted(took[10:])[10] < 0.03


def test_a_taken_port_is_an_error() -> None:
    with Emulator() as one, pytest.raises(OSError, match="in use"):
        Emulator(port=int(one.root.rsplit(":", 1)[1])).start()


def test_a_request_under_way_does_not_hold_up_the_end() -> None:
    with Emulator() as emu:
        emu.fault(action="delay", seconds=60)
        with Raw(emu.url, emu.token) as raw, pytest.raises(requests.exceptions.ReadTimeout):
            raw.get("/ping", timeout=0.05)
        begin = time.monotonic()
    assert time.monotonic() - begin < 1


def test_reset_forgets_everything() -> None:
    with Emulator() as emu, Raw(emu.url, emu.token) as raw:
        emu.put_domain(2, "a.com")
        emu.switch(write_body="empty")
        emu.fault(action="status")
        emu.rate_limit(limit=0)
        emu.latency = 5
        emu.reset()
        assert raw.get("/ping").status_code == 200
        assert emu.domains(2) == []
        assert emu.switches.write_body == "documented"
        assert emu.calls() == ["GET /ping"]


def test_https_with_a_certificate_to_trust() -> None:
    with Emulator(https=True) as emu:
        assert emu.url.startswith("https://127.0.0.1:")
        with Raw(emu.url, emu.token, ca_file=emu.ca_file) as raw:
            assert raw.get("/ping").json() == {"message": "pong"}
            emu.fault(action="drop_after", times=1)
            with pytest.raises(requests.exceptions.ConnectionError):
                raw.get("/ping")
        with Raw(emu.url, emu.token) as raw, pytest.raises(requests.exceptions.SSLError):
            raw.get("/ping")
        ca_file = emu.ca_file
    assert not Path(ca_file).exists()
    with Emulator() as plain, pytest.raises(RuntimeError, match="https"):
        plain.ca_file  # noqa: B018


def test_control_over_http() -> None:
    with Emulator() as emu, Raw(emu.url, emu.token) as raw:
        remote = Remote(emu.url)
        remote.seed({"domains": [{"name": "network.com"}]})
        remote.switch(write_body="braces")
        remote.fault(path="/ping", action="status", status=503, times=1)
        assert raw.get("/ping").status_code == 503
        assert raw.post(DOMAINS, json={"name": "a.com"}).text == "{}"
        assert [(entry["method"], entry["status"]) for entry in remote.journal] == [("GET", 503), ("POST", 200)]
        remote.edit_domain(2, "a.com", www=True)
        remote.put_domain(2, "b.com", type="redirect")
        remote.drop_domain(2, "network.com")
        assert [(row["name"], row["type"], row["www"]) for row in remote.domains(2)] == [
            ("a.com", "alias", 1),
            ("b.com", "redirect", 0),
        ]
        assert remote.domains(2) == raw.get(DOMAINS).json()["data"]
        remote.rate_limit(limit=9, remaining=1)
        assert raw.get("/ping").headers["X-RateLimit-Limit"] == "9"
        assert raw.get("/ping").status_code == 429
        remote.rate_limit()
        remote.clear_journal()
        remote.fault(action="html")
        remote.clear_faults()
        assert raw.get("/ping").status_code == 200
        assert emu.calls() == ["GET /ping"]
        with pytest.raises(requests.HTTPError, match="422"):
            remote.switch(nope=1)
        with pytest.raises(requests.HTTPError, match="422"):
            remote.fault(action="x")
        with pytest.raises(requests.HTTPError, match="404"):
            remote.drop_domain(2, "x")
        state = requests.get(f"{emu.root}/_emulator/state", timeout=10).json()
        remote.reset()
        assert remote.domains(2) == []
        remote.seed(state)
        assert [row["name"] for row in remote.domains(2)] == ["a.com", "b.com"]


def test_time_passes_for_the_panel_alone() -> None:
    with Emulator(clock=lambda: 1784376000.0) as emu:
        remote = Remote(emu.url)
        emu.put_certificate(2, lifetime=90)
        remote.advance(86400)
        (certificate,) = remote.certificates(2)
        assert certificate["validUntil"] == "2026-10-16 12:00:00" and emu.now() == "2026-07-19 12:00:00"
        emu.reset()
        assert emu.now() == "2026-07-18 12:00:00"


def test_the_openapi_document_names_the_paths() -> None:
    with Emulator() as emu:
        document = requests.get(f"{emu.root}/_emulator/openapi.json", timeout=10).json()
    assert document["openapi"].startswith("3.")
    meta = "/servers/{server_id}/webapps/{webapp_id}/domains/{domain_id}/meta"
    assert list(document["paths"][f"/api/v3{meta}"]) == ["patch"]
    assert f"/api/v2{meta}" not in document["paths"]
    body = document["components"]["schemas"]["DomainBody"]
    assert (body["required"], body["properties"]["type"]["enum"]) == (["name"], ["alias", "primary", "redirect"])


@pytest.mark.parametrize("https", [False, True])
def test_alone_in_a_process(tmp_path: Path, https: bool) -> None:
    seed, ready, ca_file = tmp_path / "seed.yml", tmp_path / "ready.json", tmp_path / "ca.pem"
    seed.write_text("tokens: [a-token-of-ours]\ndomains: [{name: network.com}]\n", encoding="utf-8")
    command = [sys.executable, "-m", "tests.emulator", "--port", "0", "--seed", str(seed), "--ready-file", str(ready)]
    command += ["--https", "--ca-file", str(ca_file)] if https else []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(4)]  # the last one is the curl line
            told = _ready(ready)
            assert told["url"] in lines[0]
            assert lines[1] == "token: a-token-of-ours\n"
            assert lines[3].startswith("curl ")
            assert told["ca_file"] == (str(ca_file) if https else None)
            with Raw(told["url"], told["token"], ca_file=told["ca_file"]) as raw:
                assert [row["name"] for row in raw.get(DOMAINS).json()["data"]] == ["network.com"]
            remote = Remote(told["url"], told["ca_file"])
            assert remote.journal[0]["path"] == DOMAINS
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_alone_in_a_process_with_certificates_for_visitors(tmp_path: Path) -> None:
    """What a demo needs: real DNS decides, a TLS port that was chosen, its root in a file, a clock that begins elsewhere."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ready, root = tmp_path / "ready.json", tmp_path / "root.pem"
    command = [sys.executable, "-m", "tests.emulator", "--port", "0", "--ready-file", str(ready)]
    command += ["--tls-port", str(port), "--tls-ca-file", str(root), "--now", "2026-07-18T12:00:00"]
    with running() as dns:
        dns.point("network.com", a=["192.0.2.10"])
        command += ["--resolver", f"{RECURSIVE}:{dns.port}"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            try:
                told = _ready(ready)
                assert (told["tls_port"], told["tls_ca"]) == (port, str(root))
                remote = Remote(told["url"])
                remote.seed({"domains": [{"name": "network.com"}]})
                with Raw(told["url"], told["token"]) as raw:
                    install = {"provider": "letsencrypt", "enableHttp": False, "enableHsts": False}
                    raw.post(SSL, json={**install, "authorizationMethod": "http-01"})
                    for _ in range(3):
                        shown = raw.get(SSL).json()["data"][0]["ssl"]
                assert shown["validUntil"].startswith("2026-10-16 12:0")
                context = ssl.create_default_context(cafile=str(root))
                context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME: the clock began elsewhere
                with (
                    socket.create_connection(("127.0.0.1", port), timeout=10) as line,
                    context.wrap_socket(line, server_hostname="network.com") as met,
                ):
                    met.sendall(b"GET / HTTP/1.0\r\n\r\n")
                    assert met.recv(100).startswith(b"HTTP/1.1 200")
                taken = [*command[:3], "--port", "0", "--tls-port", str(port)]
                ran = subprocess.run(taken, cwd=ROOT, capture_output=True, text=True, check=False)
                assert ran.returncode == 2 and f"--tls-port {port}: Address already in use" in ran.stderr
            finally:
                process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 0


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--resolver", "ns.example:53"], "--resolver ns.example:53: "),
        (["--resolver", "127.0.0.1:x"], "--resolver 127.0.0.1:x: "),
        (["--now", "soon"], "--now"),
        (["--seed", "nowhere.yml"], "there is no file nowhere.yml"),
    ],
)
def test_options_that_cannot_be(option: list[str], words: str) -> None:
    command = [sys.executable, "-m", "tests.emulator", "--port", "0", *option]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 2 and words in ran.stderr and "Traceback" not in ran.stderr


def _ready(path: Path) -> dict[str, Any]:
    """The document of ``--ready-file``."""
    deadline = time.monotonic() + 20
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told
