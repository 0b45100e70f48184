# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the module's options to wishes and a policy; every fault is told, all of them together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.wpmultisite.runcloud.plugins.filter.desired_domains import desired_domains
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._moments import end_of
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_shapes import Override, Policy, Wish
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._result import as_dict
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wishes import read_options
from ansible_collections.wpmultisite.runcloud.plugins.modules.runcloud_domains import OPTIONS

from tests.cases.rows import mapped, records


def options(**given: Any) -> tuple[list[Wish], Policy, list[str]]:
    """What the options give, checked and filled as Ansible does it."""
    checked = ArgumentSpecValidator(OPTIONS).validate(
        {"network": "network.com", "domains": [{"name": "network.com"}], **given}
    )
    assert checked.error_messages == []
    return read_options(checked.validated_parameters, no_edit="It cannot.")


def wish(**row: Any) -> Wish:
    (found,), _policy, faults = options(domains=[row])
    assert faults == []
    return found


def policy(**given: Any) -> Policy:
    _wishes, found, faults = options(**given)
    assert faults == []
    return found


def faults(**given: Any) -> list[str]:
    return options(**given)[2]


def test_the_defaults_of_a_wish() -> None:
    assert wish(name="Client.COM.") == Wish("client.com", "ensure", "keep", "keep", "keep", "naked", False, "asked for")


def test_all_of_a_wish() -> None:
    given = {
        "name": "müller.de",
        "class": "keep",
        "type": "redirect",
        "www": "avoid",
        "redirection": "non-www",
        "forms": "both",
        "needs_dns": True,
        "rule": "R2.3 stage failed",
    }
    assert wish(**given) == Wish(
        "xn--mller-kva.de", "keep", "redirect", "avoid", "non-www", "both", True, "R2.3 stage failed"
    )


@pytest.mark.parametrize(("given", "www"), [("true", True), ("false", False), (True, True), (False, False)])
def test_www_as_a_truth_value(given: Any, www: bool) -> None:
    assert wish(name="client.com", www=given).www is www


def test_the_defaults_of_the_policy() -> None:
    found = policy()
    assert found._replace(keep=Policy(network="x").keep) == Policy(
        network="network.com",
        ownership="all",
        purge=False,
        keep=Policy(network="x").keep,
        protected=frozenset(),
        overrides={},
        only=None,
        first_converge=False,
        subdomain_install=False,
        subdomain_sites=None,
        no_edit="It cannot.",
        max_adds=50,
        max_updates=10,
        max_removals=5,
        max_removals_percent=10,
    )
    assert found.keep("client.com") is None


def test_all_of_the_policy() -> None:
    found = policy(
        network="Network.com.",
        purge=True,
        keep=[".agency.com"],
        protected=["www.Safe.com"],
        only=["www.client.com", "Other.com"],
        overrides=[
            {"name": "www.client.com", "www": True, "redirection": "www", "reason": "asked"},
            {"name": "left.com", "ignore": True},
        ],
        first_converge=True,
        subdomain_install=True,
        subdomain_sites="ignore",
        max_adds=0,
        max_updates=1,
        max_removals=2,
        max_removals_percent=3,
    )
    assert found.network == "network.com" and found.purge and found.first_converge and found.subdomain_install
    assert found.keep("a.agency.com") == ".agency.com"
    assert found.protected == {"safe.com"}
    assert found.only == frozenset(("client.com", "other.com"))
    assert found.overrides == {
        "client.com": Override(True, "www", False, "asked"),
        "left.com": Override(None, None, True, ""),
    }
    assert found.subdomain_sites == "ignore"
    assert (found.max_adds, found.max_updates, found.max_removals, found.max_removals_percent) == (0, 1, 2, 3)


def test_what_the_filter_gives_is_taken_as_it_is() -> None:
    desired = desired_domains(
        mapped("client.com", "www.client.com", "müller.de"), www_policy="always", extra_domains=["*.network.com"]
    )
    wishes, _policy, found = options(**{name: desired[name] for name in ("network", "domains", "refused", "roots")})
    assert found == []
    assert [wish.name for wish in wishes] == [row["name"] for row in desired["domains"]]
    assert {wish.name: wish.www for wish in wishes} == {row["name"]: row["www"] for row in desired["domains"]}


def test_what_the_info_module_gives_is_taken_as_it_is() -> None:
    held = records(
        "network.com",
        {"name": "client.com", "www": True, "redirection": "www"},
        {"name": "no-www.com", "redirection": "www"},
        {"name": "foo_bar.com", "type": "redirect"},
    )
    wishes, _policy, found = options(domains=[as_dict(record) for record in held])
    assert found == []
    told = {wish.name: {"type": wish.type, "www": wish.www, "redirection": wish.redirection} for wish in wishes}
    assert told == {record.name: record.flags() for record in held}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"domains": []}, "domains is empty"),
        ({"domains": [{"name": "foo_bar.com"}]}, "domains[0]: 'foo_bar.com' is not usable: an underscore"),
        ({"domains": [{"name": "a.com"}, {"name": "A.com."}]}, "domains[1]: a.com stands in domains[0] already"),
        (
            {"domains": [{"name": name, "type": "primary"} for name in ("a.com", "b.com")]},
            "A web app has one primary, the list names 2: a.com, b.com",
        ),
        (
            {"domains": [{"name": "a.com", "www": False, "redirection": "www"}]},
            "domains[0]: a.com is to have no www and to redirect to it",
        ),
        ({"network": "localhost"}, "network: 'localhost' is not usable: a single label"),
        ({"protected": ["a.com", "-"]}, "protected[1]: '-' is not usable"),
        ({"only": ["10.0.0.1"]}, "only[0]: '10.0.0.1' is not usable: an IP address"),
        ({"keep": ["/(/"]}, "keep: '/(/'"),
        ({"purge": True, "ownership": "none"}, "give another ownership, or no purge"),
        ({"max_adds": -1}, "max_adds must not be negative"),
        ({"max_updates": -1}, "max_updates must not be negative"),
        ({"max_removals": -1}, "max_removals must not be negative"),
        ({"max_removals_percent": -1}, "max_removals_percent must not be negative"),
        ({"overrides": [{"name": "-", "www": True}]}, "overrides[0]: '-' is not usable"),
        (
            {"overrides": [{"name": "a.com", "www": True}, {"name": "www.a.com", "www": False}]},
            "overrides[1]: there are two overrides for a.com",
        ),
        ({"overrides": [{"name": "a.com"}]}, "overrides[0]: a.com says nothing"),
        (
            {"overrides": [{"name": "a.com", "ignore": True, "www": True, "redirection": "www"}]},
            "overrides[0]: a.com is to be ignored and to get www and redirection",
        ),
        (
            {"overrides": [{"name": "a.com", "www": False, "redirection": "www"}]},
            "overrides[0]: a.com is to have no www and to redirect to it",
        ),
        (
            {"overrides": [{"name": "www.a.com", "until": "Christmas", "reason": "a test"}]},
            "overrides[0] (a.com): until must be a date such as 2026-12-24, or a time such as 2026-12-24T18:00:00Z, not 'Christmas'",
        ),
        (
            {"overrides": [{"name": "a.com", "ignore": True, "until": "2026-12-24"}]},
            "overrides[0] (a.com): until says how long something is acknowledged, and reason has to say why",
        ),
        ({"refused": ["the read was not complete."]}, "The list is refused: the read was not complete."),
    ],
)
def test_a_fault(given: dict[str, Any], words: str) -> None:
    (fault,) = faults(**given)
    assert words in fault


def test_an_override_that_switches_off_says_something() -> None:
    assert policy(overrides=[{"name": "a.com", "www": False}]).overrides["a.com"].www is False


@pytest.mark.parametrize(
    ("until", "end"),
    [
        ("2026-12-24", "2026-12-25T00:00:00+00:00"),
        (" 2026-12-24T18:00:00Z ", "2026-12-24T18:00:00+00:00"),
        ("2026-12-24T18:00", "2026-12-24T18:00:00+00:00"),
        ("2026-12-24T18:00:00+02:00", "2026-12-24T18:00:00+02:00"),
        ("2026-12-24 18:00:00", "2026-12-24T18:00:00+00:00"),
    ],
)
def test_an_end_is_a_day_or_a_moment(until: str, end: str) -> None:
    assert end_of(until) == datetime.fromisoformat(end)


def test_to_acknowledge_alone_changes_nothing_of_the_name() -> None:
    found = policy(overrides=[{"name": "a.com", "reason": "ticket 4711", "until": "2026-12-24"}])
    assert found.overrides == {"a.com": Override()}


def test_every_fault_is_told_at_once() -> None:
    told = faults(
        network="-",
        domains=[{"name": "-a.com"}, {"name": "b.com"}, {"name": "b.com"}],
        keep=["-"],
        protected=["-"],
        only=["-"],
        overrides=[{"name": "c.com"}],
        purge=True,
        ownership="none",
        max_adds=-1,
        refused=["one", "two"],
    )
    assert len(told) == 11


def test_a_doubled_name_is_told_with_its_first_place() -> None:
    (first, second) = faults(domains=[{"name": "a.com"}, {"name": "b.com"}, {"name": "b.com"}, {"name": "b.com"}])
    assert "domains[2]: b.com stands in domains[1]" in first and "domains[3]: b.com stands in domains[1]" in second


def test_a_doubled_record_of_the_panel_is_told_too() -> None:
    held = records("network.com", "client.com", "client.com")
    (fault,) = faults(domains=[as_dict(record) for record in held])
    assert "client.com" in fault


def test_plain_names_may_be_misspelt_and_patterns_may_not() -> None:
    found = policy(
        keep=["WWW.Client.com", ".agency.com", "*.shop.com", "/old/"], protected=["www.x.com"], known=["Excluded.com"]
    )
    assert dict(found.named) == {"keep": {"client.com"}, "protected": {"x.com"}}
    assert found.known == {"excluded.com"}


def test_a_restore_does_not_know_what_the_multisite_holds() -> None:
    checked = ArgumentSpecValidator(OPTIONS).validate({"restore": "/backup.json", "keep": ["client.com"]})
    found = read_options(checked.validated_parameters, no_edit="")[1]
    assert dict(found.named) == {}
