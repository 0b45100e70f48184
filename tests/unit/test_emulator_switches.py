# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each switch of the emulator, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.emulator import Emulator, Raw, Switches

DOMAINS = "/servers/1/webapps/2/domains"
PRIMARY = {"type": "primary", "redirection": "none", "www": False}
ALIAS = {"type": "alias", "redirection": "none", "www": False}
NOON = 1721304000.0  # 2024-07-18 12:00:00 UTC


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """One emulator at noon."""
    with Emulator(clock=lambda: NOON) as emulator:
        yield emulator


@pytest.fixture
def emu(server: Emulator) -> Emulator:
    """Primary 701 and alias 702 on app 2; app 3 on the same server, app 4 on another."""
    server.reset()
    server.seed(
        {
            "servers": [{"id": 1}, {"id": 9}],
            "webapps": [{"id": 2}, {"id": 3}, {"id": 4, "server_id": 9}],
            "domains": [
                {"name": "network.com"},
                {"name": "a.com", "www": 1},
                {"name": "taken.com", "webapp_id": 3},
                {"name": "far.com", "webapp_id": 4},
            ],
        }
    )
    return server


@pytest.fixture
def v3(emu: Emulator) -> Iterator[Raw]:
    """v3 with the token."""
    with Raw(emu.url, emu.token) as raw:
        yield raw


def types(emu: Emulator) -> dict[str, str]:
    """Name to type on app 2."""
    return {domain["name"]: domain["type"] for domain in emu.domains(2)}


def test_the_readme_has_each_switch_with_its_values() -> None:
    text = (Path(__file__).parents[1] / "emulator" / "README.md").read_text(encoding="utf-8")
    for name, field in Switches.model_fields.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        values = row.split(" | ")[1]
        assert values.startswith(f"`{field.default}`")
        assert all(f"`{value}`" in values for value in get_args(field.annotation))
        assert row.endswith(f"| {field.description} |")


def test_an_unknown_switch_is_an_error(emu: Emulator) -> None:
    for wrong in ({"per_pages": "ignored"}, {"per_page": "ignore"}):
        with pytest.raises(ValueError, match="validation error"):
            emu.switch(**wrong)


@pytest.mark.parametrize(("value", "has_errors"), [("errors", True), ("message", False)])
def test_duplicate_domain(emu: Emulator, v3: Raw, value: str, has_errors: bool) -> None:
    emu.switch(duplicate_domain=value)
    answer = v3.post(DOMAINS, json={"name": "a.com"})
    assert answer.status_code == 422
    assert ("errors" in answer.json()) is has_errors
    assert "already exists" in answer.text


def test_promote_primary(emu: Emulator, v3: Raw) -> None:
    emu.switch(promote_primary="refused")
    assert v3.patch(f"{DOMAINS}/702/meta", json=PRIMARY).status_code == 422
    assert v3.post(DOMAINS, json={"name": "b.com", "type": "primary"}).status_code == 422
    assert types(emu) == {"network.com": "primary", "a.com": "alias"}
    emu.switch(promote_primary="demotes")
    assert v3.patch(f"{DOMAINS}/702/meta", json=PRIMARY).status_code == 200
    assert types(emu) == {"network.com": "alias", "a.com": "primary"}
    assert v3.post(DOMAINS, json={"name": "b.com", "type": "primary"}).json()["type"] == "primary"
    assert types(emu) == {"network.com": "alias", "a.com": "alias", "b.com": "primary"}


def test_demote_primary(emu: Emulator, v3: Raw) -> None:
    assert v3.patch(f"{DOMAINS}/701/meta", json=ALIAS).status_code == 422
    assert v3.patch(f"{DOMAINS}/701/meta", json=PRIMARY).status_code == 200
    emu.switch(demote_primary="allowed")
    assert v3.patch(f"{DOMAINS}/701/meta", json=ALIAS).status_code == 200
    assert types(emu)["network.com"] == "alias"


def test_delete_primary(emu: Emulator, v3: Raw) -> None:
    assert v3.delete(f"{DOMAINS}/701").status_code == 422
    emu.switch(delete_primary="allowed")
    assert v3.delete(f"{DOMAINS}/701").status_code == 200
    assert types(emu) == {"a.com": "alias"}


@pytest.mark.parametrize(
    ("switch", "default", "other", "name"),
    [
        ("domain_on_other_app", 422, "allowed", "taken.com"),
        ("domain_on_other_server", 200, "refused", "far.com"),
        ("www_overlap", 200, "refused", "www.a.com"),
        ("wildcard_names", 200, "refused", "*.a.com"),
        ("upper_case_names", 422, "lowered", "Client.COM"),
    ],
)
def test_names_that_may_be_refused(emu: Emulator, v3: Raw, switch: str, default: int, other: str, name: str) -> None:
    before = emu.domains(2)
    emu.switch(**{switch: other})
    assert v3.post(DOMAINS, json={"name": name}).status_code == {422: 200, 200: 422}[default]
    if default == 422:
        emu.drop_domain(2, name.lower())
    assert emu.domains(2) == before
    emu.switch(**{switch: Switches.model_fields[switch].default})
    assert v3.post(DOMAINS, json={"name": name}).status_code == default


def test_a_wildcard_is_stored_with_its_flag(v3: Raw) -> None:
    assert v3.post(DOMAINS, json={"name": "*.a.com"}).json()["wildcard"] == 1


def test_www_overlap_counts_for_updates_too(emu: Emulator, v3: Raw) -> None:
    emu.put_domain(2, "b.com")
    emu.put_domain(2, "www.b.com")
    emu.switch(www_overlap="refused")
    b = emu.domains(2)[2]["id"]
    assert v3.patch(f"{DOMAINS}/{b}/meta", json=ALIAS | {"www": True}).status_code == 422
    assert v3.patch(f"{DOMAINS}/{b}/meta", json=ALIAS | {"redirection": "www"}).status_code == 200


def test_redirection_without_www(emu: Emulator, v3: Raw) -> None:
    body = ALIAS | {"redirection": "non-www"}
    assert v3.patch(f"{DOMAINS}/702/meta", json=body).status_code == 200
    emu.switch(redirection_without_www="refused")
    assert v3.patch(f"{DOMAINS}/702/meta", json=body).status_code == 422
    assert v3.patch(f"{DOMAINS}/702/meta", json=body | {"www": True}).status_code == 200


def test_meta_omitted(emu: Emulator, v3: Raw) -> None:
    answer = v3.patch(f"{DOMAINS}/702/meta", json={"www": False})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["type", "redirection"])
    assert emu.domains(2)[1]["www"] == 1
    emu.switch(meta_omitted="keeps")
    assert v3.patch(f"{DOMAINS}/702/meta", json={"redirection": "www"}).status_code == 200
    assert (emu.domains(2)[1]["www"], emu.domains(2)[1]["redirection"]) == (1, "www")


def test_offline_writes(emu: Emulator, v3: Raw) -> None:
    emu.seed({"servers": [{"id": 1, "connected": False}], "domains": [{"name": "network.com"}]})
    assert v3.post(DOMAINS, json={"name": "a.com"}).status_code == 200
    emu.switch(offline_writes="refused")
    assert v3.post(DOMAINS, json={"name": "b.com"}).status_code == 422
    assert v3.get(DOMAINS).status_code == 200


@pytest.mark.parametrize(("value", "body"), [("empty", ""), ("braces", "{}")])
def test_write_body(emu: Emulator, v3: Raw, value: str, body: str) -> None:
    emu.switch(write_body=value)
    answers = [
        v3.post(DOMAINS, json={"name": "b.com"}),
        v3.patch(f"{DOMAINS}/702/meta", json=ALIAS),
        v3.delete(f"{DOMAINS}/702"),
    ]
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, body)] * 3
    assert types(emu) == {"network.com": "primary", "b.com": "alias"}


@pytest.mark.parametrize(
    ("value", "meta"),
    [
        ("lastPage", {"lastPage": 2}),
        ("last_page", {"current_page": 1, "last_page": 2, "per_page": 1, "total": 2}),
        ("none", None),
    ],
)
def test_pagination_meta(emu: Emulator, v3: Raw, value: str, meta: dict[str, int] | None) -> None:
    emu.switch(pagination_meta=value)
    document = v3.get(DOMAINS, params={"perPage": 1}).json()
    assert len(document["data"]) == 1
    assert document.get("meta") == meta


def test_per_page(emu: Emulator, v3: Raw) -> None:
    for number in range(60):
        emu.put_domain(2, f"d{number}.com")

    def size(per_page: int) -> Any:
        answer = v3.get(DOMAINS, params={"perPage": per_page})
        return answer.json()["meta"]["pagination"]["per_page"] if answer.ok else answer.json()["errors"]

    assert (size(5), size(40), size(41)) == (5, 40, 40)
    emu.switch(per_page_over_40="refused")
    assert size(40) == 40
    assert list(size(41)) == ["perPage"]
    emu.switch(per_page="ignored", per_page_over_40="clamp", default_page_size_v3=7)
    assert (size(5), size(40), size(41)) == (7, 7, 7)
    assert list(size(0)) == ["perPage"]
    with Raw(emu.url, emu.token, "v2") as v2:
        emu.switch(default_page_size_v2=3)
        assert len(v2.get(DOMAINS).json()["data"]) == 3


def test_links(emu: Emulator, v3: Raw) -> None:
    def links() -> Any:
        return v3.get(DOMAINS, params={"perPage": 1}).json()["meta"]["pagination"]["links"]

    address = f"{emu.url}/v3{DOMAINS}"
    assert links() == {"next": f"{address}?page=2"}
    emu.switch(links_query="all")
    assert links() == {"next": f"{address}?perPage=1&page=2"}
    emu.switch(links_next="absent")
    assert links() == {}


def test_retry_after(emu: Emulator, v3: Raw) -> None:
    emu.rate_limit(limit=60, remaining=0, window=30)

    def header() -> str | None:
        answer = v3.get("/ping")
        assert answer.status_code == 429
        return answer.headers.get("Retry-After")

    assert header() == "30"
    emu.switch(retry_after="date")
    moment = header()
    assert moment is not None
    assert parsedate_to_datetime(moment).timestamp() == NOON + 30
    emu.switch(retry_after="none")
    assert header() is None


def test_generic_user_agents(emu: Emulator, v3: Raw) -> None:
    agents = {"User-Agent": "python-requests/2.32"}
    assert v3.get("/ping", headers=agents).status_code == 200
    emu.switch(generic_user_agents="all")
    assert v3.get("/ping", headers=agents).status_code == 403
    assert v3.get("/ping").status_code == 200
