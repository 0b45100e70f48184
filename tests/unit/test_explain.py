# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter explain: for any host what decided, from the documents of a run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.wpmultisite.runcloud.plugins.filter.desired_domains import desired_domains
from ansible_collections.wpmultisite.runcloud.plugins.filter.explain import FilterModule, explained

from tests.cases.facts import facts
from tests.cases.rows import blog, mapped, mapping, snapshot

KEYS = {"asked", "host", "verdict", "reason", "entry", "rows", "policy", "dns", "plan", "record", "lines"}


def why(host: str, document: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """The answer with the snapshot at hand; ``result`` and ``dns`` go to explain, the rest to desired_domains."""
    documents = {name: options.pop(name) for name in ("result", "dns") if name in options}
    answer = explained(desired_domains(document, **options), host, snapshot=document, **documents)
    assert set(answer) == KEYS
    assert answer["lines"][0].startswith(f"{answer['host'] or host}: ")
    return answer


def record(name: str, **fields: Any) -> dict[str, Any]:
    usual = {"id": 701, "type": "alias", "www": False, "redirection": "none", "wildcard": False}
    return {"name": name, **usual, **fields}


def test_the_filter_has_its_name() -> None:
    assert FilterModule().filters() == {"explain": explained}


@pytest.mark.parametrize(
    ("host", "options", "verdict", "reason"),
    [
        ("client.com", {}, "wanted", "R2.3 stage done"),
        ("HTTPS://Client.com./x", {}, "wanted", "R2.3 stage done"),
        ("network.com", {}, "protected", "R2.1 network's own domain"),
        ("two.network.com", {}, "wanted", "R2.2 site's own domain"),
        ("failed.com", {}, "when_ready", "the plugin gave up on its DNS check"),
        ("failed.com", {"stage_policy": {"failed": "drop"}}, "unwanted", "(stage_policy)"),
        ("parked.com", {}, "kept", "R2.3 stage parking"),
        ("off.com", {}, "unwanted", "the mapping is switched off"),
        ("left.com", {}, "unwanted", "its site does not exist"),
        ("client.com", {"exclude": ["client.com"]}, "excluded", "excluded (client.com)"),
        ("www.client.com", {"exclude": ["client.com"]}, "excluded", "excluded (client.com)"),
        ("client.com", {"deny": ["client.com"]}, "rejected", "on the deny-list (client.com)"),
        ("foo_bar.com", {}, "rejected", "an underscore in a host name"),
        ("a.test", {}, "rejected", "reserved top-level domain .test"),
        ("extra.com", {"extra_domains": ["extra.com"]}, "wanted", "R2.4 extra domain"),
        ("nobody.com", {}, "unknown", "no site, no mapping and no extra domain"),
        ("three.network.com", {}, "unknown", "it lies below network.com, but no site has it"),
        ("x.wild.com", {"extra_domains": ["*.wild.com"]}, "unknown", "*.wild.com is wanted and serves it"),
        ("10.0.0.1", {}, "unknown", "it is no host name: an IP address"),
        ("client.com", {"environment": "staging"}, "refused", "the option environment says staging"),
    ],
)
def test_the_verdict_and_its_reason(host: str, options: dict[str, Any], verdict: str, reason: str) -> None:
    rows = [
        mapping(1, "client.com"),
        mapping(2, "failed.com", stage="failed"),
        mapping(3, "parked.com", stage="parking"),
        mapping(4, "off.com", active=0),
        mapping(5, "left.com", blog=99),
        mapping(6, "foo_bar.com"),
        mapping(7, "a.test"),
    ]
    answer = why(host, snapshot([blog(2, "two.network.com")], rows), **options)
    assert answer["verdict"] == verdict and reason in answer["reason"]
    # The number of a rule is for those who look it up.
    number, _, words = answer["reason"].partition(" ")
    assert answer["lines"][1] == (
        "reason  %s (%s)" % (words, number) if number[:1] == "R" else "reason  " + answer["reason"]
    )


@pytest.mark.parametrize(
    ("rows", "options", "verdict", "reason"),
    [
        (["client.com"], {}, "unknown", "only client.com is wanted, and neither a row nor a policy asks for its www"),
        (["client.com"], {"www_policy": "always"}, "wanted", "the www of client.com, which www_policy"),
        (["client.com", "www.client.com"], {}, "wanted", "one record serves it together with client.com"),
        (["www.client.com"], {}, "wanted", "one record serves it together with client.com"),
        (["client.com", "www.client.com"], {"www_policy": "never"}, "kept", "gets no www"),
    ],
)
def test_the_www_of_a_name(rows: list[str], options: dict[str, Any], verdict: str, reason: str) -> None:
    answer = why("www.client.com", mapped(*rows), **options)
    assert answer["verdict"] == verdict and reason in answer["reason"]
    assert answer["entry"]["name"] == "client.com"


@pytest.mark.parametrize("policy", ["keep", "always", "never"])
def test_the_www_policy_says_nothing_of_the_name_itself(policy: str) -> None:
    answer = why("client.com", mapped("client.com"), www_policy=policy)
    assert (answer["verdict"], answer["reason"]) == ("wanted", "R2.3 stage done")


@pytest.mark.parametrize(("check", "late"), [(True, True), (False, False)])
def test_a_www_that_waits_for_its_dns_is_told(check: bool, late: bool) -> None:
    lines = why("client.com", mapped("client.com"), www_policy="always", www_dns_check=check)["lines"]
    (line,) = [line for line in lines if line.startswith("www")]
    wish = "switched on once it points here" if late else "wanted"
    assert line == f"www  www.client.com is {wish}, the multisite does not hold it"


def test_the_name_of_which_the_www_alone_is_held() -> None:
    assert why("client.com", mapped("www.client.com"))["reason"].endswith("the multisite holds it with www. alone")


def test_the_rows_that_hold_it_whatever_became_of_them() -> None:
    rows = [
        mapping(1, "Client.com", stage="failed", primary=1),
        mapping(2, "www.client.com", active=0),
        mapping(3, "client.com", blog=99),
        mapping(4, "other.com"),
    ]
    answer = why("client.com", snapshot([blog(2, "two.network.com", archived=1)], rows))
    assert [(row["kind"], row["id"]) for row in answer["rows"]] == [("mapping", 1), ("mapping", 2), ("mapping", 3)]
    assert answer["rows"][0] == {
        "kind": "mapping",
        "id": 1,
        "domain": "Client.com",
        "blog": 2,
        "network": 1,
        "site_state": "archived",
        "stage": "failed",
        "active": True,
        "primary": True,
    }
    lines = [line for line in answer["lines"] if line.startswith("row  ")]
    assert lines == [
        "row  mapping 1: Client.com (site 2 of network 1, archived), stage failed, switched on, primary",
        "row  mapping 2: www.client.com (site 2 of network 1, archived), stage done, switched off",
        "row  mapping 3: client.com (site 99 of network none, does not exist), stage done, switched on",
    ]
    assert answer["policy"]["inactive_site_policy"] == "keep" and answer["policy"]["stage_policy.inactive"] == "drop"


def test_without_a_snapshot_rows_have_their_numbers() -> None:
    answer = explained(desired_domains(mapped("client.com"), extra_domains=["client.com"]), "client.com")
    assert answer["rows"] == [{"kind": "mapping", "id": 1}, {"kind": "extra", "id": 0}]
    assert "row  mapping 1" in answer["lines"] and "row  extra_domains 0" in answer["lines"]
    assert not [line for line in answer["lines"] if line.startswith(("DNS", "plan", "RunCloud"))]


@pytest.mark.parametrize(
    ("stage", "named"), [("failed", "failed"), ("parking", "unknown"), ("inactive", "unknown"), ("done", "done")]
)
def test_the_policies_that_had_a_say(stage: str, named: str) -> None:
    answer = why("client.com", mapped("client.com", stage=stage), www_policy="main_only", stage_policy={named: "keep"})
    assert answer["policy"] == {
        f"stage_policy.{named}": "keep",
        "www_policy": "main_only",
        "redirection_policy": "keep",
    }
    assert f"policy  stage_policy.{named}: keep" in answer["lines"]


def test_a_name_of_a_network_that_is_not_in_scope() -> None:
    document = snapshot([blog(2, "second.org", network=2)], networks=["network.com", "second.org"])
    answer = why("second.org", document, networks_in_scope=[1])
    assert answer["verdict"] == "kept" and "a network that is not in scope" in answer["reason"]
    assert answer["policy"]["networks_in_scope"] == "1"
    assert "row  network 2: second.org" in answer["lines"]


def test_a_scope_is_no_policy_of_names_within_it() -> None:
    document = snapshot([blog(2, "second.org", network=2)], networks=["network.com", "second.org"])
    assert "networks_in_scope" not in why("network.com", document, networks_in_scope=[1])["policy"]


def test_a_stage_that_is_null_is_told() -> None:
    lines = why("client.com", mapped("client.com", stage=None))["lines"]
    assert any("stage None, switched on" in line for line in lines)


def test_a_name_that_only_ends_like_a_wildcard_is_not_covered() -> None:
    assert (
        why("a.client.com", mapped("xxclient.com"))["reason"] == "no site, no mapping and no extra domain has this name"
    )


def test_a_production_name_on_a_clone() -> None:
    rewrite = [{"from": "network.com", "to": "staging.agency.com"}]
    document = snapshot([blog(2, "a.network.com")], [mapping(1, "client.com")], environment_type="staging")
    assert why("a.network.com", document, rewrite=rewrite)["reason"] == (
        "it is a production name; here it is called a.staging.agency.com"
    )
    answer = why("a.staging.agency.com", document, rewrite=rewrite)
    assert answer["verdict"] == "wanted" and answer["rows"][0]["domain"] == "a.network.com"
    assert why("client.com", document, rewrite=rewrite)["reason"] == "the rewrite map does not reach it"
    assert why("x.com", document, rewrite=rewrite)["reason"].startswith("no site, no mapping")


def test_a_name_that_may_stand_in_a_table_that_was_not_read() -> None:
    document = snapshot()
    document["mapping_plugin"].update(name="none", unread_rows=12)
    assert "12 rows of mapping plugins were not read" in why("client.com", document)["reason"]


def test_what_dns_says_of_both_forms() -> None:
    dns = facts({"client.com": "here", "www.client.com": "elsewhere", "other.com": "nowhere"})
    answer = why("client.com", mapped("client.com"), dns=dns)
    assert [row["name"] for row in answer["dns"]] == ["client.com", "www.client.com"]
    assert "DNS  ready  client.com is ready" in answer["lines"]
    assert "DNS  elsewhere  www.client.com is elsewhere; set: A www.client.com → 203.0.113.10" in answer["lines"]
    assert why("client.com", mapped("client.com"), dns={"dns": dns, "changed": False}) == answer


def test_dns_that_says_nothing_is_told() -> None:
    dns = facts({"client.com": "nowhere"}, reason="too many names seem gone")
    lines = why("client.com", mapped("client.com"), dns=dns)["lines"]
    assert "DNS  the facts of this run are not valid, so nothing follows from them: too many names seem gone" in lines
    assert "DNS  x.com was not looked up: nothing hangs on it" in why("x.com", mapped("client.com"), dns=dns)["lines"]


def test_what_the_run_did_with_it() -> None:
    result = {
        "added": [
            {"name": "client.com", "type": "alias", "www": False, "redirection": "none", "reason": "R2.3 stage done"}
        ],
        "waiting": [
            {
                "name": "www.client.com",
                "reason": "it does not point here",
                "message": "",
                "record": {"type": "A", "name": "www.client.com", "value": "203.0.113.10"},
            }
        ],
        "kept": [{"name": "other.com", "reason": "purge is off"}],
        "unchanged": [{"name": "network.com", "ours": True}],
        "domains": [record("client.com")],
    }
    answer = why("client.com", mapped("client.com"), result=result)
    assert [(row["list"], row["name"]) for row in answer["plan"]] == [
        ("added", "client.com"),
        ("waiting", "www.client.com"),
    ]
    assert [line for line in answer["lines"] if line.startswith("plan")] == [
        "plan  added  client.com  alias, www off, redirection none (mapping in stage done)",
        "plan  waiting  www.client.com  it does not point here; set: A www.client.com → 203.0.113.10",
    ]
    assert "plan  unchanged  network.com  as wanted" in why("network.com", mapped(), result=result)["lines"]


def plan_of(**lists: Any) -> dict[str, Any]:
    """What check mode returns: lists of names, and the records that a run would leave."""
    rows = {
        kind: [dict(row, reason="R2.3 stage done") for row in found]
        for kind, found in lists.items()
        if kind != "domains"
    }
    return {**rows, "domains": lists.get("domains", []), "check_mode": True}


def test_what_is_only_foreseen_is_not_told_as_there() -> None:
    flags = {"type": "alias", "www": False, "redirection": "none"}
    after, before = dict(flags, redirection="none"), dict(flags, redirection="www")
    result = plan_of(
        added=[{"name": "new.com", **flags}],
        updated=[{"name": "other.com", "before": before, "after": after}],
        removed=[{"name": "gone.com", **flags}],
        domains=[record("network.com"), record("new.com"), record("other.com")],
    )
    for held in (
        {},
        {"check_mode": False, "paused": "it moves, since 2026-11-20"},
        {"check_mode": False, "stops": ["too many"]},
    ):
        answers = {
            name: why(name, mapped("new.com", "other.com"), result={**result, **held})
            for name in ("new.com", "other.com", "gone.com")
        }
        assert answers["new.com"]["record"] is None
        assert (
            answers["new.com"]["lines"][0]
            == "new.com: not on RunCloud, would be added; it is wanted (network network.com)"
        )
        assert "RunCloud  no record serves new.com" in answers["new.com"]["lines"]
        assert (
            "plan  would be added  new.com  alias, www off, redirection none (mapping in stage done)"
            in answers["new.com"]["lines"]
        )
        assert answers["other.com"]["lines"][-1] == "RunCloud  other.com: alias, www off, redirection www"
        assert answers["other.com"]["lines"][0].startswith("other.com: on RunCloud, would be updated; ")
        assert answers["gone.com"]["lines"][0].startswith("gone.com: on RunCloud, would be removed; ")
    done = why("new.com", mapped("new.com"), result={**result, "check_mode": False})
    assert done["lines"][0].startswith("new.com: on RunCloud, added; ") and done["record"]["name"] == "new.com"


def test_a_run_that_is_held_says_so_before_all_else() -> None:
    result = {**plan_of(), "paused": "it moves, since 2026-11-20", "stops": ["51 would be added.", "the wrong app."]}
    assert why("client.com", mapped("client.com"), result=result)["lines"][2:5] == [
        "PAUSED  it moves, since 2026-11-20",
        "STOPPED  51 would be added.",
        "STOPPED  the wrong app.",
    ]


@pytest.mark.parametrize(
    ("kind", "on", "stands"),
    [
        ("unchanged", True, "on RunCloud, as wanted"),
        ("covered", False, "not on RunCloud, served by a wildcard"),
        ("kept", True, "on RunCloud, left alone"),
        ("differs", True, "on RunCloud, other than wanted"),
        ("waiting", False, "not on RunCloud, waiting"),
        ("refused", False, "not on RunCloud, refused by the panel"),
    ],
)
def test_the_first_line_says_what_is_and_what_is_wanted(kind: str, on: bool, stands: str) -> None:
    flags = {"type": "alias", "www": False, "redirection": "none"}
    row = {
        "name": "client.com",
        "action": "add",
        "current": flags,
        "wanted": flags,
        "message": "",
        "record": None,
        "ours": True,
    }
    result = plan_of(**{kind: [row]}, domains=[record("client.com")] if on else [])
    lines = why("client.com", mapped("client.com"), result=result)["lines"]
    assert lines[0] == f"client.com: {stands}; it is wanted (network network.com)"


def test_a_wanted_name_of_which_the_run_says_nothing_is_left_out_by_a_person() -> None:
    assert "plan  this run leaves it out (only)" in why("client.com", mapped("client.com"), result=plan_of())["lines"]
    assert not [
        line for line in why("x.com", mapped("client.com"), result=plan_of())["lines"] if line.startswith("plan")
    ]


def test_what_the_customer_has_to_do_is_said_once() -> None:
    dns = facts({"client.com": "elsewhere"})
    message = dns["hosts"][0]["message"]
    row = {"name": "client.com", "message": message, "record": dns["hosts"][0]["record"]}
    result = {"waiting": [dict(row, reason="R2.3 stage done; its DNS is not ready: " + message)], "domains": []}
    lines = why("client.com", mapped("client.com"), result=result, dns=dns)["lines"]
    assert "plan  waiting  client.com  R2.3 stage done; its DNS is not ready" in lines
    assert sum(message.rstrip(".") in line for line in lines) == 1


def test_the_www_alone_that_has_a_record_of_its_own() -> None:
    result = {"domains": [record("www.client.com")], "unchanged": [{"name": "www.client.com", "ours": True}]}
    answer = why("www.client.com", mapped("www.client.com"), result=result)
    assert answer["reason"] == "R2.3 stage done; it is served by itself"
    assert answer["lines"][0].startswith("www.client.com: on RunCloud, as wanted; it is wanted")


@pytest.mark.parametrize(
    ("host", "records", "decided", "words"),
    [
        ("client.com", [record("client.com")], "client.com", "client.com: alias, www off"),
        (
            "www.client.com",
            [record("client.com", www=True)],
            "client.com",
            "client.com serves it by its www: alias, www on",
        ),
        ("www.client.com", [record("client.com")], None, "no record serves www.client.com"),
        (
            "www.client.com",
            [record("client.com", www=True), record("www.client.com")],
            "www.client.com",
            "www.client.com: ",
        ),
        ("a.client.com", [record("*.client.com")], "*.client.com", "*.client.com serves it by a wildcard"),
        ("a.client.com", [record("client.com", wildcard=True)], "client.com", "client.com serves it by a wildcard"),
        ("a.client.com", [record("xxclient.com")], None, "no record serves a.client.com"),
        ("a.b.client.com", [record("*.client.com")], None, "no record serves a.b.client.com"),
        ("client.com", [], None, "no record serves client.com"),
    ],
)
def test_the_record_that_serves_it(host: str, records: list[Any], decided: str | None, words: str) -> None:
    answer = why(host, mapped("client.com"), result={"domains": records})
    assert (answer["record"] or {}).get("name") == decided
    assert answer["lines"][-1].startswith(f"RunCloud  {words}")


def test_a_run_without_a_listing_says_nothing_of_runcloud() -> None:
    answer = why("client.com", mapped("client.com"), result={"msg": "the panel is away"})
    assert answer["record"] is None and not [line for line in answer["lines"] if line.startswith("RunCloud")]


def test_text_that_looks_like_a_template_stays_text() -> None:
    answer = why("{{ 7*7 }}.com", mapped("{{ 7*7 }}.com"))
    assert answer["verdict"] == "rejected" and answer["lines"][0] == "{{ 7*7 }}.com: it cannot be served"


@pytest.mark.parametrize("desired", [None, [], {}, {"format": "wpmultisite.snapshot/1"}])
def test_another_document_is_an_error(desired: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="explain: the input is not what the filter desired_domains gives"):
        explained(desired, "client.com")


@pytest.mark.parametrize(("host", "documents"), [(5, {}), (None, {}), ("client.com", {"snap": {}})])
def test_an_impossible_argument_is_an_error(host: Any, documents: dict[str, Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="explain: "):
        explained(desired_domains(snapshot()), host, **documents)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _suffixes

    desired = desired_domains(mapped("client.com"))
    _suffixes._list.cache_clear()
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    with pytest.raises(AnsibleFilterError, match="explain needs the Python libraries idna and publicsuffixlist"):
        explained(desired, "www.client.com")


def test_a_www_that_is_on_waits_for_nothing() -> None:
    result = {"domains": [record("client.com", www=True)], "unchanged": [{"name": "client.com", "ours": True}]}
    lines = why("client.com", mapped("client.com", "www.client.com"), result=result)["lines"]
    assert "www  www.client.com is on, the multisite holds both" in lines


def test_what_is_due_is_told_so() -> None:
    result = {
        "domains": [record("gone.com")],
        "due": [{"name": "gone.com", "reason": "nothing wants it"}],
        "kept": [{"name": "gone.com", "reason": "nothing wants it; purge is off"}],
    }
    assert "on RunCloud, to be purged, left alone" in why("gone.com", mapped("client.com"), result=result)["lines"][0]


@pytest.mark.parametrize(
    ("result", "dns", "words"),
    [
        ({}, None, "it is wanted; its DNS has to point here first"),
        ({}, {"client.com": "ready"}, "it is wanted, and its DNS points here"),
        ({}, {"client.com": "elsewhere"}, "it is wanted; its DNS does not point here yet"),
        (
            {"domains": [], "covered": [{"name": "client.com", "reason": "covered by *.com"}]},
            {"client.com": "ready"},
            "covered by *.com, whose certificate is validated by DNS",
        ),
    ],
)
def test_the_line_of_the_certificate_goes_by_dns_and_wildcards(
    result: dict[str, Any], dns: dict[str, str] | None, words: str
) -> None:
    given = {} if dns is None else {"dns": facts(dns)}
    lines = why("client.com", mapped("client.com"), result=result, **given)["lines"]
    assert "certificate  client.com: " + words in lines


def test_a_name_that_is_kept_without_a_scope_is_put_down_to_no_network() -> None:
    document = mapped("www.www.client.com")
    assert why("www.www.client.com", document)["verdict"] == "rejected"
    desired = desired_domains(document)
    desired["rejected"] = []
    assert "a row that cannot be used" in explained(desired, "www.www.client.com")["reason"]
