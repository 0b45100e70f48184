# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's answers beside the documented samples, and its strictness."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from urllib3.util import SKIP_HEADER

from tests.emulator import Emulator, Raw

DOMAINS = "/servers/1/webapps/2/domains"
# RunCloud API v3 docs: api-8617111 (create), -8617112 (list), -8617114 (meta), -8617115 (dns), -8617116 (delete).
SAMPLE_REQUEST = {"name": "example.com", "www": False, "redirection": "non-www", "type": "alias"}
SAMPLE_DOMAIN = {
    "id": 710,
    "name": "example.com",
    "type": "alias",
    "www": 0,
    "redirection": "non-www",
    "wildcard": 0,
    "dns_integration": "none",
    "status": None,
    "created_at": "2024-07-18 01:31:10",
}

# api-8617075 and api-8617094
SERVER_FIELDS = ["id", "name", "provider", "stack", "ipAddress", "country_iso_code", "os", "osVersion", "connected"]
SERVER_FIELDS += ["online", "agentVersion", "phpCLIVersion", "softwareUpdate", "securityUpdate", "transferStatus"]
SERVER_FIELDS += ["created_at", "tags"]
WEBAPP_FIELDS = ["id", "server_user_id", "name", "rootPath", "publicPath", "phpVersion", "stack", "stackMode", "type"]
WEBAPP_FIELDS += ["defaultApp", "alias", "pullKey1", "pullKey2", "created_at"]


# Contract 6.1: what GET /servers/{s}/webapps/{w}/ssl/advanced answers
SSL_MODES = [(False, False), (True, False), (True, True)]


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """One emulator; its clock stands at 2024-07-18 01:31:10 UTC."""
    with Emulator(clock=lambda: 1721266270.0) as emulator:
        yield emulator


@pytest.fixture
def emu(server: Emulator) -> Emulator:
    """Two apps on server 1, one on server 3; the next domain gets id 710."""
    server.reset()
    server.seed(
        {
            "servers": [{"id": 1, "name": "web-1"}, {"id": 3, "name": "db-1"}, {"id": 4, "shared": True}],
            "users": [{"id": 9, "server_id": 1, "username": "owner"}],
            "webapps": [{"id": 2, "name": "network"}, {"id": 5, "name": "Other"}, {"id": 6, "server_id": 3}],
            "domains": [{"id": 709, "webapp_id": 2, "name": "network.com", "www": True}],
        }
    )
    return server


@pytest.fixture
def v3(emu: Emulator) -> Iterator[Raw]:
    """v3 with the token."""
    with Raw(emu.url, emu.token) as raw:
        yield raw


@pytest.fixture
def v2(emu: Emulator) -> Iterator[Raw]:
    """v2 with key and secret."""
    with Raw(emu.url, emu.token, "v2") as raw:
        raw.headers["Authorization"] = basic("rc-emulator-key-0001", "rc-emulator-secret-0001")
        yield raw


def basic(key: str, secret: str) -> str:
    """The header of HTTP Basic."""
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def test_ping_answers_pong(v2: Raw, v3: Raw) -> None:
    for raw in (v2, v3):
        answer = raw.get("/ping")
        assert (answer.status_code, answer.json()) == (200, {"message": "pong"})
        assert answer.headers["Content-Type"] == "application/json"


def test_create_answers_the_documented_object(v3: Raw) -> None:
    answer = v3.post(DOMAINS, json=SAMPLE_REQUEST)
    assert (answer.status_code, answer.json()) == (200, SAMPLE_DOMAIN)
    assert list(answer.json()) == list(SAMPLE_DOMAIN)
    assert v3.get(f"{DOMAINS}/710").json() == SAMPLE_DOMAIN


def test_flags_come_back_as_integers(v3: Raw) -> None:
    answer = v3.post(DOMAINS, json={"name": "a.com", "www": True}).json()
    assert [type(answer[flag]) for flag in ("www", "wildcard")] == [int, int]
    assert (answer["www"], answer["redirection"], answer["type"]) == (1, "none", "alias")


def test_list_is_wrapped_with_the_documented_meta(v3: Raw) -> None:
    v3.post(DOMAINS, json=SAMPLE_REQUEST)
    document = v3.get(DOMAINS).json()
    assert document["data"][1] == SAMPLE_DOMAIN
    assert document["meta"] == {
        "pagination": {"total": 2, "count": 2, "per_page": 20, "current_page": 1, "total_pages": 1, "links": {}}
    }


def test_meta_of_a_middle_page(emu: Emulator, v3: Raw) -> None:
    # As seen on the real API: 76 rows, 20 a page, 4 pages, links.next with page=2.
    for number in range(75):
        emu.put_domain(2, f"d{number}.com")
    counts = v3.get(DOMAINS).json()["meta"]["pagination"]
    assert (counts["total"], counts["count"], counts["per_page"], counts["total_pages"]) == (76, 20, 20, 4)
    assert counts["links"]["next"].endswith("/domains?page=2")
    second = v3.get(DOMAINS, params={"page": 2}).json()
    assert second["data"][0]["name"] == "d19.com"
    assert {name: url[-7:] for name, url in second["meta"]["pagination"]["links"].items()} == {
        "next": "?page=3",
        "previous": "?page=1",
    }
    last = v3.get(DOMAINS, params={"page": 4}).json()
    assert len(last["data"]) == 16
    assert list(last["meta"]["pagination"]["links"]) == ["previous"]
    beyond = v3.get(DOMAINS, params={"page": 5}).json()
    assert (beyond["data"], beyond["meta"]["pagination"]["total"]) == ([], 76)


def test_default_page_sizes(emu: Emulator, v2: Raw, v3: Raw) -> None:
    for number in range(50):
        emu.put_domain(2, f"d{number}.com")
    assert [len(raw.get(DOMAINS).json()["data"]) for raw in (v2, v3)] == [15, 20]
    assert len(v3.get(DOMAINS, params={"perPage": 40}).json()["data"]) == 40


def test_update_answers_the_documented_message(emu: Emulator, v3: Raw) -> None:
    v3.post(DOMAINS, json={"name": "a.com"})
    answer = v3.patch(f"{DOMAINS}/710/meta", json={"type": "alias", "redirection": "non-www", "www": True})
    assert answer.status_code == 200
    assert answer.json() == {"message": "Domain settings have been successfully updated."}
    stored = emu.domains(2)[1]
    assert (stored["www"], stored["redirection"], stored["type"]) == (1, "non-www", "alias")


def test_delete_answers_the_object(emu: Emulator, v2: Raw, v3: Raw) -> None:
    v3.post(DOMAINS, json=SAMPLE_REQUEST)
    answer = v3.delete(f"{DOMAINS}/710")
    assert (answer.status_code, answer.json()) == (200, SAMPLE_DOMAIN)
    assert v3.delete(f"{DOMAINS}/710").status_code == 404
    again = v2.post(DOMAINS, json=SAMPLE_REQUEST).json()
    assert again == SAMPLE_DOMAIN | {"id": 711}  # an id is never used twice
    assert v2.delete(f"{DOMAINS}/711").json() == again
    assert [domain["name"] for domain in emu.domains(2)] == ["network.com"]


def test_dns_hints_are_a_bare_array(v3: Raw) -> None:
    v3.post(DOMAINS, json=SAMPLE_REQUEST)
    assert v3.get(f"{DOMAINS}/709/dns").json() == [
        {"type": "A", "hostname": "network.com", "content": "192.0.2.10"},
        {"type": "CNAME", "hostname": "www.network.com", "content": "network.com"},
    ]
    assert len(v3.get(f"{DOMAINS}/710/dns").json()) == 1


def test_single_objects_are_bare_and_complete(v2: Raw, v3: Raw) -> None:
    for raw in (v2, v3):
        assert list(raw.get("/servers/1").json()) == SERVER_FIELDS
        app = raw.get("/servers/1/webapps/2").json()
        assert list(app) == WEBAPP_FIELDS
        assert (app["rootPath"], app["server_user_id"]) == ("/home/owner/webapps/network", 9)
        assert (app["pullKey1"], app["pullKey2"]) == ("PULLKEY-SECRET-1", "PULLKEY-SECRET-2")
        assert raw.get("/servers/1/users/9").json()["username"] == "owner"


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(("advanced", "auto"), SSL_MODES)
def test_the_ssl_mode_is_what_was_seeded(
    emu: Emulator, v2: Raw, v3: Raw, version: str, advanced: bool, auto: bool
) -> None:
    emu.seed({"webapps": [{"id": 2, "advancedSSL": advanced, "autoSSL": auto}, {"id": 5}]})
    raw = {"v2": v2, "v3": v3}[version]
    assert raw.get("/servers/1/webapps/2/ssl/advanced").json() == {"advancedSSL": advanced, "autoSSL": auto}
    assert raw.get("/servers/1/webapps/5/ssl/advanced").json() == {"advancedSSL": False, "autoSSL": False}
    assert emu.calls() == [f"GET /servers/1/webapps/{number}/ssl/advanced" for number in (2, 5)]
    assert set(raw.get("/servers/1/webapps/2").json()) == set(WEBAPP_FIELDS)


def test_lists_search_by_name(v3: Raw) -> None:
    def names(path: str, **query: str) -> list[str]:
        return [row["name"] for row in v3.get(path, params=query).json()["data"]]

    assert names("/servers") == ["web-1", "db-1"]
    assert names("/servers", search="DB") == ["db-1"]
    assert names("/servers/shared") == ["server-4"]
    assert names("/servers/1/webapps", search="other") == ["Other"]
    assert names("/servers/1/webapps", search="network.com") == []
    assert names("/servers/1/webapps", sortColumn="name", sortDirection="desc") == ["network", "Other"]
    assert [row["id"] for row in v3.get("/servers/1/users").json()["data"]] == [9]


@pytest.mark.parametrize(
    ("version", "authorization", "message"),
    [
        ("v3", None, "Missing API Token."),
        ("v3", basic("rc-emulator-key-0001", "rc-emulator-secret-0001"), "Missing API Token."),
        ("v3", "Bearer wrong-token-000", "Invalid API Token."),
        ("v2", basic("rc-emulator-key-0001", "wrong-secret"), "Invalid credentials."),
        ("v2", "Basic !", "Invalid credentials."),
        ("v2", None, "Invalid credentials."),
        ("v2", "Bearer wrong-token-000", "Invalid API Token."),
    ],
)
def test_refused_credentials(emu: Emulator, version: str, authorization: str | None, message: str) -> None:
    with Raw(emu.url, "", version) as raw:
        # None takes the session's own header away.
        answer = raw.get("/ping", headers={"Authorization": authorization})
    assert (answer.status_code, answer.json()) == (401, {"message": message})


def test_v2_takes_a_token_too(emu: Emulator) -> None:
    with Raw(emu.url, emu.token, "v2") as raw:
        assert raw.get("/ping").status_code == 200


@pytest.mark.parametrize("name", ["Accept", "Content-Type"])
def test_a_missing_header_is_refused_and_flagged(emu: Emulator, v3: Raw, name: str) -> None:
    for value in (None, "text/html"):
        answer = v3.get("/ping", headers={name: value})
        assert answer.status_code == 400
        assert f"{name}: application/json is missing" in answer.json()["message"]
    assert [entry.complaints for entry in emu.journal] == [[f"{name}: application/json is missing"]] * 2
    assert v3.get("/ping", headers={name: "application/json; charset=utf-8"}).status_code == 200


@pytest.mark.parametrize("agent", [None, "Python-urllib/3.12"])
def test_the_edge_refuses_generic_agents_with_html(emu: Emulator, v3: Raw, agent: str | None) -> None:
    # urllib3 sends its own name unless told to leave the header out.
    answer = v3.get("/ping", headers={"User-Agent": agent or SKIP_HEADER})
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (403, "text/html")
    assert "X-RateLimit-Limit" not in answer.headers
    assert emu.journal[0].complaints == ["generic User-Agent"]


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/servers/1/",
        "/servers/x",
        "/servers/99",
        "/servers/1/webapps/6",
        "/servers/3/webapps/2/domains",
        "/servers/1/webapps/5/domains/709",
        "/servers/1/webapps/2/settings/ssl",
        "/servers/1/webapps/2/domains/709/ssl/advanced",
    ],
)
def test_unknown_paths_and_foreign_ids_are_404(v3: Raw, path: str) -> None:
    answer = v3.get(path)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_a_wrong_verb_is_405(v3: Raw) -> None:
    for method, path in (
        ("PATCH", f"{DOMAINS}/709"),
        ("PUT", DOMAINS),
        ("POST", "/servers/1"),
        ("GET", f"{DOMAINS}/709/meta"),
    ):
        answer = v3.request(method, path)
        assert answer.status_code == 405
        assert answer.json()["message"].startswith(f"The {method} method is not supported")


def test_v2_has_no_meta_and_no_dns(v2: Raw) -> None:
    assert v2.patch(f"{DOMAINS}/709/meta", json={"www": True}).status_code == 404
    assert v2.get(f"{DOMAINS}/709/dns").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "",
        "com",
        "foo_bar.com",
        "Upper.com",
        "dot.com.",
        "-a.com",
        "a-.com",
        "a..com",
        "http://a.com",
        "a.com/x",
        "192.0.2.1",
        "bücher.de",
        " a.com",
        "*.*.com",
        "a" * 64 + ".com",
        ".".join(["a" * 49] * 6),
        7,
        None,
    ],
)
def test_invalid_names_are_422_with_errors_name(emu: Emulator, v3: Raw, name: Any) -> None:
    answer = v3.post(DOMAINS, json={"name": name})
    assert answer.status_code == 422
    assert answer.json()["message"] == "The given data was invalid."
    assert list(answer.json()["errors"]) == ["name"]
    assert len(emu.domains(2)) == 1


@pytest.mark.parametrize(
    "name", ["a.com", "www.a.com", "xn--bcher-kva.de", "a-b.c--d.co.uk", "1.example.com", "*.a.com"]
)
def test_valid_names_are_taken(v3: Raw, name: str) -> None:
    assert v3.post(DOMAINS, json={"name": name}).json()["name"] == name


@pytest.mark.parametrize(
    ("field", "value"), [("www", 1), ("www", "true"), ("redirection", "both"), ("redirection", None), ("type", "www")]
)
def test_invalid_fields_are_422_under_their_name(v3: Raw, field: str, value: Any) -> None:
    create = v3.post(DOMAINS, json={"name": "a.com", field: value})
    change = v3.patch(f"{DOMAINS}/709/meta", json={"type": "primary", "redirection": "none", "www": True, field: value})
    assert [answer.status_code for answer in (create, change)] == [422, 422]
    assert [list(answer.json()["errors"]) for answer in (create, change)] == [[field], [field]]


def test_a_body_that_is_no_json_counts_as_no_input(emu: Emulator, v3: Raw) -> None:
    for data in ("{", "", "[]"):
        assert v3.post(DOMAINS, data=data).status_code == 422
    assert [entry.complaints for entry in emu.journal] == [["the body is not JSON"], [], []]
    assert emu.journal[0].raw == "{"


def test_authentication_and_ids_come_before_validation(emu: Emulator, v3: Raw) -> None:
    assert v3.post(DOMAINS, data="{", headers={"Authorization": None}).status_code == 401
    assert v3.post("/servers/1/webapps/77/domains", json={}).status_code == 404


def test_the_journal_tells_all_of_a_request(emu: Emulator, v3: Raw) -> None:
    v3.post(DOMAINS, json={"name": "a.com", "enableWww": True})
    v3.get(DOMAINS, params={"page": "1", "perPage": "40", "search": "a"})
    v3.delete(f"{DOMAINS}/710", data="[]")
    write, listing, removal = emu.journal
    assert (write.method, write.version, write.path, write.query) == ("POST", "v3", DOMAINS, {})
    assert write.body == {"name": "a.com", "enableWww": True}
    assert write.raw == '{"name": "a.com", "enableWww": true}'
    assert (write.status, write.unknown_fields, write.complaints) == (200, ["enableWww"], [])
    assert write.headers["user-agent"] == "emulator-tests/1"
    assert (listing.query, listing.unknown_fields) == ({"page": "1", "perPage": "40", "search": "a"}, ["query:search"])
    assert removal.complaints == ["DELETE with a body"]
    assert emu.calls()[:2] == [f"POST {DOMAINS}", f"GET {DOMAINS}?page=1&perPage=40&search=a"]
    assert emu.writes() == [("POST", DOMAINS, write.body), ("DELETE", f"{DOMAINS}/710", [])]
    emu.clear_journal()
    assert emu.journal == []


def test_rate_limit_headers_are_on_every_answer(v3: Raw) -> None:
    for path in ("/ping", "/nope", DOMAINS):
        headers = v3.get(path).headers
        assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("60", "60")


def test_seeds_hold_odd_records_but_no_typing_errors(emu: Emulator, v3: Raw) -> None:
    emu.seed({"domains": [{"name": "UPPER.com"}, {"name": "www.x.com", "www": 1}, {"name": "*.x.com", "wildcard": 1}]})
    rows = v3.get(DOMAINS).json()["data"]
    assert [(row["name"], row["type"]) for row in rows] == [
        ("UPPER.com", "primary"),
        ("www.x.com", "alias"),
        ("*.x.com", "alias"),
    ]
    odd: list[dict[str, Any]] = [
        {"domians": []},
        {"domains": [{"name": "a.com", "webapp": 2}]},
        {"domains": [{"name": "a.com", "webapp_id": 8}]},
    ]
    for wrong in odd:
        with pytest.raises(ValueError, match="validation error"):
            emu.seed(wrong)
    assert len(emu.domains(2)) == 3
