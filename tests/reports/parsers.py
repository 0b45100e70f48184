# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads each format back: which host, name, class and reason it shows to whoever reads it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from prometheus_client.parser import text_string_to_metric_families

Told = set[tuple[str, str, str, str]]


def of_document(fleet: Any) -> Told:
    """What the report says."""
    return {
        (report["host"], row["name"], row["class"], row["reason"])
        for report in fleet["networks"]
        for row in report["items"]
    }


class Page(HTMLParser):
    """A page as a browser reads it: the rows, and all elements and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.told: Told = set()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.data = ""
        self._host, self._class, self._cells, self._inside = "", "", [""], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes |= set(given)
        self._inside = "data" if given.get("id") == "report" else given.get("class", "") if tag == "span" else tag
        if tag == "details" and given.get("class") == "network":
            self._host = given["data-host"]
        elif tag == "tr" and "data-class" in given:
            self._class, self._cells = given["data-class"], []
        elif tag == "td":
            self._cells.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr" and self._class:
            self.told.add((self._host, self._cells[0], self._class, self._cells[2]))
            self._class = ""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "data":
            self.data += data
        elif self._class and self._inside in ("td", "reason"):
            self._cells[-1] += data.strip("\n")


def of_page(text: str) -> Told:
    """What the rows of the page say."""
    return Page(text).told


def of_data(text: str) -> Told:
    """What the data in the page say."""
    return of_document(json.loads(Page(text).data))


class _Summary(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.host, self._bold = "", False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._bold = tag == "b"

    def handle_endtag(self, tag: str) -> None:
        self._bold = False

    def handle_data(self, data: str) -> None:
        self.host += data if self._bold else ""


def of_markdown(text: str) -> Told:
    """What the tables of the networks say; links, pictures, emphasis and code are refused."""
    told: Told = set()
    host, cells = "", [""]
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "html_block" and "<summary>" in token.content:
            host = _Summary(token.content).host
        elif token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(_text(token))
        elif token.type == "tr_close" and host and cells[0] != "name":
            told.add((host, cells[0], cells[1], cells[2]))
    return told


def _text(token: Token) -> str:
    children = token.children or []
    assert {child.type for child in children} <= {"text", "html_inline"}, token.content
    assert {child.content for child in children if child.type == "html_inline"} <= {"<!-- -->"}
    return "".join(child.content for child in children if child.type == "text")


def metrics(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Name → labels → value, as Prometheus reads it; a sample that comes twice is refused."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge" and family.documentation
        for sample in family.samples:
            samples = found.setdefault(sample.name, {})
            labels = tuple(sorted(sample.labels.items()))
            assert labels not in samples
            samples[labels] = sample.value
    return found
