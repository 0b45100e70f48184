# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks drift and converge over a small fleet: exit status, files, what is told to people and when."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, FROM_FILES, Ran, inventory, run, snapshot, write_json

DRIFT = "wpmultisite.runcloud.drift"
SECRET = "T0P-S3CRET-HOOK"


class Chat:
    """A chat service's webhook."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.status = 200
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                chat.told.append({"path": self.path, **json.loads(body)})
                self.send_response(chat.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/{SECRET}"


@pytest.fixture
def chat() -> Iterator[Chat]:
    """One that listens as long as the test runs."""
    chat = Chat()
    thread = threading.Thread(target=chat.server.serve_forever)
    thread.start()
    yield chat
    chat.server.shutdown()
    thread.join()
    chat.server.server_close()


class Fleet(NamedTuple):
    """Two networks on an emulated panel, in sync but for a name of the first one."""

    folder: Path
    emu: Emulator

    def run(
        self,
        playbook: str,
        *arguments: str,
        status: int = 0,
        first: dict[str, Any] | None = None,
        environment: dict[str, str] | None = None,
        **variables: Any,
    ) -> Ran:
        """Run a playbook over it; gives what it printed. ``first``: variables of that host alone."""
        self.emu.clear_journal()
        hosts = {
            name: {
                "runcloud_server_id": number,
                "runcloud_webapp_id": number,
                "multisite_domains_file": str(self.folder / f"{name}.json"),
            }
            for number, name in ((11, "first"), (12, "second"))
        }
        hosts["first"].update(first or {})
        everywhere = {
            **FROM_FILES,
            "runcloud_api_token": TOKEN,
            "multisite_domains_api_url": self.emu.url,
            "multisite_domains_dns": False,
            "multisite_report_dir": "report",
            **variables,
        }
        own = {"XDG_STATE_HOME": str(self.folder / "state"), "ANSIBLE_PIPELINING": "true", **(environment or {})}
        listed = inventory(self.folder, hosts, everywhere)
        return run(self.folder, "-i", listed, playbook, *arguments, environment=own, status=status)

    def written(self) -> list[str]:
        """The writes that the panel got in the last run."""
        return [str(entry) for entry in self.emu.journal if entry.method != "GET"]

    def file(self, name: str) -> Any:
        return json.loads((self.folder / "report" / name).read_text())

    def verdicts(self) -> Any:
        status = self.file("status.json")
        return status["verdict"], status["networks"]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """The world of one test."""
    with Emulator() as emu:
        emu.seed(
            {
                "servers": [{"id": 11}, {"id": 12}],
                "webapps": [{"id": number, "server_id": number} for number in (11, 12)],
                "domains": [{"webapp_id": number, "name": "network.com"} for number in (11, 12)],
            }
        )
        write_json(tmp_path / "first.json", snapshot("new.com"))
        write_json(tmp_path / "second.json", snapshot())
        yield Fleet(tmp_path, emu)


def test_a_look_writes_its_files_and_nothing_else(fleet: Fleet) -> None:
    ran = fleet.run(DRIFT, status=2)
    assert fleet.written() == [] and not (fleet.folder / "state").exists()
    assert fleet.verdicts() == ("drift", {"first": "drift", "second": "in_sync"})
    assert {path.name for path in (fleet.folder / "report").iterdir()} == {
        *("status.json", "fleet.json", "report.md", "report.html", "metrics.prom", "memory.json")
    }
    assert (ran.recap("first")["failed"], ran.recap("second")["failed"]) == (1, 0)
    assert ran.failure("first", fleet=True) == "This network is not in sync: drift."

    # The same world converges, so the look before had something to write.
    ran = fleet.run(CONVERGE)
    assert [line.split()[0] for line in fleet.written()] == ["POST"]
    assert fleet.file("fleet.json")["totals"]["changes"] == 1
    assert [row["verdict"] for row in fleet.file("fleet.json")["history"]] == ["drift", "in_sync"]

    fleet.run(DRIFT)
    assert fleet.verdicts()[0] == "in_sync" and fleet.written() == []


def test_what_a_person_has_to_look_at_fails_the_first_look_alone(fleet: Fleet) -> None:
    write_json(fleet.folder / "first.json", snapshot("shop.com"))
    fleet.emu.put_domain(11, "shop.com", type="redirect")
    fleet.run(DRIFT, status=2)
    items = fleet.file("fleet.json")["networks"][0]["items"]
    assert [(row["name"], row["class"]) for row in items] == [("shop.com", "attention")]
    fleet.run(DRIFT)
    assert fleet.verdicts()[0] == "in_sync"
    # Whoever loses the memory hears of it once more.
    (fleet.folder / "report/memory.json").write_text("{")
    ran = fleet.run(DRIFT, status=2)
    assert "memory.json must not be used: it is damaged (not JSON)." in ran.output
    assert (fleet.folder / "report/memory.json.unusable").read_text() == "{"


def test_a_look_fails_for_what_a_run_has_seen_and_for_what_nobody_could_read_of(fleet: Fleet) -> None:
    write_json(fleet.folder / "first.json", snapshot("shop.com"))
    fleet.emu.put_domain(11, "shop.com", type="redirect")
    fleet.run(CONVERGE)
    assert fleet.verdicts()[0] == "drift"
    (fleet.folder / "report/report.md").unlink()
    (fleet.folder / "report/report.md").mkdir()
    ran = fleet.run(DRIFT, status=2)
    assert "report.md cannot be written: Is a directory." in ran.failure("second", fleet=True)
    (fleet.folder / "report/report.md").rmdir()
    fleet.run(DRIFT, status=2)
    assert fleet.verdicts()[0] == "drift"
    fleet.run(DRIFT)


@pytest.mark.parametrize("playbook", [DRIFT, CONVERGE])
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"multisite_report_markdown_limt": 5}, "Unknown variables (misspelt?): multisite_report_markdown_limt."),
        ({"multisite_report_markdown_limit": "many"}, "multisite_report_markdown_limit"),
        ({"multisite_domains_overrides": "shop.com"}, "multisite_domains_overrides"),
        ({"multisite_domains_ssl_expiring_fraction": "often"}, "multisite_domains_ssl_expiring_fraction"),
    ],
)
def test_one_network_s_bad_variable_hides_no_other_network(
    fleet: Fleet, playbook: str, wrong: dict[str, Any], words: str
) -> None:
    write_json(fleet.folder / "second.json", snapshot("new.com"))
    fleet.run(playbook, status=2, first=wrong)
    second = "drift" if playbook == DRIFT else "in_sync"
    assert fleet.verdicts() == ("error", {"first": "error", "second": second})
    assert words in " ".join(fleet.file("fleet.json")["networks"][0]["faults"])


@pytest.mark.parametrize("setting", [("ANSIBLE_STRATEGY", "free"), ("ANSIBLE_ANY_ERRORS_FATAL", "true")])
def test_a_person_s_own_settings_take_no_network_out_of_the_report(fleet: Fleet, setting: tuple[str, str]) -> None:
    (fleet.folder / "second.json").unlink()
    fleet.run(DRIFT, status=2, environment=dict([setting]))
    assert fleet.verdicts() == ("error", {"first": "drift", "second": "error"})


def test_an_old_verdict_does_not_stay_where_a_new_report_could_not_be_written(fleet: Fleet) -> None:
    fleet.run(CONVERGE)
    (fleet.folder / "report/report.html").unlink()
    (fleet.folder / "report/report.html").mkdir()
    (fleet.folder / "second.json").unlink()
    fleet.run(DRIFT, status=2)
    assert fleet.verdicts()[0] == "error"


@pytest.mark.parametrize("playbook", [DRIFT, CONVERGE])
def test_a_purge_that_must_not_be_is_an_error_for_a_look_and_a_run(fleet: Fleet, playbook: str) -> None:
    document = snapshot()
    document["mapping_plugin"]["unread_rows"] = 2
    write_json(fleet.folder / "second.json", document)
    write_json(fleet.folder / "first.json", snapshot())
    ran = fleet.run(playbook, status=2, multisite_domains_purge=True)
    assert fleet.verdicts() == ("error", {"first": "in_sync", "second": "error"})
    (fault,) = fleet.file("fleet.json")["networks"][1]["faults"]
    assert fault.startswith("Nothing was removed, because the list must not be purged by: ")
    assert fault == ran.failure("second")


def test_a_convergence_that_fails_for_one_network_ends_the_others_and_fails(fleet: Fleet) -> None:
    (fleet.folder / "second.json").unlink()
    ran = fleet.run(CONVERGE, status=2)
    assert [line.split()[0] for line in fleet.written()] == ["POST"]
    assert (ran.recap("first")["failed"], ran.recap("second")["failed"]) == (0, 1)
    assert ran.failure("second", fleet=True) == "The run of this network failed; why is said above."
    assert fleet.verdicts() == ("error", {"first": "in_sync", "second": "error"})
    (fault,) = fleet.file("fleet.json")["networks"][1]["faults"]
    assert "Cannot read the snapshot" in fault


def test_a_convergence_without_a_folder_writes_no_report(fleet: Fleet) -> None:
    ran = fleet.run(CONVERGE, multisite_report_dir="")
    assert "first    in_sync" in ran.output and not (fleet.folder / "report").exists()
    assert not (fleet.folder / "state/wpmultisite.runcloud/report").exists()


def test_a_look_ahead_at_a_convergence_writes_no_report(fleet: Fleet) -> None:
    ran = fleet.run(CONVERGE, "--check")
    assert "first    drift" in ran.output and not (fleet.folder / "report").exists() and fleet.written() == []
    fleet.run(DRIFT, "--check", status=2)
    assert fleet.verdicts()[0] == "drift"


def test_a_report_that_cannot_be_written_harms_no_convergence(fleet: Fleet) -> None:
    (fleet.folder / "report").touch()
    ran = fleet.run(CONVERGE, status=2)
    assert [line.split()[0] for line in fleet.written()] == ["POST"]
    assert ran.failure("first", fleet=True) == (
        "The report could not be written; the networks themselves were not harmed by that. "
        f"The folder for reports {fleet.folder}/report cannot be made: File exists."
    )


def test_a_change_is_told_once_and_again_where_nobody_heard_it(fleet: Fleet, chat: Chat) -> None:
    hook: dict[str, Any] = {"multisite_report_webhook_url": chat.url}
    # Before there is a webhook, nobody is told.
    fleet.run(DRIFT, status=2)
    chat.status = 500
    ran = fleet.run(DRIFT, "-vvv", status=2, **hook)
    assert "Nobody was told of what changed: the webhook answered 500. It is told again by the next run." in ran.output
    assert SECRET not in ran.text
    chat.status = 200
    fleet.run(DRIFT, status=2, **hook)
    fleet.run(DRIFT, status=2, **hook)
    # The first one was not taken, and the third run had nothing new to tell.
    assert len(chat.told) == 2 and chat.told[0]["path"] == f"/hooks/{SECRET}"
    headline, *lines = chat.told[1]["text"].splitlines()
    assert headline == "1 network with drift, 1 in sync; a run would mend 1 thing"
    assert lines == [
        "first: drift (was not there)",
        "first: new drift new.com: missing on RunCloud; wanted is alias, www off, redirection none (mapping in stage done)",
        "second: in_sync (was not there)",
    ]
    fleet.run(CONVERGE, **hook)
    assert chat.told[2]["text"].splitlines()[1:] == [
        "first: in_sync (was drift)",
        "first: gone drift new.com: missing on RunCloud; wanted is alias, www off, redirection none (mapping in stage done)",
    ]
    assert len(chat.told) == 3


def test_a_webhook_gets_the_text_in_the_field_that_it_knows(fleet: Fleet, chat: Chat) -> None:
    fleet.run(DRIFT, status=2, multisite_report_webhook_url=chat.url, multisite_report_webhook_field="content")
    assert [set(row) for row in chat.told] == [{"path", "content"}]


@pytest.mark.parametrize("playbook", [DRIFT, CONVERGE])
def test_bad_options_are_refused_together_before_the_first_call(fleet: Fleet, playbook: str) -> None:
    wrong = {
        "markdown_limit": 10,
        "quota": -1,
        "runs_per_day": 0,
        "dir": "",
        "webhok_url": "x",
        "webhook_url": "chat.com",
    }
    variables: dict[str, Any] = {f"multisite_report_{name}": value for name, value in wrong.items()}
    ran = fleet.run(playbook, status=2, **variables)
    assert ran.failure("first") == (
        "Nothing was looked at or changed. Unknown variables (misspelt?): multisite_report_webhok_url. "
        "multisite_report_markdown_limit must be 1000 or more. multisite_report_quota must be 1 or more. "
        "multisite_report_runs_per_day must be above 0. multisite_report_webhook_url and multisite_report_metrics_file need "
        "multisite_report_dir. multisite_report_webhook_url must begin with http:// or https://."
    )
    assert fleet.emu.journal == []
