# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_ssl_info: what the panel knows of certificates, in as few calls as it allows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import APP, DOMAINS, NETWORK, Clock, Runner, columns, numbered, seed

MODE, SSL = f"GET {APP}/ssl/advanced", f"GET {APP}/ssl"


def advanced(emu: Emulator, *rows: Any) -> None:
    """A web app in Advanced mode; c.com's certificate has ended, b.com has none."""
    seed(emu, "a.com", "b.com", "c.com", *rows, webapps=[{"id": 2, "advancedSSL": True}])
    emu.switch(renewal="never")
    emu.put_certificate(2, "a.com", age=80)
    emu.put_certificate(2, "c.com", lifetime=6, age=8)


def short(result: Any) -> list[tuple[Any, ...]]:
    """Domain, days left and whether it is there, of each certificate."""
    return [(row["domain"], row["days_left"], row["issued"]) for row in result["certificates"]]


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("shape", ["flat", "wrapped", "domains"])
@pytest.mark.parametrize("absent", ["404", "message"])
def test_advanced(run: Runner, emu: Emulator, version: str, shape: str, absent: str) -> None:
    advanced(emu)
    emu.switch(ssl_absent=absent, **{f"ssl_read_{version}": shape})
    result = run("ssl_info", api_version=version)
    assert short(result) == [("a.com", 10, True), ("c.com", -2, True)]
    assert result["missing"] == ["b.com", NETWORK] and result["unknown"] == []
    assert result["ssl_mode"] == {"advanced": True, "auto": False}
    each = [f"GET {DOMAINS}/{number}/ssl" for number in (701, 702, 703, 704)]
    more = [] if shape == "domains" else [f"GET {DOMAINS}?page=1&perPage=40", *each]
    assert emu.calls() == [MODE, SSL, *more]
    assert "SSLKEY-SECRET" not in result.output


@pytest.mark.parametrize("shape", ["flat", "domains"])
def test_some_domains(run: Runner, emu: Emulator, shape: str) -> None:
    advanced(emu)
    emu.switch(ssl_read_v3=shape)
    result = run("ssl_info", domains=["A.com", "b.com.", "gone.com", "a.com"])
    assert (short(result), result["missing"], result["unknown"]) == ([("a.com", 10, True)], ["b.com"], ["gone.com"])
    assert len(emu.journal) == (2 if shape == "domains" else 5)


def test_no_domains_at_all(run: Runner, emu: Emulator) -> None:
    advanced(emu)
    result = run("ssl_info", domains=[])
    assert (result["certificates"], result["missing"]) == ([], [])


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("shape", ["flat", "wrapped", "domains"])
def test_basic(run: Runner, emu: Emulator, version: str, shape: str) -> None:
    seed(emu, "a.com")
    emu.switch(**{f"ssl_read_{version}": shape})
    none = run("ssl_info", api_version=version)
    assert none["certificates"] == [] and none["ssl_mode"] == {"advanced": False, "auto": False}
    assert none["missing"] == (["a.com", NETWORK] if shape == "domains" else [])
    assert run("ssl_info", api_version=version, domains=["a.com"])["missing"] == ["a.com"]
    emu.put_certificate(2)
    emu.clear_journal()
    result = run("ssl_info", api_version=version, check=True)
    assert short(result) == [(None, 90, True)] and result["missing"] == [] and emu.calls() == [MODE, SSL]


def test_five_hundred_domains_are_two_calls(run: Runner, emu: Emulator) -> None:
    names = numbered(500)
    seed(emu, *names, webapps=[{"id": 2, "advancedSSL": True}])
    for name in names[::2]:
        emu.put_certificate(2, name)
    result = run("ssl_info")
    assert (len(result["certificates"]), len(result["missing"]), result["api_calls"]["total"]) == (250, 251, 2)


def test_a_list_in_pages(run: Runner, emu: Emulator) -> None:
    names = numbered(50)
    seed(emu, *names, webapps=[{"id": 2, "advancedSSL": True}])
    emu.switch(ssl_pages="paged")
    assert len(run("ssl_info")["missing"]) == 51


def test_an_order_under_way(run: Runner, emu: Emulator) -> None:
    advanced(emu)
    emu.put_certificate(2, "b.com", lifetime=0)
    assert ("b.com", None, False) in short(run("ssl_info"))


@pytest.mark.parametrize(
    ("text", "days"),
    columns(
        [
            ("usual", "2026-07-28 12:00:00", 10),
            ("laravel", "2026-07-28T12:00:00.000000Z", 10),
            ("a day", "2026-07-28", 9),
            ("words", "in ten days", None),
        ]
    ),
)
def test_dates(run: Runner, emu: Emulator, text: str, days: int | None) -> None:
    advanced(emu)
    emu.put_certificate(2, "b.com", lifetime=0, validUntil=text)
    assert ("b.com", days, True) in short(run("ssl_info"))


def test_time_is_the_clock_s(run: Runner, emu: Emulator, clock: Clock) -> None:
    advanced(emu)
    clock.seconds += 86400
    assert short(run("ssl_info"))[0] == ("a.com", 9, True)


def test_bad_names_stop_before_the_first_call(run: Runner, emu: Emulator) -> None:
    result = run("ssl_info", domains=["a b", "1.2.3.4", "fine.com"])
    assert result.failed and "'a b'" in result["msg"] and "'1.2.3.4'" in result["msg"] and emu.journal == []


def test_a_plan_without_advanced_ssl_is_basic(run: Runner, emu: Emulator) -> None:
    seed(emu, "a.com")
    emu.put_certificate(2)
    emu.fault(path="/ssl/advanced$", action="status", status=403)
    result = run("ssl_info")
    assert short(result) == [(None, 90, True)] and result["ssl_mode"]["advanced"] is False


def test_an_app_that_is_not_there(run: Runner, emu: Emulator) -> None:
    result = run("ssl_info", webapp_id=99)
    assert result.failed and result["status"] == 404
