# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""domain_dns_info: who may issue certificates for a host by CAA, in words, and how few queries that takes."""

from __future__ import annotations

import json
from typing import Any

import dns.rdatatype
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator.acme import Resolver
from tests.modules.dns_names import ELSEWHERE, OURS, RESOLVERS, Lookup
from tests.modules.harness import numbered, plugin
from tests.nameserver import RECURSIVE, Nameserver
from tests.playbooks.runner import ROOT

CLIENT, WWW = "client.com", "www.client.com"
LE, OTHER, NOBODY = '0 issue "letsencrypt.org"', '0 issue "digicert.com"', '0 issue ";"'
ADD = 'Add a CAA record for client.com with the value 0 issue "letsencrypt.org".'


@pytest.fixture(autouse=True)
def _issuer(lookup: Lookup) -> None:
    """Asks for what Let's Encrypt may do, unless told otherwise."""
    lookup.given = {"caa_issuer": "letsencrypt.org"}


def asked(server: Nameserver) -> list[str]:
    """The names whose CAA records were asked for, sorted."""
    return sorted(query.name for query in server.journal if query.type == "CAA")


def caa(lookup: Lookup, name: str = CLIENT, **options: Any) -> dict[str, Any]:
    """What is said of CAA for a single host that is ready."""
    host = lookup.host(name, **options)
    assert host["ready"]
    return dict(host["caa"])


@RESOLVERS
def test_without_records_everybody_may(lookup: Lookup, resolver: str) -> None:
    lookup.server.point(WWW, a=[OURS])
    assert caa(lookup, WWW, resolver=resolver) == {
        "allowed": True,
        "at": None,
        "message": "No CAA record says who may issue certificates for www.client.com, so everybody may.",
        "records": [],
    }
    assert asked(lookup.server) == [CLIENT, "com", WWW]
    assert all(query.server == RECURSIVE for query in lookup.server.journal if query.type == "CAA")


@pytest.mark.parametrize(
    ("records", "allowed", "words"),
    [
        ([LE], True, "let letsencrypt.org issue certificates for client.com."),
        ([OTHER], False, "let only digicert.com issue certificates for client.com, so letsencrypt.org refuses. " + ADD),
        ([OTHER, '0 issue "pki.goog"', LE], True, "let letsencrypt.org issue"),
        ([OTHER, '0 issue "pki.goog"'], False, "let only digicert.com, pki.goog issue certificates"),
        ([NOBODY], False, "let nobody issue certificates for client.com, so letsencrypt.org refuses. " + ADD),
        ([NOBODY, LE], True, "let letsencrypt.org issue"),
        (['0 issue ""'], False, "let nobody issue"),
        (['0 IsSuE "letsencrypt.org"'], True, "let letsencrypt.org issue"),
        (['0 issue " letsencrypt.org\t; "'], True, "let letsencrypt.org issue"),
        # Let's Encrypt compares letter by letter.
        (['0 issue "LetsEncrypt.org"'], False, "let only LetsEncrypt.org issue"),
        (['0 issue "notletsencrypt.org"'], False, "let only notletsencrypt.org"),
        (['0 issue "letsencrypt.org.evil.com"'], False, "so letsencrypt.org refuses"),
        # What is about wildcards alone, and what is about nobody.
        (['0 issuewild ";"'], True, "leave open who may issue certificates for client.com."),
        (['0 issuewild "letsencrypt.org"', OTHER], False, "only digicert.com"),
        (['0 iodef "mailto:a@client.com"'], True, "leave open who may"),
        (['128 iodef "mailto:a@client.com"', LE], True, "let letsencrypt.org"),
        (['128 issuewild ";"', LE], True, "let letsencrypt.org"),
        (['128 issue "letsencrypt.org"'], True, "let letsencrypt.org"),
        # Critical tags that nobody knows; "1" is how many people write "bit 0".
        (['128 future "x"', LE], False, "demand by a critical tag (future) what no certificate authority has to"),
        (['1 future "x"', LE], False, "Remove that record."),
        (['0 future "x"', LE], True, "let letsencrypt.org"),
        (['64 future "x"', LE], True, "let letsencrypt.org"),
        (['0 future "x"'], True, "leave open who may"),
        # Parameters (RFC 8657).
        (['0 issue "letsencrypt.org; validationmethods=http-01"'], True, "let letsencrypt.org"),
        (['0 issue "letsencrypt.org;validationmethods=dns-01,http-01"'], True, "let letsencrypt.org"),
        (
            ['0 issue "letsencrypt.org; validationmethods=dns-01"'],
            False,
            f"but not when http-01 proves that the domain is yours (validationmethods). {ADD}",
        ),
        (['0 issue "letsencrypt.org; validationmethods=xhttp-01"'], False, "but not when http-01"),
        (['0 issue "letsencrypt.org; validationmethods=dns_01,http-01"'], False, "but not when http-01"),
        (['0 issue "letsencrypt.org; validationmethods="'], False, "but not when http-01"),
        (['0 issue "letsencrypt.org; validationmethods=dns-01"', LE], True, "let letsencrypt.org"),
        (['0 issue "letsencrypt.org; cansignhttpexchanges=yes"'], True, "let letsencrypt.org"),
        (
            ['0 issue "letsencrypt.org; accounturi=https://acme-v02.api.letsencrypt.org/acme/acct/1"'],
            None,
            f"to a certain account only (accounturi). Whether it is the panel's, the panel does not tell. {ADD}",
        ),
        (['0 issue "letsencrypt.org; accounturi=x; validationmethods=dns-01"'], False, "but not when http-01"),
        (['0 issue "letsencrypt.org; accounturi=x"', LE], True, "let letsencrypt.org"),
        (['0 issue "digicert.com; accounturi=x"'], False, "only digicert.com"),
        # What cannot be read permits nobody.
        (['0 issue "letsencrypt.org; validationmethods"'], False, "cannot be read, so it refuses certificates for"),
        (['0 issue "letsencrypt.org; a=b;"'], False, "cannot be read"),
        (['0 issue "letsencrypt.org; a-b=c"'], False, "cannot be read"),
        (['0 issue "letsencrypt.org; a=b c"'], False, "cannot be read"),
        (['0 issue "letsencrypt.org validationmethods=http-01"'], False, "let nobody issue"),
        (['0 issue "letsencrypt.org; a"', '0 issue "letsencrypt.org"'], True, "let letsencrypt.org"),
    ],
)
def test_what_records_say(lookup: Lookup, records: list[str], allowed: bool | None, words: str) -> None:
    lookup.server.point(CLIENT, a=[OURS], caa=records)
    found = caa(lookup)
    assert (found["allowed"], found["at"]) == (allowed, CLIENT)
    assert words in found["message"] and "of client.com" in found["message"]
    assert len(found["records"]) == len(records)
    assert asked(lookup.server) == [CLIENT]


def test_records_come_back_as_zone_files_have_them_in_one_order(lookup: Lookup) -> None:
    lookup.server.point(CLIENT, a=[OURS], caa=[LE, OTHER, '128 iodef "mailto:a@client.com"'])
    assert caa(lookup)["records"] == [OTHER, LE, '128 iodef "mailto:a@client.com"']


@RESOLVERS
def test_the_nearest_records_up_the_tree_count(lookup: Lookup, resolver: str) -> None:
    lookup.server.point(CLIENT, caa=[OTHER])
    lookup.server.point("shop.eu.client.com", a=[OURS])
    found = caa(lookup, "shop.eu.client.com", resolver=resolver)
    assert (found["allowed"], found["at"], found["records"]) == (False, CLIENT, [OTHER])
    assert "for shop.eu.client.com, so" in found["message"] and found["message"].endswith(ADD)
    assert asked(lookup.server) == [CLIENT, "eu.client.com", "shop.eu.client.com"]
    lookup.server.point("eu.client.com", caa=[LE])
    found = caa(lookup, "shop.eu.client.com", resolver=resolver)
    assert (found["allowed"], found["at"]) == (True, "eu.client.com")


def test_records_of_a_top_level_domain(lookup: Lookup) -> None:
    lookup.server.point(WWW, a=[OURS])
    lookup.server.point("com", caa=[OTHER])
    found = caa(lookup, WWW)
    assert (found["allowed"], found["at"]) == (False, "com")
    assert "The CAA records of com let only" in found["message"]
    assert 'Add a CAA record for www.client.com with the value 0 issue "letsencrypt.org".' in found["message"]


@RESOLVERS
def test_a_cname_brings_the_records_of_where_it_leads_but_not_of_its_parents(lookup: Lookup, resolver: str) -> None:
    lookup.server.point(WWW, cname="edge.network.com")
    lookup.server.point("edge.network.com", a=[OURS], caa=[OTHER])
    lookup.server.point(CLIENT, a=[OURS], caa=[LE])
    found = caa(lookup, WWW, resolver=resolver)
    assert (found["allowed"], found["at"]) == (False, "edge.network.com")
    assert 'Add a CAA record for edge.network.com with the value 0 issue "letsencrypt.org".' in found["message"]
    lookup.server.point("edge.network.com", a=[OURS])
    lookup.server.point("network.com", caa=[OTHER])
    found = caa(lookup, WWW, resolver=resolver)
    assert (found["allowed"], found["at"]) == (True, CLIENT)


def test_the_issuer_and_the_method_are_those_that_were_given(lookup: Lookup) -> None:
    lookup.server.point(CLIENT, a=[OURS], caa=[OTHER, '0 issue "letsencrypt.org; validationmethods=dns-01"'])
    assert caa(lookup, caa_issuer="digicert.com")["allowed"] is True
    assert caa(lookup, caa_method="dns-01")["allowed"] is True
    found = caa(lookup, caa_issuer="pki.goog")
    assert found["allowed"] is False and 'with the value 0 issue "pki.goog"' in found["message"]


def test_only_hosts_that_are_ready_are_asked_about(lookup: Lookup) -> None:
    lookup.server.point(CLIENT, a=[OURS])
    lookup.server.point("proxied.net", a=["104.16.1.1"], caa=[OTHER])
    lookup.server.point("moved.org", a=[ELSEWHERE], caa=[OTHER])
    lookup.server.fault("servfail", "fails.org")
    result = lookup(CLIENT, "proxied.net", "moved.org", "fails.org", "gone.org")
    allowed = {host["name"]: host["caa"] and host["caa"]["allowed"] for host in result["dns"]["hosts"]}
    assert allowed == {CLIENT: True, "proxied.net": False, "moved.org": None, "fails.org": None, "gone.org": None}
    assert [host["name"] for host in result["dns"]["hosts"] if host["caa"]] == [CLIENT, "proxied.net"]
    assert asked(lookup.server) == [CLIENT, "com", "proxied.net"]


def test_nobody_is_asked_without_an_issuer(lookup: Lookup) -> None:
    lookup.server.point(CLIENT, a=[OURS], caa=[OTHER])
    assert lookup.host(CLIENT, caa_issuer="")["caa"] is None
    assert asked(lookup.server) == []


# --- failures ---------------------------------------------------------------------------------------------------------


@RESOLVERS
@pytest.mark.parametrize(
    ("action", "said"),
    [("servfail", "SERVFAIL"), ("refused", "REFUSED"), ("drop", "no answer in time"), ("garbage", "no answer in time")],
)
@pytest.mark.parametrize("where", [WWW, CLIENT, "com"])
def test_a_failure_on_the_way_up_is_not_known_and_said(
    lookup: Lookup, resolver: str, action: str, said: str, where: str
) -> None:
    lookup.server.point(WWW, a=[OURS])
    lookup.server.fault(action, where, type="CAA")
    found = caa(lookup, WWW, resolver=resolver)
    assert (found["allowed"], found["at"], found["records"]) == (None, None, [])
    assert f"The CAA records of {where} cannot be looked up ({said}), which www.client.com needs" in found["message"]
    assert "Let's Encrypt issues nothing while that fails" in found["message"]


def test_a_failure_above_the_records_does_not_matter(lookup: Lookup) -> None:
    lookup.server.point(WWW, a=[OURS], caa=[LE])
    lookup.server.fault("servfail", CLIENT, type="CAA")
    assert caa(lookup, WWW)["allowed"] is True


def test_a_resolver_that_dies_before_caa_is_an_error(lookup: Lookup) -> None:
    lookup.server.point(CLIENT, a=[OURS])
    answer = lookup.server.resolved

    def dying(query: Any) -> Any:
        if query.question[0].rdtype == dns.rdatatype.AAAA:
            lookup.server.fault("drop", "")
            lookup.server.fault("drop", type="CAA")
        return answer(query)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup.server, "resolved", dying)
        result = lookup(CLIENT, dns_timeout=0.3)
    assert result.failed and "No DNS resolver works" in result["msg"]


# --- how much is asked ------------------------------------------------------------------------------------------------


def test_one_query_a_name_and_one_for_each_parent(lookup: Lookup) -> None:
    names = numbered(60)
    sites = [f"{name.partition('.')[0]}.network.com" for name in names]
    for name in (*names, *sites):
        lookup.server.point(name, a=[OURS])
    result = lookup(*names, *sites)
    assert asked(lookup.server) == sorted([*names, *sites, "network.com", "com"])
    # The probe, A and AAAA of each, CAA.
    assert result["queries"] == len(lookup.server.journal) == 1 + 120 * 2 + 120 + 2


@RESOLVERS
def test_a_name_is_asked_for_once_though_it_is_another_s_parent(lookup: Lookup, resolver: str) -> None:
    for name in (CLIENT, WWW, "shop.client.com", "eu.shop.client.com"):
        lookup.server.point(name, a=[OURS])
    lookup("eu.shop.client.com", WWW, CLIENT, "shop.client.com", resolver=resolver)
    assert asked(lookup.server) == [CLIENT, "com", "eu.shop.client.com", "shop.client.com", WWW]


def test_silence_is_bounded_and_shared(lookup: Lookup) -> None:
    names = numbered(30)
    for name in names:
        lookup.server.point(name, a=[OURS])
    lookup.server.fault("drop", "com", type="CAA")
    result = lookup(*names)
    assert {host["caa"]["allowed"] for host in result["dns"]["hosts"]} == {None}
    assert lookup.server.asked("com", type="CAA") == 2


def test_no_more_queries_than_told_are_under_way(lookup: Lookup) -> None:
    for name in numbered(20):
        lookup.server.point(name, a=[OURS])
    lookup.server.delay = 0.002
    lookup(*numbered(20), concurrency=3)
    assert lookup.server.most_at_once == 3


# --- hostile records --------------------------------------------------------------------------------------------------


def test_what_stands_in_records_stays_text_and_short(lookup: Lookup) -> None:
    evil = [f'0 issue "{{{{ 7*7 }}}}\\007\\027[31m {"x" * 1000}{number}"' for number in range(40)]
    lookup.server.point(CLIENT, a=[OURS], caa=evil)
    result = lookup(CLIENT)
    (host,) = result["dns"]["hosts"]
    found = host["caa"]
    assert found["allowed"] is False and "let nobody issue" in found["message"] and "{{" not in found["message"]
    assert len(found["records"]) == 20 and max(map(len, found["records"])) < 300
    assert json.dumps(found, ensure_ascii=False).isprintable()


@RESOLVERS
def test_facts_with_caa_follow_their_schema(lookup: Lookup, resolver: str) -> None:
    lookup.server.point(CLIENT, a=[OURS], caa=[OTHER])
    lookup.server.point("open.net", a=[OURS])
    lookup.server.point("moved.org", a=[ELSEWHERE])
    lookup.server.point("fails.net", a=[OURS])
    lookup.server.fault("servfail", "fails.net", type="CAA")
    result = lookup(CLIENT, "open.net", "moved.org", "fails.net", resolver=resolver)
    jsonschema.validate(result["dns"], json.loads((ROOT / "docs/schemas/dns-1.json").read_text(encoding="utf-8")))


VALUES = st.one_of(
    st.sampled_from(["letsencrypt.org", ";", "", "digicert.com", "letsencrypt.org;"]),
    st.from_regex(r"\A[ a-z.;=,-]{0,20}\Z"),
)
RECORDS = st.lists(
    st.tuples(st.sampled_from([0, 1, 128]), st.sampled_from(["issue", "issuewild", "iodef", "future"]), VALUES),
    max_size=5,
)


def answered(rows: list[tuple[int, str, str]]) -> Any:
    """These records as an answer for client.com."""
    module = plugin("module_utils._dns_caa")
    records = tuple(module.CaaRecord(flags, tag, value, f'{flags} {tag} "{value}"') for flags, tag, value in rows)
    return module.CaaAnswer("ok", CLIENT if records else None, records)


def allowed(rows: list[tuple[int, str, str]]) -> bool | None:
    """Whether Let's Encrypt may issue."""
    entry = plugin("module_utils._dns_caa").caa_entry(CLIENT, answered(rows), "letsencrypt.org", "http-01")
    found: bool | None = entry["allowed"]
    return found


@settings(deadline=None)
@given(RECORDS, st.randoms())
def test_properties_of_a_record_set(rows: list[tuple[int, str, str]], random: Any) -> None:
    critical = any(flags and tag == "future" for flags, tag, _value in rows)
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert allowed(shuffled) is allowed(rows)
    # What the words tell people to add is enough, unless they tell them to remove something.
    assert allowed([*rows, (0, "issue", "letsencrypt.org")]) is (not critical)
    # Wildcards have a rule of their own.
    assert allowed([*rows, (0, "issuewild", ";")]) is allowed(rows)
    assert critical <= (allowed(rows) is False)


@pytest.mark.parametrize("records", [[], [LE], [OTHER], [NOBODY], ['0 issuewild ";"'], [OTHER, LE]])
def test_the_emulated_authority_reads_plain_records_alike(lookup: Lookup, records: list[str]) -> None:
    lookup.server.point(CLIENT, caa=records)
    lookup.server.point(WWW, a=[OURS])
    fault = Resolver(RECURSIVE, lookup.server.port).caa_fault(WWW, "http-01")
    assert caa(lookup, WWW)["allowed"] is (fault is None)
