# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why one host is, or is not, on RunCloud: from the documents of a run, without deciding anything again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import (
    WWW,
    BadName,
    below,
    covering,
    fold,
    is_wildcard,
    normalise,
)
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._rewrite import Rewrite
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._rows import state, truth
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._suffixes import key_of
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._summary import (
    LISTS,
    foreseen,
    tell,
    verb,
    with_record,
)

_CLASSES = {"ensure": "wanted", "protected": "protected", "keep": "kept"}
_WORDS = {
    "wanted": "it is wanted",
    "protected": "it is the network's own domain",
    "when_ready": "it is wanted as soon as its DNS points here",
    "kept": "it is neither added nor removed",
    "excluded": "it is excluded: neither added nor removed",
    "unwanted": "the multisite holds it and does not want it",
    "rejected": "it cannot be served",
    "unknown": "the multisite does not know it",
    "refused": "nothing is decided, because the list is refused",
}
# What a list of the plan means for the headline.
_STANDS = {
    "unchanged": "as wanted",
    "covered": "served by a wildcard",
    "kept": "left alone",
    "differs": "other than wanted",
    "waiting": "waiting",
    "due": "to be purged",
    "refused": "refused by the panel",
}
_RULE = re.compile(r"^(R\d\.\d) (.*)$", re.DOTALL)


class Asked(NamedTuple):
    """The documents of a run; all but ``desired`` may be missing."""

    desired: Mapping[str, Any]
    snapshot: Mapping[str, Any]
    result: Mapping[str, Any]
    dns: Mapping[str, Any]


def explain(
    desired: Mapping[str, Any],
    host: str,
    snapshot: Mapping[str, Any] | None = None,
    result: Mapping[str, Any] | None = None,
    dns: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The answer of the filter ``explain``; its documentation lists the keys.

    :raises ValueError: when ``desired`` is no desired document, or the host no text.
    """
    if not isinstance(desired, Mapping) or not str(desired.get("format", "")).startswith("wpmultisite.desired/"):
        raise ValueError("the input is not what the filter desired_domains gives")
    if not isinstance(host, str):
        raise ValueError("the host must be text, not %r" % (host,))
    facts = dns or {}
    asked = Asked(desired, snapshot or {}, result or {}, facts.get("dns", facts))
    try:
        name = normalise(host, wildcard=True)
    except BadName as exc:
        return _no_host(asked, host, str(exc))
    return _answer(asked, host, name)


def _no_host(asked: Asked, text: str, why: str) -> dict[str, Any]:
    told = [row for row in asked.desired["rejected"] if row["value"].strip() == text.strip()]
    verdict, reason = ("rejected", told[0]["reason"]) if told else ("unknown", "it is no host name: %s" % why)
    rows = list(_rows_of(asked, [source for row in told for source in row["from"]]))
    lines = ["%s: %s" % (text, _WORDS[verdict]), "reason  %s" % reason]
    lines += ["row  %s" % _row_text(row) for row in rows]
    return _document(text, None, verdict, reason, lines=lines, rows=rows)


def _document(text: str, name: str | None, verdict: str, reason: str, **more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "entry": None,
        "rows": [],
        "policy": {},
        "dns": [],
        "plan": [],
        "record": None,
        "lines": [],
    }
    return {"asked": text, "host": name, "verdict": verdict, "reason": reason, **empty, **more}


def _answer(asked: Asked, text: str, name: str) -> dict[str, Any]:
    entry = _entry(asked.desired, name)
    verdict, reason, sources = _verdict(asked, name, entry)
    rows = list(_rows_of(asked, sources))
    rows += [row for row in _rows_named(asked, name) if row not in rows]
    policy = _policy(asked.desired, entry, rows)
    names = list(dict.fromkeys([name, entry["name"] if entry else name, _other_form(name)]))
    facts = [row for row in asked.dns.get("hosts") or () if row["name"] in names]
    plan = [dict(row, list=kind) for kind in LISTS for row in asked.result.get(kind) or () if row["name"] in names]
    record = _record(_records_now(asked.result), name)
    if entry is not None and entry["name"] != name and entry["forms"] != "naked":
        own = (record is not None and record["name"] == name) or any(row["name"] == name for row in plan)
        reason = "%s; %s" % (entry["rule"], "it is served by itself") if own else reason
    lines = [_headline(asked, name, _WORDS[verdict], record, plan), "reason  %s" % _RULE.sub(r"\2 (\1)", reason)]
    lines += list(_held(asked.result))
    lines += ["row  %s" % _row_text(row) for row in rows]
    lines += ["policy  %s: %s" % item for item in policy.items()]
    if entry is not None:
        own = _records_now(asked.result).get(entry["name"])
        lines.append("www  %s" % _www_text(entry, own is not None and bool(own["www"])))
        lines.append("certificate  %s: %s" % (entry["name"], _certificate_text(entry, facts, plan)))
    lines += list(_dns_lines(asked, facts, name))
    lines += [
        "plan  %s  %s  %s" % (verb(asked.result, row["list"]), row["name"], _plan_text(row, facts)) for row in plan
    ]
    if entry is not None and not plan and "domains" in asked.result:
        lines.append("plan  this run leaves it out (only)")
    lines += list(_record_lines(asked, name, record))
    return _document(
        text,
        name,
        verdict,
        reason,
        entry=entry,
        rows=rows,
        policy=policy,
        dns=facts,
        plan=plan,
        record=record,
        lines=lines,
    )


def _headline(asked: Asked, name: str, words: str, record: Mapping[str, Any] | None, plan: list[dict[str, Any]]) -> str:
    """What is, and what is wanted, in one line."""
    network = " (network %s)" % asked.desired["network"] if asked.desired["network"] else ""
    if "domains" not in asked.result:
        return "%s: %s%s" % (name, words, network)
    lists = [row["list"] for row in plan if row["name"] == name]
    stands = [_STANDS.get(kind, verb(asked.result, kind)) for kind in lists]
    return "%s: %s; %s%s" % (
        name,
        ", ".join([("on" if record else "not on") + " RunCloud", *dict.fromkeys(stands)]),
        words,
        network,
    )


def _held(result: Mapping[str, Any]) -> Iterator[str]:
    """Why nothing of the plan is done."""
    if result.get("paused"):
        yield "PAUSED  %s" % result["paused"]
    for stop in result.get("stops") or ():
        yield "STOPPED  %s" % stop


def _plan_text(row: Mapping[str, Any], facts: list[Any]) -> str:
    # The line of DNS says already what a customer has to do.
    if row["list"] == "waiting" and row.get("message") and any(fact["name"] == row["name"] for fact in facts):
        return str(row["reason"]).replace(": " + row["message"], "")
    return tell(row["list"], row)


def _entry(desired: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """The entry that stands for a name: its own, or that of the name without www."""
    found = {entry["name"]: entry for entry in desired["domains"]}
    return found.get(name, found.get(key_of(name)))


def _other_form(name: str) -> str:
    key = key_of(name)
    return key if key != name else WWW + name


def _verdict(asked: Asked, name: str, entry: Mapping[str, Any] | None) -> tuple[str, str, list[dict[str, int]]]:
    """The verdict, its reason, and the rows behind it."""
    desired = asked.desired
    if desired["refused"]:
        return "refused", "; ".join(desired["refused"]), []
    if entry is not None and (entry["name"] == name or entry["forms"] != "naked" or entry["www"] is True):
        verdict = "when_ready" if entry["needs_dns"] else _CLASSES[entry["class"]]
        if entry["name"] != name and entry["www"] == "avoid":
            verdict = "kept"
        return verdict, _of_entry(entry, name), list(entry["from"])
    for kind, verdict in (("ignored", "excluded"), ("unwanted", "unwanted")):
        told = [row for row in desired[kind] if row["name"] in (name, key_of(name))]
        if told:
            reasons = dict.fromkeys(row["reason"] for row in told)
            return verdict, "; ".join(reasons), [source for row in told for source in row["from"]]
    told = [row for row in desired["rejected"] if _same(row["value"], name)]
    if told:
        return "rejected", told[0]["reason"], [source for row in told for source in row["from"]]
    if name in desired["keep"]:
        scope = desired["policy"]["networks_in_scope"]
        return (
            "kept",
            "a network that is not in scope holds it" if scope else "a row that cannot be used stands for it",
            [],
        )
    return _unknown(asked, name, entry)


def _of_entry(entry: Mapping[str, Any], name: str) -> str:
    if entry["name"] == name:
        return str(entry["rule"]) + ("; the multisite holds it with www. alone" if entry["forms"] == "www" else "")
    if entry["www"] == "avoid":
        return "a new record of %s gets no www, by www_policy or extra_domains; one that is on stays on" % entry["name"]
    if entry["forms"] == "naked":
        return "the www of %s, which www_policy or extra_domains asks for" % entry["name"]
    return "%s; one record serves it together with %s" % (entry["rule"], entry["name"])


def _unknown(asked: Asked, name: str, entry: Mapping[str, Any] | None) -> tuple[str, str, list[dict[str, int]]]:
    """The nearest reason for a name that stands in no list."""
    desired = asked.desired
    if entry is not None:
        return "unknown", "only %s is wanted, and neither a row nor a policy asks for its www" % entry["name"], []
    base = covering(name, {row["name"][2:] for row in desired["domains"] if is_wildcard(row["name"])})
    if base is not None:
        return "unknown", "no row holds it, but %s is wanted and serves it" % base, []
    target = Rewrite([(row["from"], row["to"]) for row in desired["policy"]["rewrite"]]).apply(name)
    if target is not None and target != name:
        return "unknown", "it is a production name; here it is called %s" % target, []
    unread = (asked.snapshot.get("mapping_plugin") or {}).get("unread_rows")
    if unread:
        return "unknown", "no row that was read holds it; %d rows of mapping plugins were not read" % unread, []
    if below(name, fold(desired["network"])):
        return "unknown", "it lies below %s, but no site has it" % desired["network"], []
    return "unknown", "no site, no mapping and no extra domain has this name", []


def _same(value: str, name: str) -> bool:
    """Whether a stored value is the name or its other form."""
    try:
        return key_of(normalise(value, wildcard=True)) == key_of(name)
    except BadName:
        return False


# -- rows --------------------------------------------------------------------------------------------------------------


def _rows_of(asked: Asked, sources: list[dict[str, int]]) -> Iterator[dict[str, Any]]:
    """The rows behind a decision, as the snapshot has them; without a snapshot only their numbers."""
    indexes: dict[str, dict[int, Any]] = {}
    for source in sources:
        # A mapping also names its blog.
        (kind, *_blog) = [kind for kind in ("mapping", "blog", "network", "extra") if kind in source]
        if kind not in indexes:
            indexes[kind] = {row["id"]: row for row in asked.snapshot.get(kind + "s") or ()}
        row = indexes[kind].get(source[kind])
        yield _row(asked, kind, row) if row is not None else {"kind": kind, "id": source[kind]}


def _rows_named(asked: Asked, name: str) -> Iterator[dict[str, Any]]:
    """The rows that hold a name or its other form, whatever became of them."""
    for kind in ("network", "blog", "mapping"):
        for row in asked.snapshot.get(kind + "s") or ():
            if _same(str(row["domain"]), name):
                yield _row(asked, kind, row)


def _row(asked: Asked, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": kind, "id": row["id"], "domain": row["domain"]}
    if kind == "network":
        return dict(told, network=row["id"])
    blogs = {blog["id"]: blog for blog in asked.snapshot["blogs"]} if kind == "mapping" else {row["id"]: row}
    blog = blogs.get(row["blog_id"] if kind == "mapping" else row["id"])
    told["blog"] = row["blog_id"] if kind == "mapping" else row["id"]
    told["network"] = blog["network_id"] if blog else None
    told["site_state"] = (state(blog) or "in service") if blog else "does not exist"
    if kind == "mapping":
        told.update(stage=row["stage"], active=truth(row["active"]), primary=truth(row["primary"]))
    return told


def _row_text(row: Mapping[str, Any]) -> str:
    if "domain" not in row:
        return "%s %s" % ("extra_domains" if row["kind"] == "extra" else row["kind"], row["id"])
    words = "%s %s: %s" % (row["kind"], row["id"], row["domain"])
    if row["kind"] == "network":
        return words
    site = "site %s of network %s, %s" % (row["blog"], row["network"] or "none", row["site_state"])
    if row["kind"] == "blog":
        return "%s (%s)" % (words, site)
    flags = "switched %s%s" % ("on" if row["active"] else "off", ", primary" if row["primary"] else "")
    return "%s (%s), stage %s, %s" % (words, site, row["stage"] or repr(row["stage"]), flags)


def _policy(desired: Mapping[str, Any], entry: Mapping[str, Any] | None, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The policies that had a say in it."""
    policy, told = desired["policy"], {}
    for row in rows:
        if row.get("site_state") == "does not exist":
            continue  # that alone decided
        if row.get("site_state", "in service") != "in service":
            told["inactive_site_policy"] = policy["inactive_site_policy"]
        if "stage" in row:
            stage = row["stage"] if row["active"] else "inactive"
            if stage:
                name = (
                    stage
                    if stage in policy["stage_policy"] and (stage != "inactive" or not row["active"])
                    else "unknown"
                )
                told["stage_policy.%s" % name] = policy["stage_policy"][name]
        scope = policy["networks_in_scope"]
        if scope and "network" in row and row["network"] not in scope:
            told["networks_in_scope"] = ", ".join(str(number) for number in scope)
    if entry is not None:
        told.update({name: policy[name] for name in ("www_policy", "redirection_policy")})
    return told


def _certificate_text(entry: Mapping[str, Any], facts: list[Any], plan: list[dict[str, Any]]) -> str:
    """What is known before the panel is asked for certificates."""
    reason = str(entry["certificate_reason"])
    if not entry["certificate"]:
        return reason
    covered = [str(row["reason"]) for row in plan if row["list"] == "covered" and row["name"] == entry["name"]]
    if covered:
        return "%s, whose certificate is validated by DNS" % covered[0]
    ready = [fact["ready"] for fact in facts if fact["name"] == entry["name"]]
    if not ready:
        return reason
    return "it is wanted, and its DNS points here" if ready[0] else "it is wanted; its DNS does not point here yet"


def _www_text(entry: Mapping[str, Any], on: bool) -> str:
    held = {
        "naked": "the multisite does not hold it",
        "www": "the multisite holds it alone",
        "both": "the multisite holds both",
    }
    wish = {"keep": "left as it is", "avoid": "not wanted"}.get(entry["www"], "wanted")
    if on:
        wish = "on"
    elif entry["www_needs_dns"]:
        wish = "switched on once it points here"
    return "%s%s is %s, %s" % (WWW, entry["name"], wish, held[entry["forms"]])


# -- DNS and RunCloud --------------------------------------------------------------------------------------------------


def _dns_lines(asked: Asked, facts: list[Any], name: str) -> Iterator[str]:
    if not asked.dns:
        return
    if asked.dns.get("valid") is False:
        yield "DNS  the facts of this run are not valid, so nothing follows from them: %s" % asked.dns.get("reason")
    for fact in facts:
        yield "DNS  %s  %s" % (fact["state"], with_record(fact["message"].rstrip("."), fact.get("record")))
    if all(fact["name"] != name for fact in facts):
        yield "DNS  %s was not looked up: nothing hangs on it" % name


def _records_now(result: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Name → record as RunCloud has it; what a run that writes nothing foresees is taken back."""
    records = {record["name"]: dict(record) for record in result.get("domains") or ()}
    if foreseen(result):
        for row in result.get("added") or ():
            records.pop(row["name"], None)
        for row in result.get("updated") or ():
            records[row["name"]] = {**records.get(row["name"], {"name": row["name"]}), **row["before"]}
        for row in result.get("removed") or ():
            records[row["name"]] = {key: value for key, value in row.items() if key != "reason"}
    return records


def _record(records: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Any] | None:
    """The record that serves the name: its own, then X by its www flag, then a wildcard."""
    if name in records:
        return dict(records[name])
    naked = records.get(key_of(name))
    if naked is not None and naked["www"]:
        return dict(naked)
    flagged = {known for known, record in records.items() if record.get("wildcard")}
    base = covering(name, flagged | {known[2:] for known in records if is_wildcard(known)})
    return None if base is None else dict(records[base] if base in records else records[base[2:]])


def _record_lines(asked: Asked, name: str, record: Mapping[str, Any] | None) -> Iterator[str]:
    if "domains" not in asked.result:
        return
    if record is None:
        yield "RunCloud  no record serves %s" % name
        return
    how = (
        ""
        if record["name"] == name
        else " serves it by %s" % ("its www" if record["name"] == key_of(name) else "a wildcard")
    )
    yield "RunCloud  %s%s: %s, www %s, redirection %s" % (
        record["name"],
        how,
        record["type"],
        "on" if record["www"] else "off",
        record["redirection"],
    )
