# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules' documentation against what they do: RETURN by key and type, EXAMPLES by running them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator import Emulator
from tests.modules import pem
from tests.modules.harness import NETWORK, Clock, Result, Runner, columns, plugin, seed
from tests.nameserver import Nameserver

MODULES = [
    "certificates",
    "domain",
    "domain_info",
    "domains",
    "access_info",
    "server_info",
    "ssl",
    "ssl_info",
    "ssl_mode",
    "webapp_info",
]
COMMON = {"changed", "failed", "msg", "diff"}
TYPES = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}
NEW = {"network": NETWORK, "domains": [{"name": "new.com"}]}


ADVANCED = ("ready.com", "odd.com", "stuck.com", "nobody.com", "strict.com")


def documented(name: str) -> dict[str, Any]:
    """RETURN of a module."""
    found: dict[str, Any] = yaml.safe_load(plugin(f"modules.runcloud_{name}").RETURN)
    return found


@pytest.fixture
def rich(emu: Emulator, dns: Nameserver, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """A web app on which every list of runcloud_domains gets an entry, and one in Advanced mode on which every list of runcloud_certificates does."""
    seed(
        emu,
        *("update.com", "gone.com", "kept.com", {"name": "old.com", "type": "redirect"}, f"*.{NETWORK}"),
        *({"webapp_id": 3, "name": name} for name in ("client-one.com", "bare.com", "late.com", *ADVANCED)),
        webapps=[{"id": 2, "name": "network"}, {"id": 3, "advancedSSL": True}],
    )
    emu.put_certificate(3, "client-one.com")
    emu.put_certificate(3, "odd.com", environment="staging")
    emu.put_certificate(3, "stuck.com", lifetime=0, created_at="2026-07-18 11:59:00")
    dns.point("ready.com", a=["192.0.2.10"])
    monkeypatch.setattr(plugin("modules.runcloud_ssl"), "utc_now", clock.now)
    return emu


def unchained() -> dict[str, Any]:
    """A custom certificate without its intermediate."""
    pair = pem.leaf("bare.com")
    return {"provider": "custom", "certificate": pair.pem, "private_key": pair.key_pem}


EVERY_LIST: dict[str, Any] = {
    "network": NETWORK,
    "domains": [
        {"name": NETWORK, "class": "protected"},
        {"name": "add.com"},
        {"name": "update.com", "www": True},
        {"name": "old.com", "type": "alias"},
        {"name": "site." + NETWORK},
        {"name": "later.com", "class": "keep", "needs_dns": True, "rule": "no DNS yet"},
        {"name": "www.no.com", "www": True},
    ],
    "keep": ["kept.com"],
    "purge": True,
    "subdomain_install": True,
    "first_converge": True,
}
AWAY: dict[str, Any] = {"format": "wpmultisite.dns/1", "valid": True, "hosts": []}
AWAY["hosts"].append(
    {
        "name": "new.com",
        "state": "elsewhere",
        "ready": False,
        "message": "new.com points to 198.51.100.7.",
        "record": {"type": "A", "name": "new.com", "value": "203.0.113.10"},
    }
)
MEMORY = "a folder for each test"
PLAN = "a file for each test"
NAMES = ("client-one.com", "bare.com", "late.com", *ADVANCED)
CERTIFICATES: dict[str, Any] = {
    "webapp_id": 3,
    "domains": [{"name": name} for name in NAMES],
    "overrides": [{"name": "nobody.com", "ssl_policy": "none"}],
    "dns": {
        "format": "wpmultisite.dns/1",
        "valid": True,
        "hosts": [
            *({"name": name, "state": "ready", "ready": True} for name in ("late.com", "ready.com", "odd.com")),
            {**AWAY["hosts"][0], "name": "bare.com"},
            {"name": "strict.com", "state": "ready", "ready": True, "caa": {"allowed": False, "message": "No."}},
        ],
    },
}
# Module, options, what goes wrong.
RUNS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("certificates", CERTIFICATES, {}),
    ("certificates", CERTIFICATES, {"action": "status", "status": 401}),
    ("domains", {**EVERY_LIST, "max_updates": 0}, {}),
    ("domains", EVERY_LIST, {}),
    ("domains", {**NEW, "paused": {"reason": "moving", "since": "2026-07-01"}}, {}),
    ("domains", {"network": NETWORK, "domains": [{"name": "kept.com"}], "adopt": True, "state_dir": MEMORY}, {}),
    ("domains", {**NEW, "domains": [{"name": "stored.com"}], "state_dir": MEMORY}, {}),
    ("domains", {**NEW, "dns": AWAY}, {}),
    ("domains", {**NEW, "domains": [{"name": "planned.com"}], "plan_out": PLAN}, {}),
    ("domains", {**NEW, "domains": [{"name": "other.com"}], "plan_in": PLAN}, {}),
    ("domains", NEW, {"action": "status", "status": 403}),
    ("domain", {"name": "add.com"}, {}),
    ("domain", {"name": "gone.com", "state": "absent"}, {}),
    ("domain", {"name": NETWORK, "state": "absent"}, {}),
    ("domain", {"name": "add.com"}, {"action": "status", "status": 422, "method": "POST"}),
    ("domain", {"name": "add.com"}, {"action": "html"}),
    ("ssl", {"webapp_id": 3, "domain": "late.com"}, {}),
    ("ssl", {"webapp_id": 3, "domain": "client-one.com", "enable_hsts": True}, {}),
    ("ssl", {"webapp_id": 3, "domain": "bare.com", **unchained()}, {}),
    ("ssl", {"webapp_id": 3, "domain": "late.com"}, {"action": "status", "status": 401}),
    ("ssl_info", {"webapp_id": 3, "domains": ["client-one.com", "bare.com", "gone.com"]}, {}),
    ("ssl_info", {}, {"action": "drop_before"}),
    ("ssl_mode", {"webapp_id": 3, "mode": "basic"}, {}),
    ("ssl_mode", {"mode": "advanced"}, {}),
    ("ssl_mode", {"mode": "advanced"}, {"action": "status", "status": 401}),
    ("domain_info", {}, {}),
    ("domain_info", {}, {"action": "drop_before"}),
    ("access_info", {"webapp": "network"}, {}),
    ("access_info", {"webapp": "network"}, {"action": "status", "status": 401}),
    ("server_info", {}, {}),
    ("server_info", {}, {"action": "status", "status": 401}),
    ("webapp_info", {}, {}),
    ("webapp_info", {}, {"action": "status", "status": 401}),
]


@pytest.mark.parametrize("module", MODULES)
def test_return_lists_exactly_what_comes_back(run: Runner, rich: Emulator, module: str, tmp_path: Path) -> None:
    returned = documented(module)
    seen: set[str] = set()
    for name, options, fault in RUNS:
        if name != module:
            continue
        rich.clear_faults()
        if fault:
            rich.fault(**fault)
        for check in (True, False):
            result = run(module, **placed(options, tmp_path), check=check, diff=True)
            seen |= set(result) - COMMON
            for key, value in result.items():
                if key not in COMMON and value is not None:
                    assert type(value) is TYPES[returned[key]["type"]], key
            undue(returned, result)
    assert seen == set(returned)


def placed(options: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The options with a real folder for the memory, and a real file for the plan."""
    real = {MEMORY: str(folder / "state"), PLAN: str(folder / "plan.json")}
    return {key: real.get(value, value) if isinstance(value, str) else value for key, value in options.items()}


def undue(returned: dict[str, Any], result: Result) -> None:
    """Each key comes back when RETURN says so, where it says it in one word."""
    for key, about in returned.items():
        assert about["returned"] != "success" or (key in result) is not result.failed
        assert about["returned"] != "failure" or key not in result or result.failed


@pytest.mark.parametrize("module", MODULES)
def test_samples_look_like_what_comes_back(run: Runner, rich: Emulator, module: str, tmp_path: Path) -> None:
    results = [run(name, **placed(options, tmp_path)) for name, options, fault in RUNS if name == module and not fault]
    for key, about in documented(module).items():
        if "sample" not in about:
            continue
        values = [result[key] for result in results if result.get(key)]
        assert values or key == "check_mode", key
        for value in values:
            alike(about["sample"], value, key)


def alike(sample: Any, value: Any, where: str) -> None:
    """The same keys and types; null stands for anything, and objects of the API are shown in part."""
    if isinstance(sample, list):
        for entry in value:
            alike(sample[0], entry, where)
    elif isinstance(sample, dict) and value is not None:
        if where == "api_calls":
            assert value["total"] == sum(count for verb, count in value.items() if verb != "total")
        elif where in ("servers", "webapps"):
            assert set(sample) <= set(value)
        else:
            assert set(sample) == set(value), where
        for name in set(sample) & set(value):
            alike(sample[name], value[name], f"{where}.{name}")
    elif sample is not None and value is not None:
        assert type(sample) is type(value), where


@pytest.mark.parametrize("module", MODULES)
def test_every_list_of_the_documentation_was_met(run: Runner, rich: Emulator, module: str) -> None:
    """Else the tests above compare nothing."""
    if module == "domains":
        result = run("domains", **EVERY_LIST)
        assert all(
            result[key]
            for key, about in documented(module).items()
            if about["type"] == "list" and key not in ("stops", "adopted", "planned", "not_approved", "not_applied")
        )
    assert [name for name, *_ in RUNS].count(module) > 1


def examples() -> list[Any]:
    """Every task of EXAMPLES that calls its own module."""
    cases = []
    for name in MODULES:
        full = f"wpmultisite.runcloud.runcloud_{name}"
        for task in yaml.safe_load(plugin(f"modules.runcloud_{name}").EXAMPLES):
            if full in task:
                cases.append((task["name"], name, task[full], task))
    return columns(cases)


@pytest.mark.parametrize(("module", "options", "task"), examples())
def test_examples_run(
    run: Runner,
    emu: Emulator,
    dns: Nameserver,
    module: str,
    options: dict[str, Any],
    task: dict[str, Any],
    tmp_path: Path,
) -> None:
    emu.seed(
        {
            "servers": [{"id": 1903, "name": "web-1"}],
            "webapps": [{"id": 644}, {"id": 645}, {"id": 646, "name": "app-network", "advancedSSL": True}],
            "domains": [
                {"webapp_id": 646, "name": NETWORK},
                *({"webapp_id": 646, "name": name} for name in ("client-one.com", "gone.com", "hand-made.com")),
                {"webapp_id": 645, "name": "shop.com"},
                {"webapp_id": 644, "name": "moving.com", "www": 1},
            ],
        }
    )
    emu.put_certificate(644)
    for name in ("client-one.com", "shop.com"):
        dns.point(name, a=["192.0.2.10"])
    token = None if "listing_in" in options else "{{ runcloud_api_token }}"
    assert options.get("api_token") == token and task["delegate_to"] == "localhost"
    options = {"server_id": None, "webapp_id": None, **options, "api_token": token and emu.token}
    for option in ("plan_in", "plan_out", "listing_in", "listing_out"):
        if option in options:
            options[option] = options[option].replace("{{ playbook_dir }}", str(tmp_path))
    if "plan_in" in options:
        made = {key: value for key, value in options.items() if key != "plan_in"}
        run(module, **made, plan_out=options["plan_in"], check=True)
    if "listing_in" in options:
        made = {key: value for key, value in options.items() if key not in ("listing_in", "api_token")}
        run(module, **made, listing_out=options["listing_in"], check=True)
    result = run(module, **options, check=task.get("check_mode", False), diff=task.get("diff", False))
    assert not result.failed, result["msg"]
    assert set(task) <= {
        "name",
        "delegate_to",
        "register",
        "check_mode",
        "diff",
        f"wpmultisite.runcloud.runcloud_{module}",
    }
