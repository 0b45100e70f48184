# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of certificates as lines for a person, one host name each. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._summary import with_record

Row = Mapping[str, Any]

# List of the result → the word for it; in the order in which a person has to hear of them.
_FIRST = {"failures": "failed", "blocked": "blocked"}
_THEN = {"forbidden": "forbidden", "waiting": "waiting", "pending": "ordered", "issued": "issued"}
_COUNTED = {**_FIRST, **_THEN, "valid": "valid", "ignored": "ignored"}
_NUDGED = {"requeued": ("nudged", "would be nudged"), "failed": ("not nudged", "not nudged")}
_AHEAD = "it would be ordered: "
_MANY = 5  # names of which the same is said share a line
_NOT_READY = re.compile(r"; it is not ready for a certificate \([^)]*\)")


def certificates_summary(
    result: Row,
    desired: Row,
    seen: Sequence[Row] = (),
    stuck: Sequence[Row] = (),
    nudged: Row | None = None,
    absent: Iterable[str] = (),
    coming: Iterable[str] = (),
    silent: Sequence[Row] = (),
    blind: Sequence[str] = (),
) -> list[str]:
    """Lines: the counts first, then what is wrong, then each name that waits or has got a certificate.

    :arg result: what runcloud_certificates returned.
    :arg desired: what desired_domains gave; for its network.
    :arg seen: the hosts of tls_certificate_info, as visitors see them now.
    :arg stuck: rows of stuck_mappings, that is names with a certificate that WordPress does not serve.
    :arg nudged: what multisite_nudge returned, None or skipped when it was not called.
    :arg absent: names that wait to be added; the summary of domains tells them with their reason.
    :arg coming: names that a look ahead would add first.
    :arg silent: hosts of the sample that did not answer before the run already.
    :arg blind: why visitors could not be looked at.
    """
    network = desired.get("network") or "unknown network"
    if "valid" not in result:
        return [
            "%s, certificates: FAILED, there is no result" % network,
            "FAILED  %s" % result.get("msg", "the module broke off; what it ordered is not known"),
        ]
    ahead = bool(result.get("check_mode"))
    later = sorted(set(coming))
    away = {*absent, *later}
    lists = {name: [row for row in result.get(name) or () if row["name"] not in away] for name in _COUNTED}
    visitors = list(_visitors(seen, lists, [row for row in silent if row["name"] not in away]))
    stopped = _stuck(stuck, nudged or {}, ahead)
    lines = [_headline(network, result, lists, len(visitors), len(stopped))]
    for name, word in _FIRST.items():
        lines += _grouped(word, [(row["name"], _say(name, row)) for row in lists[name]])
    lines += _grouped("visitors", visitors)
    lines += stopped
    lines += ["note  Nobody could look at what visitors see: %s" % why for why in blind]
    lines += ["note  %s" % note for note in result.get("notes") or ()]
    for name, word in _THEN.items():
        planned = [row for row in lists[name] if str(row.get("reason")).startswith(_AHEAD)]
        lines += _grouped("would be ordered", [(row["name"], _say(name, row)) for row in planned])
        lines += _grouped(word, [(row["name"], _say(name, row)) for row in lists[name] if row not in planned])
    if later:
        lines.append(
            "later  %d of these names would be added first, and what their certificates need is seen then: %s"
            % (len(later), ", ".join(later))
        )
    return lines


def _visitors(
    seen: Sequence[Row], lists: Mapping[str, Sequence[Row]], silent: Sequence[Row]
) -> Iterator[tuple[str, str]]:
    """What visitors get in spite of the panel, of one name behind each wildcard, and of the sample."""
    served = {row["name"] for name in ("valid", "issued") for row in lists[name]}
    covered = {row["name"]: row["reason"] for row in lists["ignored"] if row["reason"].startswith("covered by ")}
    told = set()
    for row in seen:
        name = row["name"]
        if row["ok"] or (name not in covered and served.isdisjoint((name, name.removeprefix("www.")))):
            continue
        told.add(name)
        more = "; this goes for all names %s" % covered[name] if name in covered else ""
        yield name, _without(row["message"], name).rstrip(".") + more
    # Why a name has no certificate is told with its name.
    known = {row["name"] for name in (*_FIRST, *_THEN, "ignored") for row in lists[name]}
    for row in silent:
        if row["name"] not in told and (row["ok"] or row["name"] not in known):
            yield row["name"], "%s; so it is not watched" % _without(row["message"], row["name"]).rstrip(".")


def _without(text: str, name: str) -> str:
    """A message without the name that the line has already."""
    return text.removeprefix(name + ": ")


def _grouped(word: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    """A line for each name, and one line for many of which the same is said."""
    groups: dict[str, list[str]] = {}
    for name, text in rows:
        groups.setdefault(text.replace(name, "NAME"), []).append(name)
    many = {text for text, names in groups.items() if len(names) >= _MANY}
    lines = ["%s  %s  %s" % (word, *row) for row in rows if row[1].replace(row[0], "NAME") not in many]
    return lines + [
        "%s  %d names  %s: %s" % (word, len(names), text.rstrip("."), ", ".join(names))
        for text, names in groups.items()
        if text in many
    ]


def _headline(network: str, result: Row, lists: Mapping[str, Sequence[Row]], unseen: int, stuck: int) -> str:
    ahead = [row for row in lists["pending"] if str(row.get("reason")).startswith(_AHEAD)]
    numbers = {word: len(lists[name]) for name, word in _COUNTED.items()}
    numbers["ordered"] -= len(ahead)
    numbers = {"would be ordered": len(ahead), **numbers, "told of visitors": unseen, "stuck": stuck}
    counts = ["%d %s" % (count, word) for word, count in numbers.items() if count] or ["0 valid"]
    mode = result.get("ssl_mode") or {}
    kind = "Advanced SSL" if mode.get("advanced") else "Basic SSL"
    if mode.get("auto"):
        kind += " with AutoSSL"
    calls = (result.get("api_calls") or {}).get("total", 0)
    plural = "" if calls == 1 else "s"
    return "%s, certificates (%s): %s (%d API call%s)" % (network, kind, ", ".join(counts), calls, plural)


def _say(name: str, row: Row) -> str:
    if name == "issued":
        return "until %s, %d days" % (row["valid_until"], row["days_left"]) if row.get("valid_until") else "is there"
    text = str(row.get("reason") or "").removeprefix(_AHEAD)
    for host in row.get("hosts") or ():
        message = str(host.get("message") or "").rstrip(".")
        if message and message not in text:
            # The message says what is not ready.
            text = "%s; %s" % (_NOT_READY.sub("", text).rstrip("."), message)
        text = with_record(text, host.get("record"))
    again = row.get("again")
    return "%s; possible again at %s" % (text, again) if again and again not in text else text


def _stuck(rows: Sequence[Row], nudged: Row, ahead: bool) -> list[str]:
    """WordPress decides by itself what it serves; a certificate alone does not change its mind."""
    answers = {(row["id"], row["domain"]): row for row in nudged.get("mappings") or ()}
    lines = []
    for row in rows:
        answer = answers.get((row["id"], row["domain"]))
        if answer is not None:
            word = _NUDGED.get(answer["state"], ("stuck", "stuck"))[ahead]
            lines.append("%s  %s  %s" % (word, row["domain"], answer["message"]))
        else:
            lines.append(
                "stuck  %s  it has a certificate, but WordPress does not serve it (stage %s): let the plugin check it again, in the network "
                "admin or by multisite_domains_nudge" % (row["domain"], row["stage"])
            )
    return lines


def outage_summary(
    hosts: Sequence[Row], names: Sequence[str], result: Row, purged: Row | None = None, restore: str = ""
) -> str:
    """What a person has to know when names that answered before a run no longer do; sentences.

    :arg hosts: what tls_certificate_info sees now.
    :arg names: those that no longer answer.
    :arg result: what runcloud_domains returned; for what the run has changed and where the listing from before it lies.
    :arg purged: the same of a purge.
    :arg restore: the command that puts a listing back, up to the name of the file.
    """
    seen = {row["name"]: row for row in hosts}
    said = ["%s: %s" % (name, _outage(seen.get(name) or {}, name)) for name in sorted(names)]
    text = ["These answered before this run and no longer do: %s." % "; ".join(said)]
    rows = {"added": result.get("added"), "updated": result.get("updated"), "removed": (purged or {}).get("removed")}
    changes = ["%s %s" % (verb, ", ".join(row["name"] for row in found)) for verb, found in rows.items() if found]
    text.append("The run has %s." % ", ".join(changes) if changes else "The run has changed no record of the web app.")
    if rows["added"]:
        text.append("What was added is taken away by the module runcloud_domain with state absent.")
    if result.get("backup_file") and restore:
        text.append(
            "To put the listing from before back, which removes nothing: %s%s" % (restore, result["backup_file"])
        )
    return " ".join(text)


def _outage(row: Row, name: str) -> str:
    """What is seen of a host that no longer answers."""
    status = (row.get("http") or {}).get("status")
    if row.get("ok") and status:
        return "HTTP %d" % status
    return _without(str(row.get("message") or "nobody could look"), name).rstrip(".")
