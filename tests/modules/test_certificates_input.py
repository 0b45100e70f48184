# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_certificates: bad input, told all at once before the first call; the lock; a memory that must not be used."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tests.modules.certs_world import Certs
from tests.modules.harness import NETWORK, columns, plugin
from tests.playbooks.runner import ROOT

SCHEMA = json.loads((ROOT / "docs/schemas/attempts-1.json").read_text(encoding="utf-8"))
DNS = {"format": "wpmultisite.dns/1", "valid": True, "hosts": []}
BAD = columns(
    [
        ("no domains", {"domains": []}, "domains is empty"),
        ("a bad name", {"domains": [{"name": "a_b.com"}]}, "domains[0]: 'a_b.com' is not usable"),
        ("twice", {"domains": [{"name": "x.com"}, {"name": "X.com"}]}, "domains[1]: x.com stands in the list already"),
        (
            "two overrides",
            {"overrides": [{"name": "x.com", "ssl_policy": "none"}, {"name": "www.x.com", "ignore": True}]},
            "overrides[1]: there is one for x.com already",
        ),
        (
            "an end that is none",
            {"overrides": [{"name": "x.com", "ssl_policy": "none", "reason": "why", "until": "soon"}]},
            "overrides[0] (x.com): until must be a date such as 2026-12-24",
        ),
        ("dns without api", {"authorization_method": "dns-01"}, "dns-01 needs external_api"),
        ("api without dns", {"external_api": "31"}, "external_api is for authorization_method: dns-01"),
        ("another document", {"dns": {**DNS, "format": "wpmultisite.dns/2"}}, "dns: its format is 'wpmultisite.dns/2'"),
        (
            "odd caa",
            {"dns": {**DNS, "hosts": [{"name": "x.com", "state": "ready", "ready": True, "caa": True}]}},
            "hosts[0] (x.com) has a caa whose allowed is not true, false or null",
        ),
        (
            "a caa that says nothing",
            {"dns": {**DNS, "hosts": [{"name": "x.com", "state": "ready", "ready": True, "caa": {"message": "no"}}]}},
            "hosts[0] (x.com) has a caa whose allowed is not true, false or null",
        ),
        ("tls without state", {"tls": [{"name": "x.com"}]}, "tls[0] has no name and state"),
        ("tls twice", {"tls": [{"name": "x.com", "state": "valid"}] * 2}, "tls[1] names x.com once more"),
        (
            "tls without a moment",
            {"tls": [{"name": "x.com", "state": "valid", "not_after": "soon"}]},
            "tls[0]: not_after is 'soon'",
        ),
        ("probed", {"probed": ["1.2.3.4"]}, "probed[0]: '1.2.3.4' is not usable"),
        ("no ledger", {"ownership": "ledger", "state_dir": None}, "ownership: ledger needs state_dir"),
        ("too much", {"overdue_fraction": 1.0}, "overdue_fraction must be a fraction"),
        ("too little", {"expiring_fraction": 0.0}, "expiring_fraction must be a fraction"),
        ("negative", {"max_orders": -1}, "max_orders must be 0 or more"),
        ("no batch", {"batch_size": 0}, "batch_size must be 1 or more"),
        ("no interval", {"wait_interval": 0.0}, "wait_interval must be a finite number of seconds above 0"),
        ("no time-out", {"wait_timeout": -1.0}, "wait_timeout must be a finite number"),
        ("no grace", {"autossl_grace": float("inf")}, "autossl_grace must be a finite number"),
    ]
)


@pytest.mark.parametrize(("options", "words"), BAD)
def test_bad_input_is_told_before_the_first_call(certs: Certs, options: dict[str, Any], words: str) -> None:
    certs.world("x.com", advanced=True)
    given: dict[str, Any] = {"domains": [{"name": "x.com"}], "dns": DNS, "state_dir": str(certs.folder), **options}
    certs.emu.clear_journal()
    result = certs.run("certificates", **given)
    assert result.failed and words in result["msg"] and result["msg"].startswith("Nothing was read or ordered. ")
    assert certs.emu.journal == []


def test_every_fault_is_told_at_once(certs: Certs) -> None:
    result = certs.run("certificates", domains=[{"name": "a_b.com"}], max_orders=-1, batch_size=0, external_api="31")
    assert all(word in result["msg"] for word in ("a_b.com", "max_orders", "batch_size", "external_api"))


def test_a_relative_folder_is_another_one_in_each_run(certs: Certs) -> None:
    # Ansible itself makes a path option absolute on this machine, so only the reading of options can meet one.
    options = plugin("modules.runcloud_certificates").OPTIONS
    params = {name: about.get("default") for name, about in options.items()}
    row = {"name": "x.com", "certificate": True, "certificate_reason": None}
    _options, faults = plugin("module_utils._certs_input").read_options(
        {**params, "domains": [row], "state_dir": "state"}
    )
    assert faults == ["state_dir must be an absolute path: a relative one is another folder in each run."]


def test_no_order_is_a_cap_of_its_own(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    result = certs("x.com", max_orders=0)
    assert certs.writes() == [] and result["waiting"][0]["again"] is None


def test_one_run_at_a_time(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    lock = plugin("module_utils._lock")
    target = plugin("module_utils._api").Target(**certs.target)
    with lock.Lock(target):
        result = certs("x.com")
        assert result.failed and "Another run works on web app 2" in result["msg"] and certs.emu.journal == []
        assert not certs("x.com", check=True).failed
    assert not certs("x.com").failed


DAMAGED = columns(
    [
        ("no JSON", "{", "it is damaged (not JSON)"),
        ("something else", {"format": "wpmultisite.ledger/1"}, "it is no memory of certificate orders"),
        ("newer", {"format": "wpmultisite.attempts/2"}, "A newer version of the collection wrote it"),
        ("no orders", {"orders": None}, "it is damaged"),
        (
            "an odd count",
            {"failures": [{"host": "x.com", "count": 0, "last": "2026-07-01T00:00:00Z", "reason": ""}]},
            "damaged",
        ),
        ("an odd moment", {"halt": {"until": "later", "reason": ""}}, "it is damaged"),
        ("an odd outcome", {"orders": [{"outcome": "lost", "hosts": [], "before": None}]}, "it is damaged"),
        ("another web app", {"target": {"api_url": "https://x.com/api", "server_id": 1, "webapp_id": 3}}, "web app 3"),
    ]
)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("document", "words"), DAMAGED)
def test_a_memory_that_must_not_be_used(certs: Certs, document: Any, words: str, check: bool) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    whole = {**certs.memory(), **document} if isinstance(document, dict) else None
    text = json.dumps(whole) if whole else document
    certs.path.write_text(text)
    result = certs("x.com", check=check)
    assert result.failed and words in result["msg"] and str(certs.path) in result["msg"]
    assert certs.emu.writes() == [] and certs.path.read_text() == text


def test_a_folder_that_cannot_be_written_orders_nothing(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.forget()
    certs.folder.rmdir()
    certs.folder.write_text("a file")
    result = certs("x.com")
    assert result.failed and "cannot be written" in result["msg"] and certs.emu.writes() == []


def test_what_is_remembered_follows_its_schema(certs: Certs) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.point("x.com", caa=('0 issue "other.org"',))
    certs.point("y.com")
    certs.forget()
    certs("x.com", "y.com")
    document = certs.memory()
    jsonschema.validate(document, SCHEMA)
    assert {order["domain"]: order["outcome"] for order in document["orders"]} == {"x.com": "failed", "y.com": "issued"}
    assert [row["host"] for row in document["failures"]] == ["x.com"] and document["target"] == certs.target
    certs.emu.fault(method="POST", action="status", status=422, body={"message": "rateLimited"})
    certs.emu.put_domain(2, "z.com")
    certs.point("z.com")
    certs("z.com")
    jsonschema.validate(certs.memory(), SCHEMA)
    assert certs.memory()["halt"]["until"].startswith("2026-07-18T15:")
    certs.pass_time(days=1)
    certs.emu.drop_domain(2, "x.com")
    certs("y.com", check=True)
    assert [row["host"] for row in certs.memory()["failures"]] == ["x.com", "z.com"]
    certs("y.com")
    document = certs.memory()
    assert [row["host"] for row in document["failures"]] == ["z.com"] and document["halt"] is None
    # Of what is there the order that brought it, of z.com the one that failed.
    assert [order["domain"] for order in document["orders"]] == ["y.com", "z.com"]


def test_check_mode_leaves_no_memory(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.forget()
    certs("x.com", check=True)
    assert not certs.path.exists()


READS = columns([(path, path) for path in ("/ssl/advanced$", "/domains", "/ssl$", "/servers/1$")])


@pytest.mark.parametrize("path", READS)
def test_a_read_that_fails_orders_nothing(certs: Certs, path: str) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.emu.fault(method="GET", path=path, action="status", status=500)
    result = certs("x.com")
    assert result.failed and result["status"] == 500 and certs.emu.writes() == []


def test_a_look_that_fails_leaves_the_order_pending(certs: Certs) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.point("x.com", "y.com")
    certs.emu.fault(method="GET", path="webapps/2/ssl$", skip=1, action="status", status=401)
    result = certs("x.com", "y.com", batch_size=1)
    assert [row["name"] for row in result["pending"]] == ["x.com"] and [row["name"] for row in result["waiting"]] == [
        "y.com"
    ]
    assert any("the certificates cannot be read" in note for note in result["notes"])
    certs.emu.clear_faults()
    certs.pass_time(hours=0.2)
    result = certs("x.com", "y.com")
    assert result.names("valid") == ["x.com"] and result.names("issued") == ["y.com"] and NETWORK not in result.output
