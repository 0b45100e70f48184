# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the spelling of every name."""

from __future__ import annotations

import os
import re

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, fold, idna_warning, normalise
from hypothesis import given, settings
from hypothesis import strategies as st

EVERYWHERE = settings(deadline=None, derandomize=os.environ.get("CI") == "true")
HOST = re.compile(r"(?!.*[^.]{64})([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?")
PARTS = ["a", "B", "www", "xn--", "xn--mller-kva", "müller", "ß", "рф", "-", "_", ".", "。", "*", "com", "de", "1", "❤"]
PARTS += [":", "80", "/", "//", "https://", "@", "?", "#", "\\", "[", " ", "\n", "\x00", "\u200b", "．", "a" * 63]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=8).map("".join) | st.text(max_size=30)


def spelling(text: str, wildcard: bool) -> str | None:
    try:
        return normalise(text, wildcard)
    except BadName as refusal:
        assert str(refusal)
        return None


@EVERYWHERE
@given(TEXTS, st.booleans())
def test_a_spelling_is_a_host_name_and_stays_itself(text: str, wildcard: bool) -> None:
    host = spelling(text, wildcard)
    if host is not None:
        assert normalise(host, wildcard) == host
        assert HOST.fullmatch(host.removeprefix("*.") if wildcard else host)
        assert len(host) <= 255


@EVERYWHERE
@given(TEXTS)
def test_the_way_a_name_is_written_does_not_matter(text: str) -> None:
    host = spelling(text, False)
    if host is not None:
        for other in (host.upper(), f" {host}.", f"https://{host}:8443/x?y#z", f"u:p@{host}"):
            assert normalise(other) == host


@EVERYWHERE
@given(TEXTS)
def test_only_a_wildcard_more_passes_where_one_may_stand(text: str) -> None:
    host = spelling(text, False)
    more = spelling(text, True)
    assert more == host or (host is None and more is not None and more.startswith("*."))


@EVERYWHERE
@given(TEXTS, st.booleans())
def test_what_passed_can_be_asked_about(text: str, wildcard: bool) -> None:
    host = spelling(text, wildcard)
    if host is not None:
        assert idna_warning(host) is None or "xn--" in host
        assert host in (fold(host), f"www.{fold(host)}")
