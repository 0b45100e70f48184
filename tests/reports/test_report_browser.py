# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser: it runs clean, is found accessible by axe-core, and its filter works by keyboard. Keeps screenshots."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_selenium_python.axe import Axe
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.playbooks.runner import ROOT

from .world import FILTERS, fleet

ARTEFACTS = ROOT / "build/artifacts"
# Of the Debian packages chromium and chromium-driver. Root may not use the sandbox, and the page is our own.
CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
WIDTHS = (375, 1280)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a fleet with all verdicts and the nastiest names."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(FILTERS["report_html"](fleet(size=10)), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome, page: Path) -> webdriver.Chrome:
    """The browser with the page as somebody opens it on a desk."""
    show(chromium, page, 1280, "light")
    return chromium


def show(driver: webdriver.Chrome, page: Path, width: int, scheme: str) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
    for kind in ("browser", "performance"):
        driver.get_log(kind)
    driver.get(page.as_uri())


def shown(driver: webdriver.Chrome) -> list[str]:
    """The names in the rows that are to be seen."""
    found: list[str] = driver.execute_script(
        "return Array.from(document.querySelectorAll('tr[data-class]')).filter(row => row.checkVisibility())"
        ".map(row => row.cells[0].textContent)"
    )
    return found


def press(driver: webdriver.Chrome, *keys: str) -> None:
    for key in keys:
        ActionChains(driver).send_keys(key).perform()


def focused(driver: webdriver.Chrome) -> str:
    """What has the focus: its id, else its value or text."""
    element = driver.switch_to.active_element
    return element.get_attribute("id") or element.get_attribute("value") or element.text.partition("\n")[0]


def tab_to(driver: webdriver.Chrome, what: str) -> None:
    """Press the tabulator until that has the focus."""
    for _ in range(20):
        if focused(driver) == what:
            return
        press(driver, Keys.TAB)
    pytest.fail(f"{what} cannot be reached by keyboard; the focus is at {focused(driver)}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_clean_and_accessible(chromium: webdriver.Chrome, page: Path, width: int, scheme: str) -> None:
    show(chromium, page, width, scheme)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    shot = chromium.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    (ARTEFACTS / f"report-{scheme}-{width}.png").write_bytes(base64.b64decode(shot["data"]))
    assert chromium.get_log("browser") == []
    messages = [json.loads(row["message"])["message"] for row in chromium.get_log("performance")]
    asked = {one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"}
    assert {url for url in asked if not url.startswith("data:")} == {page.as_uri()}
    dark = chromium.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert dark == {"light": "rgb(245, 244, 240)", "dark": "rgb(18, 21, 27)"}[scheme]
    # Nothing is wider than the window.
    assert chromium.execute_script("return document.documentElement.scrollWidth") <= width
    axe = Axe(chromium)
    axe.inject()
    found = axe.run()
    assert len(found["passes"]) > 20
    assert [(one["id"], [node["html"] for node in one["nodes"][:3]]) for one in found["violations"]] == []


def test_the_filter_works_by_keyboard(browser: webdriver.Chrome) -> None:
    everything = shown(browser)
    press(browser, Keys.TAB)
    assert focused(browser) == "To the networks"
    press(browser, Keys.ENTER, Keys.TAB)
    tab_to(browser, "text")
    press(browser, "bakery-acme")
    assert shown(browser) and {name.rpartition("-")[0] for name in shown(browser)} == {"bakery-acme"}
    said = browser.find_element(By.ID, "said").text
    assert said == f"{len(shown(browser))} of {len(everything)} entries"
    press(browser, *[Keys.BACKSPACE] * len("bakery-acme"))
    assert shown(browser) == everything
    press(browser, "cellar")
    boxes = [
        box.text.partition("\n")[0] for box in browser.find_elements(By.CSS_SELECTOR, ".network") if box.is_displayed()
    ]
    assert shown(browser) == [] and boxes == ["cellar"]
    press(browser, Keys.TAB, Keys.ENTER)
    assert shown(browser) == everything
    press(browser, Keys.TAB)
    assert focused(browser) == "drift"
    press(browser, Keys.SPACE)
    left = {
        row.get_attribute("data-class")
        for row in browser.find_elements(By.CSS_SELECTOR, "tr[data-class]:not([hidden])")
    }
    assert left == {"attention", "waiting", "foreign", "rejected", "kept", "acknowledged"}
    tab_to(browser, "cellar")
    assert browser.get_log("browser") == []


def test_a_network_opens_by_keyboard(browser: webdriver.Chrome) -> None:
    quiet = browser.find_element(By.CSS_SELECTOR, "[data-host=borealis]")
    browser.execute_script("arguments[0].querySelector('summary').focus()", quiet)
    for state in (None, "true"):
        press(browser, Keys.ENTER)
        assert quiet.get_attribute("open") == state


def test_names_are_text_and_no_script_runs(browser: webdriver.Chrome) -> None:
    names = shown(browser)
    assert {"<script>alert(1)</script>", "{{ 7*7 }}", "</script><!-- -->", "evil\\u202emoc.elgoog"} <= set(names)
    data = json.loads(browser.execute_script("return document.getElementById('report').textContent"))
    assert {row["name"] for report in data["networks"] for row in report["items"]} >= set(names)
    foreign: Any = browser.execute_script(
        "const one = document.createElement('script'); one.textContent = 'window.foreign = 1'; document.body.append(one); return window.foreign"
    )
    assert foreign is None
    (refusal,) = browser.get_log("browser")
    assert "Content Security Policy" in refusal["message"]


def test_paper_shows_what_is_closed(browser: webdriver.Chrome) -> None:
    browser.execute_script("document.querySelectorAll('.network').forEach(one => one.removeAttribute('open'))")
    assert shown(browser) == []
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert len(shown(browser)) > 60
    assert not browser.find_element(By.ID, "filter").is_displayed()
