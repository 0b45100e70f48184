# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What DNS does to the plan: who waits, who gets a www, under which name a record is made; and that nobody is removed for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ledger import Entry
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import matcher
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan import make_plan
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_dns import read_dns, unready, with_dns
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_shapes import Override, Plan, Policy, Wish

from tests.cases.facts import HERE, facts
from tests.cases.rows import by_name, flags, records

NETWORK = Wish("network.com", cls="protected", rule="the network")
READY: dict[str, Any] = {"only_ready": True}
# States of domain_dns_info: name servers said that it is not us, and name servers could not be understood.
AWAY = ("elsewhere", "partly", "nxdomain", "no_address")
UNKNOWN = ("stale", "servfail", "timeout", "broken")


def plan(
    *wishes: Wish, dns: Mapping[str, str] | None, app: Any = ("network.com",), reason: str = "", **policy: Any
) -> Plan:
    """The plan for the network and these wishes; ``dns``: where each host points; ``reason``: why the facts are not valid."""
    faults: list[str] = []
    document = None if dns is None else facts(dns, reason or None)
    found = read_dns({"dns": document, "add_when": "auto", "restore": None, "adopt": False}, faults)
    assert faults == []
    usual = {"network": "network.com", "grace_period": 0.0, "min_absences": 1}
    return make_plan(with_dns([*wishes, NETWORK], found, "network.com"), records(*app), Policy(**{**usual, **policy}))


def added(plan: Plan) -> dict[str, dict[str, Any]]:
    assert plan.stops == [] and plan.refused == []
    assert {action.kind for action in plan.actions} <= {"add"}
    return {action.name: action.flags for action in plan.actions}


def reasons(entries: list[dict[str, Any]]) -> dict[str, str]:
    return {name: str(entry["reason"]) for name, entry in by_name(entries).items()}


def ours(name: str, record_id: int = 702, how: str = "added", **written: Any) -> dict[str, Entry]:
    """The ledger's word that a record is ours."""
    return {name: Entry(name, how, datetime(2026, 1, 1, tzinfo=UTC), record_id, {**flags(), **written})}


def nothing(plan: Plan) -> None:
    assert (plan.actions, plan.differs, plan.refused, plan.stops) == ([], [], [], [])


# -- when a name is added ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["ready", "proxied"])
def test_a_ready_name_is_added(state: str) -> None:
    made = plan(Wish("client.com"), dns={"client.com": state}, **READY)
    assert added(made) == {"client.com": flags()} and made.waiting == []


@pytest.mark.parametrize("state", [*AWAY, *UNKNOWN])
def test_any_other_name_waits_with_the_record_to_set(state: str) -> None:
    made = plan(Wish("client.com", rule="R2.3 stage done"), dns={"client.com": state}, **READY)
    nothing(made)
    (entry,) = made.waiting
    assert entry["name"] == "client.com"
    assert entry["message"] == f"client.com is {state}."
    assert entry["record"] == {"type": "A", "name": "client.com", "value": HERE}
    assert entry["reason"].startswith("R2.3 stage done; ") and entry["reason"].endswith(entry["message"])
    assert ("is not known" in entry["reason"]) is (state in UNKNOWN)
    assert ("is not ready" in entry["reason"]) is (state in AWAY)


@pytest.mark.parametrize("state", [*AWAY, *UNKNOWN])
def test_where_the_row_suffices_it_is_added_all_the_same(state: str) -> None:
    wish = Wish("client.com")
    made = plan(wish, dns={"client.com": state})
    assert added(made) == {"client.com": flags()} and made.waiting == []


def test_a_name_that_nobody_asked_for_waits() -> None:
    made = plan(Wish("client.com"), dns={}, **READY)
    nothing(made)
    assert "nobody asked" in reasons(made.waiting)["client.com"] and made.waiting[0]["record"] is None


def test_a_reserved_name_that_a_person_allowed_waits_only_where_it_would_spoil_something() -> None:
    made = plan(Wish("site.test"), Wish("two.test", forms="www"), dns={}, **READY)
    nothing(made)
    assert ".test is reserved" in reasons(made.waiting)["site.test"]
    assert set(added(plan(Wish("site.test"), Wish("two.test", forms="www"), dns={}))) == {"site.test", "two.test"}


def test_facts_that_are_not_valid_make_every_name_unknown() -> None:
    hosts = {"client.com": "here", "other.com": "elsewhere"}
    made = plan(Wish("client.com"), Wish("other.com"), dns=hosts, reason="9 of 20 names seem gone", **READY)
    nothing(made)
    for entry in made.waiting:
        assert entry["message"] == "9 of 20 names seem gone" and entry["record"] is None
        assert "is not known: 9 of 20 names seem gone" in entry["reason"]
    assert len(made.waiting) == 2


@pytest.mark.parametrize("state", [*AWAY, *UNKNOWN])
def test_what_is_on_the_web_app_stays_as_it_is(state: str) -> None:
    held = ["network.com", {"name": "client.com", "www": True, "redirection": "non-www"}]
    made = plan(Wish("client.com"), dns={"client.com": state}, app=held, purge=True, **READY)
    nothing(made)
    assert (
        made.waiting == [] and made.kept == [] and [row.name for row in made.matched] == ["client.com", "network.com"]
    )


def test_a_protected_name_waits_for_nothing() -> None:
    made = plan(Wish("shared.com", cls="protected"), dns={"shared.com": "nowhere"}, **READY)
    assert added(made) == {"shared.com": flags()} and made.waiting == []


@pytest.mark.parametrize("name", ["network.com", "*.client.com"])
def test_the_networks_own_domain_and_wildcards_wait_for_nothing(name: str) -> None:
    made = plan(Wish(name), dns={}, app=[], first_converge=True, **READY)
    assert name in added(made) and made.waiting == []


def test_a_covered_name_is_never_asked() -> None:
    wild = {"name": "*.client.com", "wildcard": True}
    dns = {"a.client.com": "nowhere"}
    made = plan(Wish("a.client.com"), dns=dns, app=["network.com", wild], **READY)
    nothing(made)
    assert made.waiting == [] and reasons(made.covered) == {"a.client.com": "covered by *.client.com"}
    failed = Wish("a.client.com", cls="keep", needs_dns=True)
    assert plan(failed, dns=dns, app=["network.com", wild], **READY).waiting == []


def test_names_that_were_added_although_not_ready_are_told() -> None:
    wishes = [Wish("away.com"), Wish("here.com"), Wish("there.com"), Wish("alone.com", forms="www")]
    dns = {"away.com": "elsewhere", "here.com": "here", "there.com": "elsewhere", "alone.com": "nowhere"}
    dns["www.alone.com"] = "elsewhere"
    faults: list[str] = []
    found = read_dns({"dns": facts(dns), "add_when": "auto", "restore": None, "adopt": False}, faults)
    judged = with_dns([*wishes, NETWORK], found, "network.com")
    policy = Policy(network="network.com")
    assert unready(make_plan(judged, records("network.com", "there.com"), policy), judged) == [
        "away.com",
        "www.alone.com",
    ]
    policy = policy._replace(only_ready=True)
    assert unready(make_plan(judged, records("network.com", "there.com"), policy), judged) == []


# -- stage failed --------------------------------------------------------------------------------------------------------

FAILED = Wish("client.com", cls="keep", type="alias", needs_dns=True, rule="R2.3 stage failed")


def test_a_failed_mapping_that_points_here_is_ensured() -> None:
    made = plan(FAILED, dns={"client.com": "here"})
    assert added(made) == {"client.com": flags()}
    assert made.actions[0].reason == "R2.3 stage failed; client.com points here now"


@pytest.mark.parametrize("only_ready", [False, True])
@pytest.mark.parametrize("state", [*AWAY, *UNKNOWN])
def test_any_other_failed_mapping_waits(state: str, only_ready: bool) -> None:
    made = plan(FAILED, dns={"client.com": state}, only_ready=only_ready)
    nothing(made)
    (entry,) = made.waiting
    known = "" if state in AWAY else ", which is not known"
    assert entry["reason"] == (
        f"R2.3 stage failed; it is added as soon as its DNS points here{known}: client.com is {state}."
    )
    assert entry["message"] == f"client.com is {state}."
    assert entry["record"] == {"type": "A", "name": "client.com", "value": HERE}


def test_a_failed_mapping_waits_without_facts_too() -> None:
    made = plan(FAILED, dns=None)
    nothing(made)
    reason = "R2.3 stage failed; save it in the plugin again once its DNS points here"
    assert made.waiting == [{"name": "client.com", "reason": reason, "message": "", "record": None}]


@pytest.mark.parametrize("state", [*AWAY, *UNKNOWN])
def test_a_failed_mapping_of_ours_is_kept(state: str) -> None:
    made = plan(
        FAILED, dns={"client.com": state}, app=["network.com", "client.com"], purge=True, owned=ours("client.com")
    )
    nothing(made)
    assert reasons(made.kept) == {"client.com": "R2.3 stage failed"}


def test_a_failed_mapping_of_the_www_goes_by_the_www() -> None:
    wish = FAILED._replace(forms="www")
    made = plan(wish, dns={"client.com": "here", "www.client.com": "elsewhere"})
    nothing(made)
    assert made.waiting[0]["message"] == "www.client.com is elsewhere."
    made = plan(wish, dns={"client.com": "elsewhere", "www.client.com": "here"})
    assert added(made) == {"www.client.com": flags()}


# -- a person's word -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"keep": matcher(["client.com"])}, "on the keep list"),
        ({"overrides": {"client.com": Override(ignore=True, reason="held by hand")}}, "held by hand"),
    ],
)
@pytest.mark.parametrize("wish", [Wish("client.com"), FAILED])
@pytest.mark.parametrize("state", ["here", "elsewhere"])
def test_beats_every_fact(policy: dict[str, Any], words: str, wish: Wish, state: str) -> None:
    made = plan(wish, dns={"client.com": state}, **READY, **policy)
    nothing(made)
    assert made.waiting == [] and words in reasons(made.kept)["client.com"]


def test_the_www_of_an_override_asks_no_dns() -> None:
    wish = Wish("client.com", www=False, www_needs_dns=True)
    dns = {"client.com": "here", "www.client.com": "nowhere"}
    made = plan(wish, dns=dns, overrides={"client.com": Override(www=True, redirection="www")})
    assert added(made) == {"client.com": flags(www=True, redirection="www")} and made.waiting == []
    held = ["network.com", "client.com"]
    made = plan(wish, dns=dns, app=held, overrides={"client.com": Override(www=True)})
    assert [action.flags for action in made.actions] == [flags(www=True)]


def test_only_narrows_the_waiting_too() -> None:
    dns = {"client.com": "nowhere", "other.com": "nowhere"}
    made = plan(Wish("client.com"), Wish("other.com"), dns=dns, only=frozenset(["other.com"]), **READY)
    assert list(reasons(made.waiting)) == ["other.com"]


# -- www -----------------------------------------------------------------------------------------------------------------

WWW = Wish("client.com", www=True, www_needs_dns=True, redirection="none")


@pytest.mark.parametrize("state", [*AWAY, *UNKNOWN])
@pytest.mark.parametrize("redirection", ["none", "www", "non-www"])
def test_a_new_record_gets_no_www_that_is_not_ready(state: str, redirection: str) -> None:
    wish = WWW._replace(redirection=redirection)
    made = plan(wish, dns={"client.com": "here", "www.client.com": state}, **READY)
    assert added(made) == {"client.com": flags()}
    (entry,) = made.waiting
    assert entry["name"] == "www.client.com" and entry["message"] == f"www.client.com is {state}."
    assert entry["record"] == {"type": "A", "name": "www.client.com", "value": HERE}


@pytest.mark.parametrize("redirection", ["none", "www", "non-www"])
def test_a_new_record_gets_a_www_that_is_ready(redirection: str) -> None:
    wish = WWW._replace(redirection=redirection)
    made = plan(wish, dns={"client.com": "here", "www.client.com": "here"}, **READY)
    assert added(made) == {"client.com": flags(www=True, redirection=redirection)} and made.waiting == []


@pytest.mark.parametrize("dns", [None, {"client.com": "here", "www.client.com": "nowhere"}])
def test_without_facts_or_without_the_check_www_is_not_asked(dns: Mapping[str, str] | None) -> None:
    made = plan(WWW._replace(www_needs_dns=dns is None, redirection="www"), dns=dns)
    assert added(made) == {"client.com": flags(www=True, redirection="www")} and made.waiting == []


def test_the_second_run_changes_nothing() -> None:
    dns = {"client.com": "here", "www.client.com": "nowhere"}
    for wish in (WWW, WWW._replace(redirection="www"), WWW._replace(www="keep", forms="both")):
        first = plan(wish, dns=dns)
        held = [{"name": "network.com"}, {"name": "client.com", **first.actions[0].flags}]
        for owned in ({}, ours("client.com")):
            second = plan(wish, dns=dns, app=held, owned=owned)
            nothing(second)
            assert {entry["name"] for entry in second.unchanged} == {"client.com", "network.com"}


@pytest.mark.parametrize("wish", [WWW, WWW._replace(www="keep", forms="both", redirection="keep")])
def test_a_record_of_ours_gets_its_www_when_that_is_ready(wish: Wish) -> None:
    held, here = ["network.com", "client.com"], {"client.com": "here", "www.client.com": "here"}
    made = plan(wish, dns=here, app=held, owned=ours("client.com"), ownership="ledger")
    assert [(action.kind, action.flags) for action in made.actions] == [("update", flags(www=True))]
    done = [{"name": "network.com"}, {"name": "client.com", "www": True}]
    nothing(plan(wish, dns=here, app=done, owned=ours("client.com", www=True), ownership="ledger"))


@pytest.mark.parametrize("owned", [{}, ours("client.com", how="adopted")])
def test_another_records_www_is_not_switched_on_for_a_row_alone(owned: dict[str, Entry]) -> None:
    wish = WWW._replace(www="keep", forms="both", redirection="keep")
    nothing(
        plan(wish, dns={"client.com": "here", "www.client.com": "here"}, app=["network.com", "client.com"], owned=owned)
    )


def test_a_record_that_is_not_ours_is_told_of() -> None:
    here = {"client.com": "here", "www.client.com": "here"}
    made = plan(WWW, dns=here, app=["network.com", "client.com"], ownership="ledger")
    assert made.actions == [] and "not ours" in reasons(made.differs)["client.com"]


@pytest.mark.parametrize("wish", [WWW, WWW._replace(www="keep", forms="both"), WWW._replace(redirection="www")])
@pytest.mark.parametrize("state", [*AWAY, *UNKNOWN])
def test_an_existing_www_is_never_switched_off(wish: Wish, state: str) -> None:
    held = [{"name": "network.com"}, {"name": "client.com", "www": True}]
    made = plan(wish, dns={"client.com": "here", "www.client.com": state}, app=held, owned=ours("client.com", www=True))
    nothing(made)
    assert made.waiting == []
    told = [note for note in made.notes if "DNS is not ready (1): client.com" in note]
    assert len(told) == (state in AWAY)


@pytest.mark.parametrize("state", [*AWAY, *UNKNOWN])
def test_a_www_that_somebody_switched_off_comes_back_only_when_ready(state: str) -> None:
    wish, owned = Wish("client.com", www_needs_dns=True), ours("client.com", www=True, redirection="non-www")
    held = [{"name": "network.com"}, {"name": "client.com"}]
    made = plan(wish, dns={"client.com": "here", "www.client.com": state}, app=held, owned=owned)
    nothing(made)
    assert list(reasons(made.waiting)) == ["www.client.com"]
    made = plan(wish, dns={"client.com": "here", "www.client.com": "here"}, app=held, owned=owned)
    assert [action.flags for action in made.actions] == [flags(www=True, redirection="non-www")]


def test_a_removed_record_of_ours_comes_back_without_a_www_that_is_not_ready() -> None:
    wish, owned = Wish("client.com", www_needs_dns=True), ours("client.com", 99, www=True, redirection="www")
    made = plan(wish, dns={"client.com": "here", "www.client.com": "nowhere"}, owned=owned)
    assert added(made) == {"client.com": flags()} and list(reasons(made.waiting)) == ["www.client.com"]


def test_a_www_with_a_record_of_its_own_waits_for_nothing() -> None:
    dns = {"client.com": "here", "www.client.com": "nowhere"}
    made = plan(WWW, dns=dns, app=["network.com", "www.client.com"])
    assert added(made) == {"client.com": flags()} and made.waiting == []


def test_an_api_that_cannot_edit_shows_a_late_www() -> None:
    wish = WWW._replace(www="keep", forms="both", redirection="keep")
    here = {"client.com": "here", "www.client.com": "here"}
    made = plan(wish, dns=here, app=["network.com", "client.com"], owned=ours("client.com"), no_edit="It cannot.")
    assert made.actions == [] and made.refused == []
    assert reasons(made.differs) == {"client.com": "its www points here now. It cannot."}


# -- only the www form ---------------------------------------------------------------------------------------------------

ALONE = Wish("client.com", forms="www", www=True, www_needs_dns=True, redirection="www", rule="R2.3 stage done")


@pytest.mark.parametrize("wish", [ALONE, ALONE._replace(www="keep"), ALONE._replace(www_needs_dns=False)])
@pytest.mark.parametrize("only_ready", [False, True])
@pytest.mark.parametrize("state", AWAY)
def test_it_gets_a_record_of_its_own_when_the_other_form_leads_elsewhere(
    wish: Wish, only_ready: bool, state: str
) -> None:
    dns = {"client.com": state, "www.client.com": "here"}
    first = plan(wish, dns=dns, only_ready=only_ready)
    assert added(first) == {"www.client.com": flags()} and first.waiting == []
    assert first.actions[0].reason == "R2.3 stage done; the name without www does not point here"
    for naked in (*AWAY, *UNKNOWN):  # what serves stays
        for owned in ({}, ours("www.client.com")):
            second = plan(
                wish, dns={**dns, "client.com": naked}, app=["network.com", "www.client.com"], owned=owned, purge=True
            )
            nothing(second)
            assert second.waiting == [] and second.notes == []


@pytest.mark.parametrize("only_ready", [False, True])
@pytest.mark.parametrize("forms", ["www", "both"])
def test_the_other_form_gets_its_own_record_as_soon_as_it_points_here(only_ready: bool, forms: str) -> None:
    wish, dns = ALONE._replace(forms=forms), {"client.com": "here", "www.client.com": "here"}
    app = ["network.com", "www.client.com"]
    late = plan(wish, dns=dns, only_ready=only_ready, app=app, owned=ours("www.client.com"))
    assert added(late) == {"client.com": flags(redirection="www")}
    assert late.actions[0].reason == "R2.3 stage done; without www, which the record www.client.com serves"
    served = [*app, {"name": "client.com", "redirection": "www"}]
    for www in ("here", "elsewhere", "timeout"):
        nothing(plan(wish, dns={**dns, "www.client.com": www}, only_ready=only_ready, app=served, purge=True))


def test_a_record_that_was_made_for_the_www_alone_goes_with_its_customer() -> None:
    owned = ours("www.client.com") | ours("client.com", 703)
    gone = {name: entry._replace(missing_since=entry.since, missing_reads=9) for name, entry in owned.items()}
    for app in (["www.client.com"], ["www.client.com", "client.com"]):
        left = plan(dns=None, app=["network.com", *app], owned=gone, purge=True, ownership="ledger")
        assert [action.name for action in left.of("remove")] == sorted(app)
    theirs = {"www.client.com": gone["www.client.com"]._replace(how="adopted")}
    left = plan(dns=None, app=["network.com", "www.client.com"], owned=theirs, purge=True, ownership="ledger")
    nothing(left)
    assert "alone serves the www of client.com" in reasons(left.kept)["www.client.com"]


@pytest.mark.parametrize("state", AWAY)
def test_a_www_that_is_ready_does_not_wait_for_the_other_form(state: str) -> None:
    wish, dns = ALONE._replace(forms="both"), {"client.com": state, "www.client.com": "here"}
    made = plan(wish, dns=dns, **READY)
    assert added(made) == {"www.client.com": flags()} and list(reasons(made.waiting)) == ["client.com"]
    again = plan(wish, dns=dns, app=["network.com", "www.client.com"], **READY)
    nothing(again)
    assert list(reasons(again.waiting)) == ["client.com"]
    # Where nothing is spoiled both are added at once.
    assert added(plan(wish, dns=dns)) == {"client.com": flags(www=True, redirection="www")}


@pytest.mark.parametrize("state", [*AWAY, *UNKNOWN])
def test_nobody_is_newly_sent_to_a_name_that_does_not_reach_us(state: str) -> None:
    wish, dns = ALONE._replace(forms="both", redirection="non-www"), {"client.com": state, "www.client.com": "here"}
    assert added(plan(wish, dns=dns))["client.com"]["redirection"] == "none"
    for before, after in (("none", None), ("non-www", None), ("www", "none")):
        app = ["network.com", {"name": "client.com", "www": True, "redirection": before}]
        made = plan(wish, dns=dns, app=app)
        assert [action.flags["redirection"] for action in made.of("update")] == ([after] if after else [])
    sent = plan(wish, dns={**dns, "client.com": "here"}, app=["network.com", {"name": "client.com", "www": True}])
    assert [action.flags["redirection"] for action in sent.of("update")] == ["non-www"]


@pytest.mark.parametrize("only_ready", [False, True])
def test_with_the_other_form_ready_it_is_the_record_of_both(only_ready: bool) -> None:
    made = plan(ALONE, dns={"client.com": "here", "www.client.com": "here"}, only_ready=only_ready)
    assert added(made) == {"client.com": flags(www=True, redirection="www")}


def test_without_facts_it_is_the_record_of_both_too() -> None:
    assert added(plan(ALONE, dns=None)) == {"client.com": flags(www=True, redirection="www")}


@pytest.mark.parametrize("naked", ["here", "elsewhere"])
@pytest.mark.parametrize("www", [*AWAY, *UNKNOWN])
def test_it_is_the_www_that_has_to_be_ready(naked: str, www: str) -> None:
    made = plan(ALONE, dns={"client.com": naked, "www.client.com": www}, **READY)
    nothing(made)
    assert made.waiting[0]["message"] == f"www.client.com is {www}."
    assert made.waiting[0]["name"] == "www.client.com"


@pytest.mark.parametrize("state", UNKNOWN)
def test_where_the_other_form_is_not_known_its_name_is_not_decided(state: str) -> None:
    dns = {"client.com": state, "www.client.com": "here"}
    made = plan(ALONE, dns=dns, **READY)
    nothing(made)
    assert made.waiting[0]["message"] == f"client.com is {state}."
    assert added(plan(ALONE, dns=dns)) == {"client.com": flags(www=True, redirection="www")}


def test_a_record_of_the_other_form_is_taken_as_it_is() -> None:
    dns = {"client.com": "elsewhere", "www.client.com": "here"}
    held = [{"name": "network.com"}, {"name": "client.com", "www": True}]
    nothing(plan(ALONE._replace(redirection="none"), dns=dns, app=held))


def test_a_record_of_its_own_is_not_made_against_a_persons_word() -> None:
    dns = {"client.com": "elsewhere", "www.client.com": "here"}
    made = plan(ALONE, dns=dns, keep=matcher(["www.client.com"]))
    nothing(made)
    assert reasons(made.kept) == {"www.client.com": "on the keep list (www.client.com); not on the web app, not added"}
    made = plan(ALONE, dns=dns, overrides={"client.com": Override(www=True)})
    assert set(added(made)) == {"client.com"} and made.actions[0].flags["www"] is True
    for www in (True, False):
        made = plan(ALONE, dns=dns, overrides={"client.com": Override(www=www)}, **READY)
        nothing(made)
        assert list(reasons(made.waiting)) == ["client.com"]
    for redirection in ("none", "www", "non-www"):
        for ready in ({}, READY):
            made = plan(ALONE, dns=dns, overrides={"client.com": Override(redirection=redirection)}, **ready)
            assert added(made) == {"www.client.com": flags()} and made.waiting == []


def test_both_forms_asked_for_by_name_wait_each_for_itself() -> None:
    naked = Wish("client.com", www="keep", forms="both", www_needs_dns=True, rule="the name")
    other = Wish("www.client.com", rule="its www")
    made = plan(naked, other, dns={"client.com": "here", "www.client.com": "nowhere"}, **READY)
    assert added(made) == {"client.com": flags()}
    assert [entry["reason"].split(";")[0] for entry in made.waiting] == ["its www"]
    naked = Wish("client.com", forms="www", rule="the name")
    made = plan(naked, other, dns={"client.com": "elsewhere", "www.client.com": "here"}, **READY)
    assert added(made) == {"www.client.com": flags()}
    assert made.actions[0].reason == "its www" and list(reasons(made.waiting)) == ["client.com"]


def test_a_www_has_no_www() -> None:
    wish = Wish("www.client.com", forms="www", www_needs_dns=True)
    made = plan(wish, dns={"www.client.com": "elsewhere", "www.www.client.com": "here"})
    assert added(made) == {"www.client.com": flags()}
    held = [{"name": "network.com"}, {"name": "www.client.com", "www": True}]
    made = plan(wish, dns={"www.client.com": "here", "www.www.client.com": "nowhere"}, app=held)
    nothing(made)
    assert made.waiting == [] and made.notes == []


# -- two writers ---------------------------------------------------------------------------------------------------------


def test_beside_the_plugin_names_are_only_added() -> None:
    held = ["network.com", "client.com", "gone.com"]
    wishes = (Wish("client.com", www=True), Wish("new.com"))
    alone = plan(*wishes, dns=None, app=held, purge=True)
    assert [(action.kind, action.name) for action in alone.actions] == [
        ("add", "new.com"),
        ("update", "client.com"),
        ("remove", "gone.com"),
    ]
    made = plan(*wishes, dns=None, app=held, purge=True, two_writers=True)
    assert added(made) == {"new.com": flags()}
    assert "own RunCloud integration" in reasons(made.differs)["client.com"]
    assert "own RunCloud integration" in reasons(made.kept)["gone.com"]
    assert made.due == [] and any(note.startswith("purge has no effect: ") for note in made.notes)
    assert plan(*wishes, dns=None, app=held, two_writers=True).notes == []


# -- the option ----------------------------------------------------------------------------------------------------------


def faults_of(document: Any, **params: Any) -> list[str]:
    faults: list[str] = []
    read_dns({"dns": document, "add_when": "auto", "restore": None, "adopt": False, **params}, faults)
    return faults


GOOD = facts({"client.com": "here", "www.client.com": "elsewhere"})


def row(**fields: Any) -> dict[str, Any]:
    return {**GOOD, "hosts": [{**GOOD["hosts"][0], **fields}]}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "its format is None"),
        ({**GOOD, "format": "wpmultisite.dns/2"}, "its format is 'wpmultisite.dns/2'"),
        ({**GOOD, "valid": "yes"}, "valid is 'yes'"),
        ({**GOOD, "valid": None}, "valid is None"),
        ({**GOOD, "hosts": None}, "hosts is no list"),
        ({**GOOD, "hosts": {}}, "hosts is no list"),
        ({**GOOD, "hosts": ["client.com"]}, "hosts[0] has no name"),
        (row(name=None), "hosts[0] has no name"),
        (row(name="client_x.com"), "underscore"),
        (row(state=None), "hosts[0] (client.com) has no state"),
        (row(ready="true"), "neither true nor false"),
        (row(record="A"), "a record without type, name and value"),
        (row(record={"type": "A", "name": "client.com"}), "a record without type, name and value"),
        ({**GOOD, "hosts": [GOOD["hosts"][0]] * 2}, "hosts[1] names client.com once more"),
    ],
)
def test_what_is_no_fact(document: dict[str, Any], words: str) -> None:
    (fault,) = faults_of(document)
    assert fault.startswith("dns: ") and words in fault


def test_all_faults_are_told_at_once() -> None:
    document = {**GOOD, "valid": 1, "hosts": [{"name": 7}, {"name": "client.com"}]}
    assert len(faults_of(document)) == 3


def test_facts_are_taken_as_they_come() -> None:
    assert faults_of(GOOD) == [] and faults_of({**GOOD, "hosts": [], "reason": None, "valid": False}) == []
    assert faults_of(row(state="some day", ready=False)) == []


def test_ready_alone_needs_facts() -> None:
    (fault,) = faults_of(None, add_when="ready")
    assert "add_when: ready needs dns" in fault
    assert faults_of(None) == faults_of(None, add_when="row") == faults_of(GOOD, add_when="ready") == []
    assert faults_of(None, add_when="ready", restore="/b.json") == faults_of(None, add_when="ready", adopt=True) == []


# -- live names that lead elsewhere ----------------------------------------------------------------------------------------


def moved(*wishes: Wish, dns: Mapping[str, str], app: Any, **options: Any) -> list[str]:
    """The notes of a plan that must not do anything because of DNS."""
    made = plan(*wishes, dns=dns, app=app, purge=True, **options)
    nothing(made)
    return made.notes


def told(*hosts: str) -> str:
    return (
        f"on RunCloud, but its DNS leads elsewhere ({len(hosts)}): {', '.join(hosts)}. "
        "Nothing is removed because of DNS."
    )


def test_live_names_that_lead_elsewhere_share_a_note_with_what_dns_says() -> None:
    dns = {
        "a.com": "elsewhere",
        "b.com": "partly",
        "c.com": "nxdomain",
        "d.com": "no_address",
        "network.com": "elsewhere",
    }
    wishes = [Wish(name) for name in dns if name != "network.com"]
    assert moved(*reversed(wishes), dns=dns, app=["network.com", "a.com", "b.com", "c.com", "d.com"]) == [
        told(
            "a.com (A 198.51.100.7)",
            "b.com (only in part here, A 203.0.113.10, AAAA 2001:db8::7)",
            "c.com (does not exist)",
            "d.com (no address)",
            "network.com (A 198.51.100.7)",
        )
    ]


@pytest.mark.parametrize("state", ["ready", "proxied", *UNKNOWN])
def test_a_live_name_that_is_not_known_to_lead_elsewhere_is_not_noted(state: str) -> None:
    assert moved(Wish("a.com"), dns={"a.com": state}, app=["network.com", "a.com"]) == []


def test_facts_that_are_not_valid_tell_of_nobody_that_it_moved() -> None:
    dns = {"a.com": "elsewhere", "network.com": "nxdomain"}
    assert moved(Wish("a.com"), dns=dns, app=["network.com", "a.com"], reason="too many are gone") == []


def test_a_name_that_is_not_on_runcloud_has_not_moved_away() -> None:
    assert plan(Wish("a.com"), dns={"a.com": "elsewhere"}, **READY).notes == []


@pytest.mark.parametrize(
    "policy",
    [
        {"keep": matcher(["a.com"])},
        {"overrides": {"a.com": Override(ignore=True)}},
        {"only": frozenset(("network.com",))},
    ],
)
def test_what_a_person_left_out_is_not_noted(policy: dict[str, Any]) -> None:
    assert moved(Wish("a.com"), dns={"a.com": "elsewhere"}, app=["network.com", "a.com"], **policy) == []


@pytest.mark.parametrize(
    ("served", "hosts"),
    [
        ({"name": "a.com", "www": True}, ["www.a.com (does not exist)"]),
        ({"name": "www.a.com"}, ["www.a.com (does not exist)"]),
        ({"name": "a.com"}, []),
    ],
)
def test_of_a_mapping_of_the_www_alone_the_www_counts(served: dict[str, Any], hosts: list[str]) -> None:
    dns = {"a.com": "elsewhere", "www.a.com": "nxdomain"}
    notes = moved(Wish("a.com", forms="www", www_needs_dns=True), dns=dns, app=["network.com", served])
    assert notes == ([told(*hosts)] if hosts else [])


def test_a_name_that_moved_with_its_www_is_told_once() -> None:
    both = Wish("a.com", forms="both", www_needs_dns=True)
    dns = {"a.com": "elsewhere", "www.a.com": "elsewhere"}
    app = ["network.com", {"name": "a.com", "www": True}]
    assert moved(both, dns=dns, app=app) == [told("a.com (A 198.51.100.7; its www, too)")]
    (note,) = moved(both, dns={**dns, "a.com": "ready"}, app=app)
    assert note.startswith("RunCloud serves their www, whose DNS is not ready (1): a.com.")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"cname": "shop.cloud.net", "addresses": ["192.0.2.1"]}, "CNAME shop.cloud.net, A 192.0.2.1"),
        ({"addresses": ["192.0.2.1", "192.0.2.2", "2001:db8::1"]}, "A 192.0.2.1 and 192.0.2.2, AAAA 2001:db8::1"),
        ({"state": "nxdomain", "cname": "gone.net"}, "does not exist, CNAME gone.net"),
        ({"addresses": None}, "elsewhere"),
    ],
)
def test_what_dns_holds_of_a_name_in_a_few_words(row: dict[str, Any], words: str) -> None:
    document = facts({"a.com": "elsewhere"})
    document["hosts"][0] = {**document["hosts"][0], "addresses": [], **row}
    faults: list[str] = []
    found = read_dns({"dns": document, "add_when": "auto", "restore": None, "adopt": False}, faults)
    made = make_plan(
        with_dns([Wish("a.com"), NETWORK], found, "network.com"),
        records("network.com", "a.com"),
        Policy(network="network.com"),
    )
    assert faults == [] and made.notes == [told(f"a.com ({words})")]


# -- a www that the multisite holds alone ----------------------------------------------------------------------------------


BARE_APP = ("network.com", "client.com")
BARE = Wish("client.com", forms="www")


@pytest.mark.parametrize(
    "policy",
    [
        {"ownership": "all"},
        {"ownership": "ledger"},
        {"ownership": "ledger", "owned": ours("client.com", how="adopted")},
    ],
)
def test_where_the_record_is_not_ours_it_is_only_told(policy: dict[str, Any]) -> None:
    made = plan(BARE, dns=None, app=BARE_APP, **policy)
    assert made.actions == [] and "nothing serves that; an override" in reasons(made.differs)["client.com"]


def test_what_we_added_gets_it() -> None:
    (action,) = plan(BARE, dns=None, app=BARE_APP, ownership="ledger", owned=ours("client.com")).actions
    assert (action.kind, action.name, action.flags) == ("update", "client.com", flags(www=True))


@pytest.mark.parametrize("wish", [{"forms": "naked"}, {"www": "avoid"}, {"www": False}])
def test_where_nobody_holds_it_alone_or_a_person_says_otherwise_nothing_is_said(wish: dict[str, Any]) -> None:
    nothing(plan(BARE._replace(**wish), dns=None, app=BARE_APP))
