# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan, rule by rule: wishes and the web app's records in, what to write and what is left alone out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._guards import surroundings
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import matcher
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan import describe, make_plan
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_shapes import Override, Plan, Policy, Wish

from tests.cases.rows import by_name, flags, records

NETWORK = Wish("network.com", cls="protected", rule="the network")


def plan(*wishes: Wish | str, app: Any = ("network.com",), network: bool = True, **policy: Any) -> Plan:
    """The plan for the network and these wishes. ``app``: the records; ``policy``: with ``keep`` as patterns, and without patience."""
    made = [Wish(wish) if isinstance(wish, str) else wish for wish in wishes]
    if "keep" in policy:
        policy["keep"] = matcher(policy["keep"])
    for name in ("only", "protected"):
        if policy.get(name) is not None:
            policy[name] = frozenset(policy[name])
    if network:
        made.append(NETWORK)
    return make_plan(
        made, records(*app), Policy(network="network.com", **{"grace_period": 0.0, "min_absences": 1, **policy})
    )


def actions(plan: Plan) -> list[tuple[str, str, dict[str, Any]]]:
    assert plan.stops == [] and plan.refused == []
    return [(action.kind, action.name, action.flags) for action in plan.actions]


def names(plan: Plan, kind: str) -> list[str]:
    return [action.name for action in plan.of(kind)]


def reasons(entries: list[dict[str, Any]]) -> dict[str, str]:
    return {name: str(entry["reason"]) for name, entry in by_name(entries).items()}


def nothing(plan: Plan) -> None:
    assert actions(plan) == []
    assert (plan.differs, plan.waiting, plan.covered, plan.notes) == ([], [], [], [])


def row(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, **fields}


# -- adding --------------------------------------------------------------------------------------------------------------


def test_in_step() -> None:
    made = plan("client.com", app=["network.com", "client.com"])
    nothing(made)
    assert made.kept == []


def test_a_missing_name_is_added() -> None:
    made = plan(Wish("client.com", rule="R2.3 stage done"))
    assert actions(made) == [("add", "client.com", flags())]
    assert made.actions[0].reason == "R2.3 stage done" and made.actions[0].record is None


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish("client.com", www="keep", forms="naked"), flags()),
        (Wish("client.com", www="keep", forms="both"), flags(www=True)),
        (Wish("client.com", www="keep", forms="www"), flags(www=True)),
        (Wish("client.com", www="avoid", forms="both"), flags()),
        (Wish("client.com", www="avoid", forms="naked"), flags()),
        (Wish("client.com", www=True, forms="naked"), flags(www=True)),
        (Wish("client.com", www=False, forms="both"), flags()),
        (Wish("client.com", redirection="non-www"), flags(redirection="non-www")),
        (Wish("client.com", redirection="www", www=True), flags(www=True, redirection="www")),
        (Wish("client.com", redirection="none"), flags()),
        (Wish("client.com", type="alias"), flags()),
        (Wish("client.com", type="redirect"), flags(type="redirect")),
        (Wish("*.client.com", www="avoid"), flags()),
        (Wish("www.client.com", forms="both"), flags()),
    ],
)
def test_flags_of_a_new_record(wish: Wish, expected: dict[str, Any]) -> None:
    assert actions(plan(wish)) == [("add", wish.name, expected)]


@pytest.mark.parametrize("www", [False, "avoid", "keep"])
def test_a_new_record_never_redirects_to_a_www_that_is_not_served(www: Any) -> None:
    made = plan(Wish("client.com", www=www, redirection="www"))
    assert actions(made) == [("add", "client.com", flags())]
    assert "without the redirection" in made.actions[0].reason


@pytest.mark.parametrize("name", ["www.client.com", "*.client.com"])
@pytest.mark.parametrize("there", [False, True])
def test_www_of_a_name_that_has_none_is_refused(name: str, there: bool) -> None:
    made = plan(Wish(name, www=True), app=["network.com", *([name] if there else [])])
    assert made.actions == []
    (entry,) = made.refused
    assert (entry["name"], entry["action"]) == (name, "update" if there else "add")
    assert "no www of its own" in entry["reason"]


def test_the_order_of_writes() -> None:
    made = plan(
        Wish("changed.com", www=True),
        *("a.com", "*.zeta.com", "b.com", "www.network.com"),
        app=["network.com", "gone.com", "changed.com"],
        purge=True,
    )
    assert [(action.kind, action.name) for action in made.actions] == [
        ("add", "www.network.com"),
        ("add", "*.zeta.com"),
        ("add", "a.com"),
        ("add", "b.com"),
        ("update", "changed.com"),
        ("remove", "gone.com"),
    ]


# -- class keep ----------------------------------------------------------------------------------------------------------


def test_kept_and_there() -> None:
    made = plan(
        Wish("client.com", cls="keep", www=True, rule="archived"), app=["network.com", "client.com"], purge=True
    )
    nothing(made)
    assert reasons(made.kept) == {"client.com": "archived"}


def test_kept_and_absent() -> None:
    made = plan(Wish("client.com", cls="keep", rule="archived"))
    nothing(made)
    assert reasons(made.kept) == {"client.com": "archived; not on the web app, not added"}


def test_kept_until_dns_is_ready() -> None:
    wish = Wish("client.com", cls="keep", needs_dns=True, rule="R2.3 stage failed")
    made = plan(wish)
    assert actions(made) == [] and made.kept == []
    assert reasons(made.waiting) == {
        "client.com": "R2.3 stage failed; save it in the plugin again once its DNS points here"
    }
    there = plan(wish, app=["network.com", "client.com"], purge=True)
    nothing(there)
    assert reasons(there.kept) == {"client.com": "R2.3 stage failed"}


# -- comparing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "held", "wanted"),
    [
        ({"www": True}, {"www": False}, {"www": True}),
        ({"www": False}, {"www": True}, {"www": False}),
        ({"redirection": "none"}, {"redirection": "www", "www": True}, {"redirection": "none", "www": True}),
        ({"redirection": "non-www"}, {}, {"redirection": "non-www"}),
        ({"redirection": "www"}, {"www": True}, {"redirection": "www", "www": True}),
        ({"redirection": "www", "www": True}, {}, {"redirection": "www", "www": True}),
        ({"type": "redirect"}, {}, {"type": "redirect"}),
    ],
)
def test_a_difference_is_changed(wish: Mapping[str, Any], held: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    made = plan(Wish("client.com", rule="why", **wish), app=["network.com", row("client.com", **held)])
    assert actions(made) == [("update", "client.com", flags(**wanted))]
    assert made.actions[0].record is not None and made.actions[0].record.id == 702
    assert made.actions[0].reason == "why"


@pytest.mark.parametrize(
    ("wish", "held"),
    [
        ({"www": "keep", "forms": "both"}, {"www": False}),
        ({"www": "keep"}, {"www": True, "redirection": "non-www"}),
        ({"www": "avoid"}, {"www": False}),
        ({"www": True}, {"www": True}),
        ({"www": False}, {"www": False}),
        ({"redirection": "www"}, {"www": True, "redirection": "www"}),
        ({"type": "keep"}, {"type": "redirect"}),
        ({"type": "redirect"}, {"type": "redirect"}),
        ({"type": "alias", "cls": "protected"}, {"type": "redirect"}),
    ],
)
def test_what_is_not_asked_for_is_not_compared(wish: Mapping[str, Any], held: Mapping[str, Any]) -> None:
    made = plan(Wish("client.com", **wish), app=["network.com", row("client.com", **held)])
    nothing(made)
    assert made.kept == []


def test_an_existing_www_is_told_but_not_switched_off() -> None:
    made = plan(Wish("client.com", www="avoid"), app=["network.com", row("client.com", www=True)])
    assert actions(made) == []
    (entry,) = made.differs
    assert (entry["current"], entry["wanted"]) == (flags(www=True), flags(www=False))
    assert "never switched off" in entry["reason"]


@pytest.mark.parametrize(
    ("wish", "held"),
    [({"redirection": "www"}, {}), ({"www": False}, {"www": True, "redirection": "www"})],
)
def test_visitors_are_never_sent_to_a_www_that_is_not_served(wish: Mapping[str, Any], held: Mapping[str, Any]) -> None:
    made = plan(Wish("client.com", **wish), app=["network.com", row("client.com", **held)])
    assert actions(made) == []
    assert "does not serve" in reasons(made.differs)["client.com"]


def test_a_redirection_to_www_may_rest_on_its_own_record() -> None:
    app = ["network.com", "client.com", "www.client.com"]
    assert actions(plan(Wish("client.com", redirection="www"), app=app)) == [
        ("update", "client.com", flags(redirection="www"))
    ]


def test_ownership_none_shows_what_differs() -> None:
    wish = Wish("client.com", www=True, redirection="non-www")
    made = plan(wish, "new.com", app=["network.com", "client.com"], ownership="none")
    assert actions(made) == [("add", "new.com", flags())]
    (entry,) = made.differs
    assert (entry["current"], entry["wanted"]) == (flags(), flags(www=True, redirection="non-www"))
    assert "ownership is none" in entry["reason"]


def test_an_api_that_cannot_edit() -> None:
    wish = Wish("client.com", www=True, redirection="non-www")
    made = plan(wish, "new.com", app=["network.com", "client.com", "gone.com"], no_edit="It cannot.", purge=True)
    assert [(action.kind, action.name) for action in made.actions] == [("add", "new.com"), ("remove", "gone.com")]
    (entry,) = made.refused
    assert (entry["name"], entry["action"]) == ("client.com", "update")
    assert entry["reason"] == "redirection none instead of non-www, www false instead of true. It cannot."


def test_describe_names_only_what_differs() -> None:
    assert describe(flags(www=True), flags(www=False, redirection="www")) == (
        "redirection none instead of www, www true instead of false"
    )
    assert describe(flags(), flags()) == ""


# -- types ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["primary", "redirect"])
def test_the_primary_never_changes(kind: str) -> None:
    app = ["network.com", "client.com"] if kind == "primary" else ["client.com", "network.com"]
    made = plan(Wish("client.com", type=kind), app=app)
    (stop,) = made.stops
    assert stop.startswith("client.com: its type is") and "allow_primary_change" in stop


def test_a_new_primary_is_not_added() -> None:
    made = plan(Wish("client.com", type="primary"), "other.com")
    assert "a new primary is asked for" in made.stops[0]
    first = plan(Wish("client.com", type="primary"), app=[], first_converge=True)
    assert "client.com: a new primary is asked for" in first.stops[0]
    later = plan(Wish("network.com", type="primary"), network=False, app=["other.com"])
    assert "network.com: a new primary is asked for" in later.stops[0]


def test_a_new_web_app_may_get_its_primary() -> None:
    made = plan(Wish("network.com", type="primary"), network=False, app=[], first_converge=True)
    assert actions(made) == [("add", "network.com", flags(type="primary"))]


def test_the_wish_for_the_primary_that_is_one() -> None:
    nothing(plan(Wish("network.com", type="primary"), network=False))


def test_a_customers_domain_as_primary_stays_it() -> None:
    made = plan(Wish("client.com", type="alias"), app=["client.com", "network.com"])
    assert actions(made) == []
    assert "primary" in reasons(made.kept)["client.com"]


def test_the_primarys_flags_are_shown_and_changed_by_an_override_alone() -> None:
    wish = Wish("client.com", www=True, redirection="non-www")
    made = plan(wish, app=["client.com", "network.com"])
    assert actions(made) == []
    (entry,) = made.differs
    assert entry["wanted"] == flags(type="primary", www=True, redirection="non-www") and "primary" in entry["reason"]
    made = plan(wish, app=["client.com", "network.com"], overrides={"client.com": Override(www=True)})
    assert actions(made) == [("update", "client.com", flags(type="primary", www=True, redirection="non-www"))]


def test_a_redirect_record_never_becomes_an_alias() -> None:
    made = plan(Wish("client.com", type="alias"), app=["network.com", row("client.com", type="redirect")])
    assert actions(made) == []
    (entry,) = made.differs
    assert (entry["current"], entry["wanted"]) == (flags(type="redirect"), flags())
    assert "never turned into an alias" in entry["reason"]


def test_a_redirect_record_keeps_its_type_when_another_flag_changes() -> None:
    app = ["network.com", row("client.com", type="redirect")]
    made = plan(Wish("client.com", type="alias", www=True), app=app)
    assert [action.flags["type"] for action in made.actions] == ["redirect"]


def test_the_type_of_protected_names_is_left_alone() -> None:
    nothing(plan(Wish("client.com", type="redirect"), app=["network.com", "client.com"], protected=["client.com"]))


# -- a record named www.X ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forms", ["naked", "both"])
@pytest.mark.parametrize("www", ["keep", True, "avoid"])
def test_x_is_added_without_www_beside_it(forms: str, www: Any) -> None:
    made = plan(Wish("client.com", www=www, forms=forms), app=["network.com", "www.client.com"], purge=True)
    assert actions(made) == [("add", "client.com", flags())]
    assert reasons(made.kept) == {"www.client.com": "serves the www of client.com"}


def test_it_is_the_entry_when_the_multisite_says_nothing_else() -> None:
    made = plan(Wish("client.com", forms="www"), app=["network.com", "www.client.com"], purge=True)
    nothing(made)
    assert made.kept == []


def test_one_record_is_never_the_entry_of_two_names() -> None:
    both = (Wish("client.com", forms="www", type="redirect"), Wish("www.client.com", redirection="non-www"))
    made = plan(*both, app=["network.com", "www.client.com"])
    assert sorted(action[:2] for action in actions(made)) == [("add", "client.com"), ("update", "www.client.com")]


@pytest.mark.parametrize("wish", [{"www": True}, {"www": False}, {"redirection": "www"}, {"redirection": "non-www"}])
def test_as_the_entry_it_gets_no_flags_that_are_meant_for_x(wish: Mapping[str, Any]) -> None:
    nothing(plan(Wish("client.com", forms="www", **wish), app=["network.com", "www.client.com"]))


def test_as_the_entry_its_type_counts() -> None:
    app = ["network.com", row("www.client.com", type="redirect")]
    made = plan(Wish("client.com", forms="www", type="alias"), app=app)
    assert actions(made) == []
    assert "never turned into an alias" in reasons(made.differs)["www.client.com"]


def test_with_x_beside_it_it_is_no_entry() -> None:
    made = plan(Wish("client.com", forms="www"), app=["network.com", "client.com", "www.client.com"], purge=True)
    nothing(made)
    assert reasons(made.kept) == {"www.client.com": "serves the www of client.com"}


@pytest.mark.parametrize("www", [True, "keep", "avoid", False])
def test_the_www_of_x_counts_as_served_by_it(www: Any) -> None:
    nothing(plan(Wish("client.com", www=www), app=["network.com", "client.com", "www.client.com"], purge=True))


def test_it_goes_when_x_serves_its_www_itself() -> None:
    app = ["network.com", row("client.com", www=True), "www.client.com"]
    assert actions(plan("client.com", app=app, purge=True)) == [("remove", "www.client.com", flags())]
    assert reasons(plan("client.com", app=app).kept) == {"www.client.com": "nothing wants it; purge is off"}


@pytest.mark.parametrize(
    ("wish", "policy"),
    [
        ({"cls": "keep"}, {}),
        ({"cls": "protected"}, {}),
        ({"www": False}, {}),
        ({}, {"overrides": {"client.com": Override(www=False)}}),
        ({}, {"overrides": {"client.com": Override(ignore=True)}}),
        ({}, {"keep": ["client.com"]}),
        ({}, {"keep": ["www.client.com"]}),
        ({}, {"protected": ["client.com"]}),
    ],
)
def test_it_stays_even_then_when_x_is_to_stay(wish: Mapping[str, Any], policy: Mapping[str, Any]) -> None:
    app = ["network.com", row("client.com", www=True), "www.client.com"]
    made = plan(Wish("client.com", **wish), app=app, purge=True, **policy)
    assert names(made, "remove") == [] and made.stops == []
    assert "www.client.com" in reasons(made.kept)


def test_of_an_unwanted_x_it_goes_with_it_only_if_x_serves_it() -> None:
    both = plan(app=["network.com", row("gone.com", www=True), "www.gone.com"], purge=True)
    assert names(both, "remove") == ["gone.com", "www.gone.com"]
    one = plan(app=["network.com", "gone.com", "www.gone.com"], purge=True)
    assert names(one, "remove") == ["gone.com"]
    assert "alone serves the www of gone.com" in reasons(one.kept)["www.gone.com"]


def test_without_any_x_it_stays() -> None:
    made = plan(app=["network.com", "www.gone.com"], purge=True)
    nothing(made)
    assert "alone serves the www of gone.com" in reasons(made.kept)["www.gone.com"]


def test_asked_for_by_its_own_name_the_flag_of_x_is_enough() -> None:
    made = plan("www.client.com", app=["network.com", row("client.com", www=True)], purge=True)
    nothing(made)
    assert reasons(made.kept) == {"client.com": "its www flag serves www.client.com"}


def test_asked_for_by_its_own_name_it_is_added() -> None:
    made = plan("www.client.com", app=["network.com", "client.com"], purge=True)
    assert actions(made) == [("add", "www.client.com", flags())]


def test_both_asked_for_by_name() -> None:
    nothing(plan("client.com", "www.client.com", app=["network.com", row("client.com", www=True), "www.client.com"]))


# -- wildcards and sub-sites ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wild", ["*.network.com", row("network.com", wildcard=True, type="alias")])
def test_a_covered_name_needs_no_record(wild: Any) -> None:
    app = [wild] if isinstance(wild, dict) else ["network.com", wild]
    made = plan(Wish("a.network.com", www=True), app=app, subdomain_install=True)
    assert actions(made) == []
    assert reasons(made.covered) == {"a.network.com": "covered by *.network.com"}


def test_a_covered_name_that_is_there_stays_as_it_is() -> None:
    app = ["network.com", "*.network.com", "a.network.com"]
    for wish in ([Wish("a.network.com", www=True)], []):
        made = plan(*wish, app=app, purge=True)
        assert actions(made) == [] and made.covered == []
        assert "covered by" in reasons(made.kept)["a.network.com"]


@pytest.mark.parametrize("name", ["a.b.network.com", "xnetwork.com", "network.com.evil.org"])
def test_a_wildcard_does_not_cover_other_names(name: str) -> None:
    assert names(plan(name, app=["network.com", "*.network.com"]), "add") == [name]


def test_protected_names_are_never_covered() -> None:
    app = ["network.com", "*.network.com"]
    assert names(plan(Wish("a.network.com", cls="protected"), app=app), "add") == ["a.network.com"]


def test_names_wait_for_their_wildcard() -> None:
    made = plan("*.network.com", "a.network.com", "b.network.com", app=["network.com", "b.network.com"])
    assert actions(made) == [("add", "*.network.com", flags())]
    assert reasons(made.waiting) == {"a.network.com": "covered as soon as *.network.com is on the web app"}
    assert reasons(made.kept) == {"b.network.com": "covered as soon as *.network.com is on the web app"}


def sub_sites(count: int) -> list[str]:
    return [f"s{number}.network.com" for number in range(count)]


def test_the_question_about_sub_sites() -> None:
    assert len(actions(plan(*sub_sites(20), subdomain_install=True))) == 20
    (stop,) = plan(*sub_sites(21), subdomain_install=True).stops
    assert "21 sub-sites" in stop
    assert all(word in stop for word in ("subdomain_sites", "wildcard", "individual", "ignore"))


def test_the_question_is_asked_only_when_one_would_be_added() -> None:
    nothing(plan(*sub_sites(30), app=["network.com", *sub_sites(30)], subdomain_install=True))
    others = plan(*sub_sites(30), "client.com", app=["network.com", *sub_sites(30)], subdomain_install=True)
    assert names(others, "add") == ["client.com"] and others.stops == []
    one = plan(*sub_sites(30), app=["network.com", *sub_sites(29)], subdomain_install=True)
    assert len(one.stops) == 1


def test_the_question_is_about_direct_sub_sites_of_a_subdomain_network() -> None:
    assert plan(*sub_sites(21), subdomain_install=False).stops == []
    deep = [f"s{number}.deep.network.com" for number in range(21)]
    assert plan(*deep, subdomain_install=True).stops == []
    kept = [Wish(name, cls="keep") for name in sub_sites(21)]
    assert plan(*kept, "a.network.com", subdomain_install=True).stops == []


@pytest.mark.parametrize("wild", ["*.network.com", None])
def test_sub_sites_one_by_one(wild: str | None) -> None:
    app = ["network.com", *([wild] if wild else [])]
    made = plan(*sub_sites(21), app=app, subdomain_install=True, subdomain_sites="individual")
    assert len(made.of("add")) == 21 and made.stops == []


@pytest.mark.parametrize(("choice", "words"), [("wildcard", "does not show"), ("ignore", "subdomain_sites: ignore")])
def test_sub_sites_left_alone(choice: str, words: str) -> None:
    app = ["network.com", "s0.network.com", "old.network.com", "old.b.network.com"]
    options: dict[str, Any] = {"app": app, "subdomain_install": True, "subdomain_sites": choice, "purge": True}
    made = plan("client.com", "a.b.network.com", *(Wish(name, www=True) for name in sub_sites(21)), **options)
    assert names(made, "add") == ["a.b.network.com", "client.com"]
    assert names(made, "update") == [] and names(made, "remove") == ["old.b.network.com"]
    assert set(reasons(made.covered)) == set(sub_sites(21)) - {"s0.network.com"}
    assert all(words in reason for reason in reasons(made.covered).values())
    assert set(reasons(made.kept)) == {"s0.network.com", "old.network.com"}


# -- a person's word -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["client.com", "www.client.com"])
def test_an_override_changes_flags(name: str) -> None:
    overrides = {"client.com": Override(www=True, redirection="non-www")}
    wish = Wish(name, www="avoid", redirection="none", forms="naked")
    if name.startswith("www."):
        overrides = {"client.com": Override(redirection="non-www")}
    expected = flags(www=not name.startswith("www."), redirection="non-www")
    assert actions(plan(wish, overrides=overrides)) == [("add", name, expected)]
    assert actions(plan(wish, app=["network.com", name], overrides=overrides)) == [("update", name, expected)]


def test_an_override_switches_www_off() -> None:
    overrides = {"client.com": Override(www=False)}
    app = ["network.com", row("client.com", www=True)]
    assert actions(plan(Wish("client.com", www=True), app=app, overrides=overrides)) == [
        ("update", "client.com", flags())
    ]
    assert actions(plan(Wish("client.com", www=True, forms="both"), overrides=overrides)) == [
        ("add", "client.com", flags())
    ]


def test_an_override_ignores() -> None:
    overrides = {name: Override(ignore=True, reason="by hand") for name in ("client.com", "gone.com", "new.com")}
    app = ["network.com", "client.com", "gone.com", "www.gone.com"]
    made = plan(Wish("client.com", www=True), "new.com", app=app, overrides=overrides, purge=True)
    nothing(made)
    assert reasons(made.kept) == {
        "client.com": "ignored by an override: by hand",
        "new.com": "ignored by an override: by hand; not on the web app, not added",
        "gone.com": "ignored by an override: by hand",
        "www.gone.com": "ignored by an override: by hand",
    }


def test_an_override_need_not_give_a_reason() -> None:
    made = plan(app=["network.com", "gone.com"], overrides={"gone.com": Override(ignore=True)}, purge=True)
    assert reasons(made.kept) == {"gone.com": "ignored by an override"}


def test_the_keep_list() -> None:
    app = ["network.com", "client.com", "a.agency.com", "gone.com", "www.gone.com", "shop1.org"]
    wishes = (Wish("client.com", www=True), "new.com")
    made = plan(*wishes, app=app, keep=["client.com", "new.com", ".agency.com", "gone.com", "/^shop/"], purge=True)
    nothing(made)
    assert reasons(made.kept) == {
        "client.com": "on the keep list (client.com)",
        "new.com": "on the keep list (new.com); not on the web app, not added",
        "a.agency.com": "on the keep list (.agency.com)",
        "gone.com": "on the keep list (gone.com)",
        "www.gone.com": "on the keep list (gone.com)",
        "shop1.org": "on the keep list (/^shop/)",
    }


@pytest.mark.parametrize("only", ["client.com", "other.com"])
def test_only_narrows_everything(only: str) -> None:
    app = ["network.com", row("client.com", www=False), row("other.com", www=False), "gone.com", "www.client.com"]
    wishes = [Wish("client.com", redirection="non-www"), Wish("other.com", redirection="non-www")]
    made = plan(*wishes, "new.com", Wish("x.com", cls="keep"), app=app, only=[only], purge=True)
    assert actions(made) == [("update", only, flags(redirection="non-www"))]
    assert set(reasons(made.kept)) == ({"www.client.com"} if only == "client.com" else set())


def test_only_an_unwanted_name() -> None:
    made = plan("new.com", app=["network.com", "gone.com", "stays.com"], only=["gone.com"], purge=True)
    assert actions(made) == [("remove", "gone.com", flags())]


def test_only_reaches_both_forms() -> None:
    app = ["network.com", row("gone.com", www=True), "www.gone.com", "other.com"]
    assert names(plan(app=app, only=["gone.com"], purge=True), "remove") == ["gone.com", "www.gone.com"]


# -- removing ------------------------------------------------------------------------------------------------------------


def test_purge_removes_what_nothing_wants() -> None:
    made = plan(
        "client.com", app=["network.com", "client.com", row("gone.com", www=True, redirection="www")], purge=True
    )
    assert actions(made) == [("remove", "gone.com", flags(www=True, redirection="www"))]
    assert made.actions[0].reason == "nothing wants it"


def test_without_purge_it_is_told() -> None:
    made = plan(app=["network.com", "gone.com"])
    nothing(made)
    assert reasons(made.kept) == {"gone.com": "nothing wants it; purge is off"}


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (row("gone.com", type="primary"), "primary"),
        (row("gone.com", type="redirect"), "redirect record"),
        (row("www.network.com"), "serves the www of network.com"),
        (row("safe.com"), "protected"),
        (row("www.safe.com"), "protected"),
        (row("*.gone.com"), "a wildcard"),
        (row("gone.com", wildcard=True), "a wildcard"),
        (row("www.gone.com"), "alone serves the www of gone.com"),
    ],
)
def test_what_purge_never_removes(record: dict[str, Any], words: str) -> None:
    made = plan(app=[row("network.com", type="alias"), record], protected=["safe.com"], purge=True)
    nothing(made)
    assert words in reasons(made.kept)[record["name"]]


def test_the_network_is_not_removed_even_if_nobody_wants_it() -> None:
    made = plan("client.com", network=False, app=["client.com", "network.com", "www.network.com"], purge=True)
    nothing(made)
    assert reasons(made.kept) == {"network.com": "protected", "www.network.com": "protected"}


def test_two_records_of_one_name_are_left_alone() -> None:
    made = plan(app=["network.com", "gone.com", "gone.com"], purge=True)
    assert len(made.of("remove")) == 1 and made.actions[0].record is not None
    assert made.actions[0].record.id == 702
    assert "second record" in reasons(made.kept)["gone.com"]
    assert "gone.com" in made.notes[0]


# -- guards --------------------------------------------------------------------------------------------------------------


def clients(count: int) -> list[str]:
    return [f"client{number:03}.com" for number in range(count)]


@pytest.mark.parametrize("limit", [0, 1, 50])
def test_max_adds(limit: int) -> None:
    assert plan(*clients(limit), max_adds=limit).stops == []
    (stop,) = plan(*clients(limit + 1), max_adds=limit).stops
    assert f"{limit + 1} {'domains' if limit else 'domain'} would be added" in stop
    assert f"max_adds is {limit}" in stop and f"set max_adds: {limit + 1}." in stop
    assert "client000.com" in stop


@pytest.mark.parametrize("limit", [0, 1, 10])
def test_max_updates(limit: int) -> None:
    def made(count: int) -> Plan:
        wishes = [Wish(name, www=True) for name in clients(count)]
        return plan(*wishes, app=["network.com", *clients(count)], max_updates=limit)

    assert made(limit).stops == []
    (stop,) = made(limit + 1).stops
    assert f"{limit + 1} {'domains' if limit else 'domain'} would be updated" in stop
    assert f"set max_updates: {limit + 1}." in stop


@pytest.mark.parametrize("limit", [0, 1, 5])
def test_max_removals(limit: int) -> None:
    def made(count: int) -> Plan:
        return plan(app=["network.com", *clients(count)], purge=True, max_removals=limit, max_removals_percent=100)

    assert made(limit).stops == []
    (stop,) = made(limit + 1).stops
    assert f"{limit + 1} {'domains' if limit else 'domain'} would be removed" in stop
    assert f"set max_removals: {limit + 1}." in stop


def test_the_defaults_of_the_limits() -> None:
    policy = Policy(network="network.com")
    limits = (policy.max_adds, policy.max_updates, policy.max_removals, policy.max_removals_percent)
    assert limits == (50, 10, 5, 10)
    assert not (policy.subdomain_install or policy.purge or policy.first_converge)


@pytest.mark.parametrize(
    ("aliases", "percent", "allowed"),
    [
        (2, 10, 2),  # at least 2
        (20, 10, 2),
        (21, 10, 3),  # rounded up
        (30, 10, 3),
        (31, 10, 4),
        (100, 3, 3),
        (10, 0, 2),
        (10, 100, 10),
    ],
)
def test_max_removals_percent(aliases: int, percent: int, allowed: int) -> None:
    def made(gone: int) -> Plan:
        everything = clients(aliases)
        # The primary and a redirect record are no aliases, so they do not count.
        app = ["network.com", *everything, row("r.com", type="redirect")]
        limits: dict[str, Any] = {"max_removals": 1000, "max_removals_percent": percent}
        return plan(*everything[gone:], app=app, purge=True, **limits)

    assert made(allowed).stops == []
    if allowed < aliases:
        (stop,) = made(allowed + 1).stops
        assert f"{allowed + 1} of {aliases} aliases" in stop
        needed = int(stop.split("set max_removals_percent: ")[1].split(".")[0])
        assert aliases * (needed - 1) < (allowed + 1) * 100 <= aliases * needed


def test_the_number_that_is_named_is_enough() -> None:
    for aliases in range(3, 40):
        everything = clients(aliases)
        options: dict[str, Any] = {"app": ["network.com", *everything], "purge": True, "max_removals": 1000}
        (stop,) = plan(max_removals_percent=0, **options).stops
        needed = int(stop.split("set max_removals_percent: ")[1].split(".")[0])
        assert plan(max_removals_percent=needed, **options).stops == []


def test_every_limit_is_told_at_once_and_long_lists_are_cut() -> None:
    app = ["network.com", *(f"u{number}.com" for number in range(11)), *(f"r{number}.com" for number in range(6))]
    wishes = [Wish(f"u{number}.com", www=True) for number in range(11)]
    stops = plan(*wishes, *clients(51), app=app, purge=True).stops
    assert len(stops) == 4
    assert stops[0].count("client") == 20 and "and 31 more" in stops[0]
    assert " more" not in stops[1]
    assert " more" not in plan(*clients(20), max_adds=1).stops[0]


def test_limits_do_not_count_what_is_not_done() -> None:
    wishes = [Wish(name, www=True) for name in clients(60)]
    made = plan(*wishes, app=["network.com", *clients(60)], ownership="none")
    assert made.stops == [] and len(made.differs) == 60


@pytest.mark.parametrize("held", ["network.com", "www.network.com"])
def test_the_web_app_is_known_by_the_network(held: str) -> None:
    assert plan("client.com", app=["other.com", held]).stops == []


@pytest.mark.parametrize("app", [[], ["other.com"], ["*.network.com"], ["a.network.com"], ["xnetwork.com"]])
def test_another_web_app_is_not_touched(app: list[str]) -> None:
    (stop,) = plan("client.com", app=app).stops
    assert "does not serve network.com" in stop and "first_converge" in stop


def test_another_web_app_without_anything_to_do_is_nothing_to_tell() -> None:
    assert plan("client.com", app=["client.com"], network=False).stops == []


def test_a_network_with_www() -> None:
    wish = Wish("network.com", cls="protected", forms="www")
    made = make_plan([wish, Wish("client.com")], records("www.network.com"), Policy(network="www.network.com"))
    assert [action.name for action in made.actions] == ["client.com"] and made.stops == []


def test_first_converge() -> None:
    made = plan(*clients(60), "*.network.com", app=[row("app-1.panel.example", type="primary")], first_converge=True)
    assert made.first and made.stops == [] and made.notes == []
    assert names(made, "add")[:2] == ["network.com", "*.network.com"] and len(made.actions) == 62


def test_no_keep_list_stops_the_networks_own_domain() -> None:
    made = plan(
        "client.com",
        app=[row("app-1.panel.example", type="primary")],
        first_converge=True,
        keep=["/com$/", "network.com"],
    )
    assert names(made, "add") == ["network.com"]


def test_first_converge_keeps_the_other_limits() -> None:
    made = plan(*clients(60), app=["network.com"], first_converge=True, max_adds=0)
    assert made.first and made.stops == [] and len(made.of("add")) == 60


def test_a_first_run_only_adds() -> None:
    app = ["network.com", "stranger.org", row("old.org", www=1)]
    wish = Wish("network.com", cls="protected", www=True)
    made = plan(wish, "client.com", network=False, app=app, first_converge=True, purge=True)
    assert made.first and names(made, "add") == ["client.com"] and len(made.actions) == 1
    assert {name: "a first run only adds" in reason for name, reason in reasons(made.kept).items()} == {
        "stranger.org": True,
        "old.org": True,
    }
    assert [entry["reason"] for entry in made.differs] == ["a first run only adds"]


def test_a_new_primary_is_never_put_in_place_of_another() -> None:
    wish = Wish("network.com", cls="protected", type="primary")
    assert plan(wish, network=False, app=[], first_converge=True).stops == []
    made = plan(wish, network=False, app=[row("app-1.panel.example", type="primary")], first_converge=True)
    assert any("a new primary is asked for" in stop for stop in made.stops)


@pytest.mark.parametrize("name", ["m\u00fcller_x.de", "foo_bar.com", "one"])
def test_a_name_that_no_list_can_hold_is_never_removed(name: str) -> None:
    assert actions(plan(app=["network.com", name], purge=True)) == []


def test_a_record_whose_type_is_not_known_is_left_alone() -> None:
    app = ["network.com", row("x.com", type="unknown"), row("y.com", type="unknown")]
    made = plan(Wish("x.com", type="alias", www=True), app=app, purge=True)
    assert actions(made) == []
    assert "type" in reasons(made.differs)["x.com"] and "not known" in reasons(made.kept)["y.com"]


def test_a_record_with_an_override_is_not_removed() -> None:
    made = plan(app=["network.com", "x.com"], purge=True, overrides={"x.com": Override(www=True, reason="hand-made")})
    assert actions(made) == [] and "an override names it: hand-made" in reasons(made.kept)["x.com"]


@pytest.mark.parametrize("policy", [{"only": ["typo.com"]}, {"overrides": {"typo.com": Override(ignore=True)}}])
def test_a_name_that_nobody_knows_is_noted(policy: dict[str, Any]) -> None:
    (note,) = plan("client.com", app=["network.com", "client.com"], **policy).notes
    (option,) = policy
    assert note == f'"{option}" names typo.com, which is neither wanted nor on the web app'


@pytest.mark.parametrize(
    ("option", "told"), [("keep", '"keep" (or the role\'s "exclude")'), ("protected", '"protected"')]
)
def test_a_kept_or_protected_name_that_nobody_holds_is_noted(option: str, told: str) -> None:
    named = {option: frozenset(("typo.com", "slip.com", "client.com", "hand-made.com", "excluded.com", "network.com"))}
    app = ["other.com", "www.hand-made.com"]
    options: dict[str, Any] = {"app": app, "named": named, "known": frozenset(("excluded.com",))}
    (note,) = plan("client.com", network=False, **options).notes
    assert note == (
        f"{told} names what neither the multisite nor the web app holds (2): slip.com, typo.com. Is it misspelt?"
    )
    # A narrowed run is not about the whole list, and the second pass of a purge would say it twice.
    assert plan("client.com", network=False, only=["client.com"], **options).notes == []


@pytest.mark.parametrize(
    "policy", [{"keep": ["*.network.com"]}, {"overrides": {"*.network.com": Override(ignore=True)}}]
)
def test_nobody_waits_for_a_wildcard_that_is_not_added(policy: dict[str, Any]) -> None:
    keep = policy.get("keep")
    made = plan("*.network.com", "a.b.org", "shop.network.com", app=["network.com"], **policy)
    assert made.waiting == []
    assert names(made, "add") == (["a.b.org"] if keep else ["a.b.org", "shop.network.com"])


def test_first_converge_needs_the_network_in_the_list() -> None:
    made = plan("client.com", network=False, app=[], first_converge=True)
    (stop,) = made.stops
    assert "first_converge" in stop and "network.com" in stop


def test_first_converge_with_the_network_already_there() -> None:
    made = plan(*clients(60), app=["network.com"], first_converge=True)
    assert made.first and made.stops == []


@pytest.mark.parametrize("served", ["client000.com", "www.client000.com", "*.network.com"])
def test_first_converge_has_no_effect_on_an_app_in_use(served: str) -> None:
    made = plan(*clients(60), "a.network.com", app=["panel.io", served], first_converge=True)
    assert not made.first
    assert "first_converge has no effect" in made.notes[0]
    assert len(made.stops) == 2  # the network is missing, and max_adds counts
    assert "set first_converge" not in made.stops[0] and "add this one with runcloud_domain" in made.stops[0]


def test_first_converge_in_step_is_noted_alone() -> None:
    made = plan("client.com", app=["network.com", "client.com"], first_converge=True)
    assert made.actions == [] and made.stops == [] and len(made.notes) == 1


# -- the web app's surroundings ------------------------------------------------------------------------------------------

SERVER = {"id": 1, "name": "web-1", "connected": True, "online": True}
APP = {"id": 2, "name": "network", "rootPath": "/home/u/webapps/app"}


@pytest.mark.parametrize(
    ("root_path", "roots"),
    [
        ("/home/u/webapps/app", []),
        (None, []),
        ("/home/u/webapps/app", ["/home/u/webapps/app"]),
        ("/home/u/webapps/app", ["/home/u/webapps/app/"]),
        ("/home/u/webapps/app/", ["/home/u/webapps/app"]),
        ("/home/u/webapps/app", ["/home/u/webapps/app/public/wp"]),
        ("/home/u/webapps/app", ["/home/u//webapps/./app/x/.."]),
        ("/home/u/webapps/app", ["/srv/link", "/home/u/webapps/app"]),
        ("/home/u/webapps/app", ["/home/u/webapps/app", "/srv/real"]),
    ],
)
def test_wordpress_lies_in_the_web_app(root_path: str | None, roots: list[str]) -> None:
    assert surroundings(SERVER, {**APP, "rootPath": root_path}, roots) == []


@pytest.mark.parametrize(
    ("root_path", "roots"),
    [
        ("/home/u/webapps/app", ["/home/u/webapps/app2"]),
        ("/home/u/webapps/app2", ["/home/u/webapps/app"]),
        ("/home/u/webapps/app/public", ["/home/u/webapps/app"]),
        ("/home/u/webapps/app", ["/home/u/webapps/app/../other"]),
        ("/home/u/webapps/app", ["/srv/link", "/srv/real"]),
        ("/", ["/home/u/webapps/app"]),
        ("", ["/home/u/webapps/app"]),
        (None, ["/home/u/webapps/app"]),
    ],
)
def test_wordpress_lies_elsewhere(root_path: str | None, roots: list[str]) -> None:
    (stop,) = surroundings(SERVER, {**APP, "rootPath": root_path}, roots)
    assert all(root in stop for root in roots) and "check webapp_id" in stop
    assert f"the web app network lies in {(root_path or '').rstrip('/') or 'no known folder'}:" in stop
    (stop,) = surroundings(SERVER, {"id": 2, "rootPath": root_path}, roots)
    assert "the web app 2 lies in" in stop


@pytest.mark.parametrize(
    ("server", "words"),
    [({"connected": False}, "not connected"), ({"online": False}, "offline"), ({"connected": 0}, "not connected")],
)
def test_the_server_is_away(server: dict[str, Any], words: str) -> None:
    (stop,) = surroundings({**SERVER, **server}, APP, [])
    assert words in stop and "web-1" in stop


def test_all_that_is_wrong_around_is_told_at_once() -> None:
    assert len(surroundings({"id": 1, "connected": False, "online": False}, {"id": 2}, ["/srv"])) == 3
