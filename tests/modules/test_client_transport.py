# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the panel: headers, TLS, .netrc, proxies, redirects, permitted writes, words of an error."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import requests
import trustme
import urllib3
import yaml

from tests.emulator import KEY, SECRET, TOKEN, Emulator
from tests.modules.harness import APP, DOMAINS, Clock, Runner, client, columns, plugin, seed, writes

_client = plugin("module_utils._client")
NEW = {"name": "new.com", "www": False, "redirection": "none", "type": "alias"}
META = {"type": "alias", "redirection": "none", "www": True}


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses every connection as long as the test runs: bound, and nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


# --- headers ------------------------------------------------------------------------------------------------------


def test_every_request_carries_the_documented_headers(emu: Emulator) -> None:
    seed(emu, "old.com")
    emu.switch(generic_user_agents="all")
    transport = client(emu)
    transport.listing(DOMAINS)
    transport.write("POST", DOMAINS, NEW)
    transport.write("PATCH", DOMAINS + "/702/meta", META)
    transport.write("DELETE", DOMAINS + "/702")
    version = yaml.safe_load(Path("galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert [entry.status for entry in emu.journal] == [200] * 4
    for entry in emu.journal:
        assert f"wpmultisite.runcloud/{version}" in entry.headers["user-agent"]
        assert entry.headers["authorization"] == f"Bearer {TOKEN}"
        assert entry.complaints + entry.unknown_fields == []


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_one_run_is_one_connection(run: Runner, emu: Emulator, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    connect = urllib3.connection.HTTPConnection.connect

    def counted(self: urllib3.connection.HTTPConnection) -> None:
        made.append(self)
        connect(self)

    monkeypatch.setattr(urllib3.connection.HTTPConnection, "connect", counted)
    run.converge("a.com", "b.com", api_version=version)
    assert len(emu.journal) > 5 and len(made) == 1


# --- .netrc -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "scheme"),
    columns(
        [
            ("token", {}, f"Bearer {TOKEN}"),
            ("v2 token", {"api_version": "v2"}, f"Bearer {TOKEN}"),
            ("v2 key", {"api_token": None, "api_key": KEY, "api_secret": SECRET}, "Basic cmMtZW11bGF0b3Ita2V5LTAwMDE6"),
        ]
    ),
)
def test_a_netrc_replaces_no_credentials(
    run: Runner, emu: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], scheme: str
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert not run("domain_info", **options).failed
    assert emu.journal[0].headers["authorization"].startswith(scheme)
    # Against a plain header the same file wins.
    requests.get(emu.url + "/v3/ping", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5)
    assert emu.journal[1].headers["authorization"].startswith("Basic ")


# --- TLS ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Bundles that do not know the emulator."""
    folder = tmp_path_factory.mktemp("bundles")
    trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
    (folder / "no.pem").write_text("no certificate\n", encoding="utf-8")
    return {"other": str(folder / "other.pem"), "no certificate": str(folder / "no.pem"), "absent": str(folder / "x")}


@pytest.mark.parametrize(
    ("options", "environment", "trusted"),
    columns(
        [
            ("nothing", {}, {}, False),
            ("ca_path", {"ca_path": "right"}, {}, True),
            ("ca_path of another", {"ca_path": "other"}, {}, False),
            ("not validated", {"validate_certs": False}, {}, True),
            ("environment", {}, {"REQUESTS_CA_BUNDLE": "right"}, True),
            ("curl's environment", {}, {"CURL_CA_BUNDLE": "right"}, True),
            ("environment of another", {}, {"REQUESTS_CA_BUNDLE": "other"}, False),
            (
                "ca_path beats both",
                {"ca_path": "right"},
                {"REQUESTS_CA_BUNDLE": "other", "CURL_CA_BUNDLE": "other"},
                True,
            ),
            (
                "a wrong ca_path beats both",
                {"ca_path": "other"},
                {"REQUESTS_CA_BUNDLE": "right", "CURL_CA_BUNDLE": "right"},
                False,
            ),
            (
                "not validated beats both",
                {"validate_certs": False},
                {"REQUESTS_CA_BUNDLE": "other", "CURL_CA_BUNDLE": "other"},
                True,
            ),
            ("ca_path beats a missing bundle", {"ca_path": "right"}, {"REQUESTS_CA_BUNDLE": "absent"}, True),
            ("environment names nothing", {}, {"REQUESTS_CA_BUNDLE": "absent"}, False),
            ("environment holds nothing", {}, {"REQUESTS_CA_BUNDLE": "no certificate"}, False),
            ("ca_path holds nothing", {"ca_path": "no certificate"}, {}, False),
        ]
    ),
)
def test_who_is_trusted(
    run: Runner,
    https: Emulator,
    clock: Clock,
    bundles: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    environment: dict[str, str],
    trusted: bool,
) -> None:
    files = {**bundles, "right": https.ca_file}
    for name, value in environment.items():
        monkeypatch.setenv(name, files[value])
    given = {name: files.get(value, value) for name, value in options.items()}
    result = run("domain_info", api_url=https.url, api_token=https.token, **given)
    assert result.failed is not trusted
    assert len(https.journal) == (1 if trusted else 0)
    if not trusted:
        assert "certificate" in result["msg"] and "ca_path" in result["msg"]
        assert clock.slept == []  # another try would hear the same


def test_a_ca_path_that_is_not_there(run: Runner, https: Emulator) -> None:
    result = run("domain_info", api_url=https.url, ca_path="/nowhere/ca.pem")
    assert result.failed and "ca_path: there is no /nowhere/ca.pem" in result["msg"]
    assert https.journal == []


@pytest.mark.parametrize("action", ["drop_before", "drop_after", "drop_body"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_tls_line_that_is_cut_is_a_lost_one(https: Emulator, method: str, action: str) -> None:
    https.fault(action=action, times=1)
    transport = client(https, verify=https.ca_file)
    if method == "GET":
        transport.get(DOMAINS)
    else:
        with pytest.raises(_client.ApiError, match="the connection was lost") as refused:
            transport.write("POST", DOMAINS, NEW)
        assert refused.value.unclear
    assert len(https.journal) == (2 if method == "GET" else 1)


# --- network ------------------------------------------------------------------------------------------------------


def test_a_proxy_of_the_environment_is_used(
    run: Runner, emu: Emulator, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://somebody:proxy-password@127.0.0.1:{closed_port}")
    result = run("domain_info")
    assert result.failed and "proxy" in result["msg"] and "NO_PROXY" in result["msg"]
    assert "proxy-password" not in result.output
    assert emu.journal == []
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert not run("domain_info").failed
    assert len(emu.journal) == 1


def test_a_proxy_that_forwards(run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator itself plays the proxy: it gets the whole address as its path."""
    monkeypatch.setenv("http_proxy", emu.root)
    run("domain_info", api_url="http://127.0.0.2/api")
    assert [entry.headers["host"] for entry in emu.journal] == ["127.0.0.2"]


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:1080", "http://127.0.0.1:99999", "http://[::1", "gopher://127.0.0.1:70"]
)
def test_a_proxy_that_cannot_be_used(
    run: Runner, emu: Emulator, clock: Clock, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    # As where PySocks is not installed; here the browser's driver has brought it along.
    lacking = Mock(side_effect=requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support."))
    monkeypatch.setattr(requests.adapters, "SOCKSProxyManager", lacking)
    monkeypatch.setenv("HTTP_PROXY", proxy)
    result = run("domain_info")
    assert result.failed and "PROXY" in result["msg"]
    assert emu.journal == [] and clock.slept == []


@pytest.mark.parametrize("kind", ["refused", "no such name"])
def test_an_api_that_cannot_be_reached(
    run: Runner, closed_port: int, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    host = "localhost"
    if kind == "no such name":

        def unknown(*_: Any, **__: Any) -> Any:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    result = run("domain_info", api_url=f"http://{host}:{closed_port}/api")
    assert result.failed and result["status"] is None
    assert result["msg"].startswith(f"GET {DOMAINS}: cannot connect.")


def test_a_write_that_never_left_is_not_unclear(emu: Emulator, closed_port: int) -> None:
    transport = client(emu, base_url=f"http://127.0.0.1:{closed_port}/api/v3")
    with pytest.raises(_client.ApiError) as refused:
        transport.write("POST", DOMAINS, NEW)
    assert not refused.value.unclear


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_never_followed(emu: Emulator, method: str, status: int) -> None:
    emu.fault(action="redirect", status=status, location=f"{emu.url}/v3/ping")
    transport = client(emu)
    with pytest.raises(_client.ApiError, match="redirect, which is never followed"):
        transport.write("POST", DOMAINS, NEW) if method == "POST" else transport.get(DOMAINS)
    assert len(emu.journal) == 1


@pytest.mark.parametrize("location", ["https://[oops/?k=n0t-for-you", "//[n0t-for-you"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_to_no_address_ends_in_words(emu: Emulator, method: str, location: str) -> None:
    emu.fault(action="redirect", status=302, location=location)
    transport = client(emu)
    with pytest.raises(_client.ApiError, match="a redirect to no address, which is never followed") as refused:
        transport.write("POST", DOMAINS, NEW) if method == "POST" else transport.get(DOMAINS)
    assert len(emu.journal) == 1
    assert refused.value.unclear is (method == "POST") and "Check api_url" in str(refused.value)
    assert "n0t-for-you" not in str(refused.value) and refused.value.__cause__ is None


# --- what may be written ------------------------------------------------------------------------------------------

PERMITTED = [
    ("POST", DOMAINS),
    ("PATCH", DOMAINS + "/702/meta"),
    ("DELETE", DOMAINS + "/702"),
    *((verb, f"{APP}/ssl/5") for verb in ("PATCH", "PUT", "DELETE")),
    *((verb, f"{DOMAINS}/702/ssl/5") for verb in ("PATCH", "PUT", "DELETE")),
    ("POST", APP + "/ssl"),
    ("POST", APP + "/ssl/advanced"),
    ("POST", DOMAINS + "/702/ssl"),
]
FORBIDDEN = [
    ("POST", "/servers"),
    ("DELETE", "/servers/1"),
    ("DELETE", APP),
    ("POST", "/servers/1/webapps/custom"),
    ("PATCH", APP + "/settings/php"),
    ("PATCH", APP + "/rebuild"),
    ("POST", "/servers/1/webapps/3/domains"),
    ("POST", "/servers/1/webapps/22/domains"),
    ("POST", "/servers/1/webapps/22domains"),
    ("POST", "/servers/2/webapps/2/domains"),
    ("DELETE", "/servers/1/webapps/3/domains/702"),
    ("PUT", DOMAINS + "/702"),
    ("PATCH", DOMAINS + "/702"),
    ("DELETE", DOMAINS),
    ("DELETE", DOMAINS + "/"),
    ("DELETE", DOMAINS + "/702/meta"),
    ("DELETE", DOMAINS + "/702/../703"),
    ("DELETE", DOMAINS + "/702?force=1"),
    ("DELETE", DOMAINS + "/702\n"),
    ("POST", DOMAINS + "/../../3/domains"),
    ("PUT", APP + "/ssl"),
    ("DELETE", APP + "/ssl/advanced"),
    ("PATCH", APP + "/ssl/advanced/5/redeploy"),
    ("post", DOMAINS),
    ("GET", DOMAINS),
]


@pytest.mark.parametrize(("method", "path"), PERMITTED)
def test_check_mode_is_refused_by_the_transport_itself(emu: Emulator, method: str, path: str) -> None:
    with pytest.raises(_client.WriteRefused, match="check mode"):
        client(emu, read_only=True).write(method, path, {})
    assert emu.journal == []
    try:
        client(emu).write(method, path, {})
    except _client.ApiError as error:
        assert error.status in (404, 405, 422)
    assert [(entry.method, entry.path) for entry in emu.journal] == [(method, path)]


@pytest.mark.parametrize(("method", "path"), FORBIDDEN)
def test_only_documented_writes_below_the_own_app_leave(
    emu: Emulator, method: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(_client.WriteRefused, match="not a documented write"):
        client(emu).write(method, path, {})
    with pytest.raises(_client.WriteRefused):
        client(emu, write_root=None).write(method, path, {})
    assert emu.journal == []
    # With the rule switched off the request leaves.
    monkeypatch.setattr(_client.Client, "_permit", lambda self, method, path: False)
    with contextlib.suppress(_client.ApiError):
        client(emu).write(method, path, {})
    assert len(emu.journal) == 1


@pytest.mark.parametrize("check", [True, False])
def test_a_module_that_forgets_check_mode_still_writes_nothing(
    run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    module = plugin("modules.runcloud_domains")
    connect = module.connect

    def forgetful(ansible: Any) -> Any:
        panel = connect(ansible)
        ansible.check_mode = False
        return panel

    monkeypatch.setattr(module, "connect", forgetful)
    if check:
        with pytest.raises(_client.WriteRefused, match="check mode never writes"):
            run.converge("new.com", check=True)
        assert writes(emu) == []
    else:
        run.converge("new.com")
        assert writes(emu) == [("POST", "new.com")]


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "words"),
    columns(
        [
            (
                "401",
                {"status": 401, "body": {"message": "Invalid API Token."}},
                ["HTTP 401: Invalid API Token.", "wrong or was revoked", "API access", "allow-list"],
            ),
            ("403", {"status": 403, "body": {"message": "Plan."}}, ["HTTP 403: Plan.", "quota"]),
            ("404", {"status": 404}, ["HTTP 404: Not Found.", "server_id, webapp_id"]),
            (
                "422",
                {"status": 422, "body": {"message": "Bad.", "errors": {"name": ["Too long", "Odd"], "www": "Not so"}}},
                ["HTTP 422: Bad. [name: Too long, Odd] [www: Not so]"],
            ),
            ("error in place of message", {"status": 400, "body": {"error": "Nope"}}, ["HTTP 400: Nope."]),
            ("odd errors", {"status": 422, "body": {"message": ["a"], "errors": ["b"]}}, ["HTTP 422: no message."]),
            ("a list", {"status": 400, "body": ["a"]}, ["HTTP 400: no message."]),
            ("edge", {"action": "html"}, ["HTTP 403: an HTML page.", "network edge", "User-Agent"]),
            ("text", {"action": "html", "status": 400, "text": "nope"}, ["HTTP 400: something that is not JSON."]),
            ("page in place of JSON", {"action": "html", "status": 200}, ["an HTML page came instead", "api_url"]),
            ("not JSON", {"action": "not_json"}, ["something that is not JSON came instead", "api_url"]),
        ]
    ),
)
def test_an_error_says_verb_path_status_words_and_what_to_do(
    emu: Emulator, fault: dict[str, Any], words: list[str]
) -> None:
    emu.fault(**{"action": "status", **fault})
    with pytest.raises(_client.ApiError) as refused:
        client(emu).get(DOMAINS)
    assert str(refused.value).startswith(f"GET {DOMAINS}: ")
    for text in words:
        assert text in str(refused.value)


@pytest.mark.parametrize("module", ["domain_info", "domains", "domain", "webapp_info", "server_info"])
@pytest.mark.parametrize(
    ("fault", "text"),
    columns(
        [
            ("page", {"action": "html", "status": 200}, "an HTML page came instead of JSON"),
            ("not JSON", {"action": "not_json"}, "not JSON"),
            ("edge", {"action": "html"}, "network edge"),
            ("error page", {"action": "html", "status": 500}, "HTTP 500: an HTML page"),
            ("redirect", {"action": "redirect"}, "never followed"),
            ("redirect to no address", {"action": "redirect", "location": "https://[oops/"}, "never followed"),
            ("cut", {"action": "drop_before"}, "the connection was lost"),
        ]
    ),
)
def test_no_module_ends_in_a_traceback(
    run: Runner, emu: Emulator, module: str, fault: dict[str, Any], text: str
) -> None:
    emu.fault(**fault)
    options: dict[str, dict[str, Any]] = {
        "domains": {"network": "network.com", "domains": [{"name": "network.com"}]},
        "domain": {"name": "network.com"},
    }
    result = run(module, **options.get(module, {}))
    assert result.failed and text in result["msg"]
    assert {"status", "panel_message", "panel_errors"} <= set(result)
    assert writes(emu) == []
