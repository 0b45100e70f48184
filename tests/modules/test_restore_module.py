# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting a stored listing back: what is gone comes back, flags are reset, nothing is ever removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import NETWORK, Result, Runner, columns, numbered, seed, stored, wishes, writes
from tests.modules.memory import Remembered, entry


class Restore:
    """A backup that a real run stored, and the restore of it."""

    def __init__(self, run: Runner, remembered: Remembered) -> None:
        self.run, self.remembered = run, remembered

    def store(self, *rows: Any) -> None:
        """A web app with these records, and the backup of a run on it."""
        seed(self.run.emu, *rows)
        there = sorted(row["name"].lower() for row in self.run.emu.domains(2))
        result = self.run.converge(domains=wishes("first.com"), **self.remembered.options)
        self.path = Path(result["backup_file"])
        assert [row["name"] for row in self.document()["domains"]] == there
        self.run.emu.drop_domain(2, "first.com")
        self.remembered.path.unlink()
        self.run.emu.clear_journal()
        self.run.clock.seconds += 60

    def document(self) -> Any:
        """The stored listing."""
        return json.loads(self.path.read_text(encoding="utf-8"))

    def edit(self, change: Callable[[Any], Any]) -> None:
        """Change the stored listing."""
        document = self.document()
        change(document)
        self.path.write_text(json.dumps(document), encoding="utf-8")

    def __call__(self, **options: Any) -> Result:
        self.run.clock.seconds += 60  # a backup is called by its time
        given = {"restore": str(self.path), **self.remembered.options, **options}
        return self.run("domains", **given)


@pytest.fixture
def restore(run: Runner, remembered: Remembered) -> Restore:
    """On the network's web app."""
    return Restore(run, remembered)


def test_names_and_flags_come_back(restore: Restore, emu: Emulator) -> None:
    restore.store(
        {"name": "gone.com", "www": True, "redirection": "non-www"}, {"name": "changed.com", "www": True}, "same.com"
    )
    emu.drop_domain(2, "gone.com")
    emu.edit_domain(2, "changed.com", www=False, redirection="non-www")
    emu.put_domain(2, "later.com")
    foreseen = restore(check=True, diff=True)
    assert writes(emu) == [] and foreseen["changed"]
    result = restore(diff=True)
    assert not result.failed and foreseen["diff"] == result["diff"]
    for told in (foreseen, result):
        assert told.names("added") == ["gone.com"] and told.names("updated") == ["changed.com"]
        assert told.reason("added", "gone.com") == "in the backup" and told["removed"] == []
        assert "certificates have to be issued again for gone.com, www.changed.com" in told["notes"]
    rows = {row["name"]: (row["www"], row["redirection"]) for row in emu.domains(2)}
    assert (rows["gone.com"], rows["changed.com"]) == ((1, "non-www"), (1, "none"))
    assert result.reason("kept", "later.com") == "not in the backup; a restore removes nothing" and "later.com" in rows
    assert result["network"] == NETWORK and "backup_file" in result
    emu.clear_journal()
    assert not restore()["changed"] and len(emu.journal) == 1


def test_without_additions_no_certificate_is_spoken_of(restore: Restore, emu: Emulator) -> None:
    restore.store("changed.com")
    emu.edit_domain(2, "changed.com", redirection="non-www")
    assert restore()["notes"] == []


def test_it_never_removes(restore: Restore, emu: Emulator, remembered: Remembered) -> None:
    restore.store("a.com")
    emu.put_domain(2, "later.com")
    remembered.put(entry("later.com", missing_reads=9))
    assert not restore()["changed"] and "later.com" in stored(emu)
    refused = restore(purge=True)
    assert refused.failed and "different things" in refused["msg"] and writes(emu) == []


@pytest.mark.parametrize("ownership", ["all", "ledger", "none"])
@pytest.mark.parametrize("repair", [True, False])
def test_whoever_owns_them(
    restore: Restore, emu: Emulator, remembered: Remembered, ownership: str, repair: bool
) -> None:
    restore.store("foreign.com", "ours.com")
    for name in ("foreign.com", "ours.com"):
        emu.edit_domain(2, name, redirection="non-www")
    remembered.put(entry("ours.com"))
    assert restore(ownership=ownership, repair=repair).names("updated") == ["foreign.com", "ours.com"]


def test_what_it_puts_back_becomes_nobodys_but_what_is_ours_stays_ours(
    restore: Restore, run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    """A hand-made record that is put back must not be removed by the next purge."""
    restore.store("hand-made.com", {"name": "ours.com", "www": True})
    emu.drop_domain(2, "hand-made.com")
    emu.drop_domain(2, "ours.com")
    remembered.put(entry("ours.com"))
    assert restore().names("added") == ["hand-made.com", "ours.com"]
    assert remembered.names() == ["ours.com"] and remembered.entries()["ours.com"]["written"]["www"] is True
    assert run.converge("ours.com", ownership="ledger", purge=True, **remembered.options)["changed"] is False
    assert stored(emu) == ["hand-made.com", NETWORK, "ours.com"]


def test_below_a_wildcard_too(restore: Restore, emu: Emulator) -> None:
    """Such a record had a reason, and perhaps a certificate of its own."""
    restore.store("*.b.com", "x.b.com", {"name": "y.b.com", "redirection": "non-www"})
    emu.drop_domain(2, "x.b.com")
    emu.edit_domain(2, "y.b.com", redirection="none")
    result = restore()
    assert result.names("added") == ["x.b.com"] and result.names("updated") == ["y.b.com"]


def test_the_limits_hold(restore: Restore, emu: Emulator) -> None:
    names = numbered(12)
    restore.store(*({"name": name, "redirection": "non-www"} for name in names))
    for name in names[:3]:
        emu.drop_domain(2, name)
    for name in names[3:7]:
        emu.edit_domain(2, name, redirection="none")
    for options, words in (({"max_adds": 2}, "max_adds: 3"), ({"max_updates": 3}, "max_updates: 4")):
        refused = restore(**options)
        assert refused.failed and words in refused["msg"] and writes(emu) == []
    done = restore(max_adds=3, max_updates=4)
    assert (len(done["added"]), len(done["updated"])) == (3, 4)


def test_what_a_person_keeps_is_left_alone(restore: Restore, emu: Emulator) -> None:
    restore.store("kept.com", "other.com")
    emu.drop_domain(2, "kept.com")
    emu.drop_domain(2, "other.com")
    assert restore(keep=["kept.com"]).names("added") == ["other.com"]
    emu.drop_domain(2, "other.com")
    assert restore(only=["www.kept.com"]).names("added") == ["kept.com"]
    assert stored(emu) == ["kept.com", NETWORK]


def test_the_www_form_of_a_kept_name_is_kept(restore: Restore, emu: Emulator) -> None:
    restore.store("www.kept.com")
    emu.drop_domain(2, "www.kept.com")
    assert not restore(keep=["kept.com"])["changed"]
    assert restore().names("added") == ["www.kept.com"]


def test_a_protected_name_keeps_its_type(restore: Restore, emu: Emulator) -> None:
    restore.store({"name": "safe.com", "type": "redirect", "redirection": "non-www"})
    emu.edit_domain(2, "safe.com", type="alias", redirection="none")
    restore(protected=["safe.com"])
    assert [body for *_, body in emu.writes()] == [{"type": "alias", "www": False, "redirection": "non-www"}]
    assert restore().names("updated") == ["safe.com"]


def test_a_record_whose_type_the_panel_does_not_say_is_left_alone(restore: Restore, emu: Emulator) -> None:
    restore.store({"name": "a.com", "type": "redirect"}, "b.com")
    emu.edit_domain(2, "a.com", type="", redirection="non-www")
    result = restore()
    assert result.failed and "does not say its type" in result.reason("refused", "a.com") and writes(emu) == []
    emu.edit_domain(2, "a.com", type="alias")
    assert restore().names("updated") == ["a.com"]


def test_a_www_that_comes_back_needs_a_certificate(restore: Restore, emu: Emulator) -> None:
    restore.store({"name": "a.com", "www": True})
    emu.edit_domain(2, "a.com", www=False)
    assert "certificates have to be issued again for www.a.com" in restore()["notes"]


def test_a_restore_counts_no_read(restore: Restore, emu: Emulator, remembered: Remembered) -> None:
    restore.store("a.com")
    remembered.put(entry("a.com"))
    restore()
    assert remembered.entries()["a.com"]["missing_reads"] == 0


def test_what_is_put_back_and_not_ours_is_named(restore: Restore, emu: Emulator, remembered: Remembered) -> None:
    restore.store("purged.com", "ours.com")
    for name in ("purged.com", "ours.com"):
        emu.drop_domain(2, name)
    # The source has missed it, too, so a look ahead would forget it with the record.
    remembered.put(entry("ours.com", missing_reads=1))
    for check in (True, False):
        told = restore(check=check)["notes"][1]
        assert "what was put back and is not in the ledger is not ours: purged.com (adopt" in told


def test_without_a_ledger_a_restore_makes_none(restore: Restore, emu: Emulator, remembered: Remembered) -> None:
    """The backup may be another network's, and its name would be in the ledger."""
    restore.store("a.com")
    emu.drop_domain(2, "a.com")
    restore.edit(lambda document: document.update(network="other.com"))
    assert restore()["changed"] and not remembered.path.exists()


def test_a_backup_of_another_network_is_told_from_the_ledger(
    restore: Restore, emu: Emulator, remembered: Remembered
) -> None:
    restore.store("a.com")
    remembered.put()
    restore.edit(lambda document: document.update(network="other.com"))
    refused = restore()
    assert f"The backup {restore.path} is of another network: other.com, not network.com." in refused["msg"]
    restore.edit(lambda document: document.update(network=" Network.com"))
    assert not restore().failed


def test_a_paused_network_is_not_restored(restore: Restore, emu: Emulator) -> None:
    restore.store("a.com")
    emu.drop_domain(2, "a.com")
    held = restore(paused={"reason": "it moves", "since": "2026-07-01"})
    assert held.failed and "Nothing was restored: the network is paused (it moves" in held["msg"] and writes(emu) == []


def test_the_primary_is_never_changed(restore: Restore, emu: Emulator) -> None:
    restore.store("a.com", "gone.com")
    emu.edit_domain(2, NETWORK, type="alias")
    emu.edit_domain(2, "a.com", type="primary")
    emu.drop_domain(2, "gone.com")
    result = restore()
    assert result.failed and result.names("added") == ["gone.com"] and result.names("refused") == ["a.com", NETWORK]
    assert "the primary is changed only by runcloud_domain" in result.reason("refused", NETWORK)
    assert [method for method, *_ in writes(emu)] == ["POST"]
    emu.edit_domain(2, "a.com", type="alias")
    emu.edit_domain(2, NETWORK, type="primary")
    assert not restore().failed


def test_the_primarys_other_flags_come_back(restore: Restore, emu: Emulator) -> None:
    restore.store({"name": NETWORK, "type": "primary", "www": True}, "a.com")
    emu.edit_domain(2, NETWORK, www=False, redirection="non-www")
    assert restore().names("updated") == [NETWORK]
    assert emu.domains(2)[0]["www"] == 1 and emu.domains(2)[0]["type"] == "primary"


def test_a_primary_that_is_gone(restore: Restore, emu: Emulator) -> None:
    restore.store("a.com")
    emu.drop_domain(2, NETWORK)
    emu.edit_domain(2, "a.com", type="primary")
    result = restore()
    assert result.failed and "it was the primary, and another one is now" in result.reason("refused", NETWORK)
    emu.edit_domain(2, "a.com", type="alias")
    assert restore().names("added") == [NETWORK] and emu.domains(2)[-1]["type"] == "primary"


def test_a_redirection_to_a_www_record_comes_back_in_one_run(restore: Restore, emu: Emulator) -> None:
    restore.store({"name": "x.com", "redirection": "www"}, "www.x.com", {"name": "y.com", "type": "redirect"})
    before = [{**row, "id": None, "created_at": None} for row in emu.domains(2)]
    for name in ("x.com", "www.x.com"):
        emu.drop_domain(2, name)
    emu.edit_domain(2, "y.com", type="alias")
    result = restore()
    assert not result.failed and result.names("added") == ["www.x.com", "x.com"]
    after = [{**row, "id": None, "created_at": None} for row in emu.domains(2)]
    assert sorted(after, key=lambda row: str(row["name"])) == sorted(before, key=lambda row: str(row["name"]))
    assert not restore()["changed"]


def test_an_app_that_was_emptied_comes_back(restore: Restore, emu: Emulator) -> None:
    restore.store("a.com")
    for name in ("a.com", NETWORK):
        emu.drop_domain(2, name)
    assert restore().names("added") == ["a.com", NETWORK]


def test_records_of_an_older_server_without_a_type(restore: Restore, emu: Emulator) -> None:
    restore.store("a.com", "b.com")
    restore.edit(lambda document: [row.update(type="unknown") for row in document["domains"]])
    emu.drop_domain(2, "a.com")
    emu.edit_domain(2, "b.com", redirection="non-www")
    result = restore()
    assert not result.failed and result.names("added") == ["a.com"] and result.names("updated") == ["b.com"]
    assert {body["type"] for *_, body in emu.writes()} == {"alias"}


def test_first_converge_lifts_no_limit_of_a_restore(restore: Restore, emu: Emulator) -> None:
    restore.store("a.com", "b.com")
    for name in ("a.com", "b.com"):
        emu.drop_domain(2, name)
    refused = restore(first_converge=True, max_adds=1)
    assert refused.failed and "max_adds: 2" in refused["msg"] and writes(emu) == []
    assert restore(first_converge=True, max_adds=2)["changed"]


@pytest.mark.parametrize(
    "change",
    columns(
        [
            (
                "other values",
                lambda row: row.update(id=9, wildcard=True, dns_integration="cloudflare", status="x", created_at="y"),
            ),
            (
                "none of them",
                lambda row: [row.pop(key) for key in ("id", "wildcard", "dns_integration", "status", "created_at")],
            ),
            ("an unknown one", lambda row: row.update(colour="green")),
        ]
    ),
)
def test_what_the_panel_alone_says_is_ignored(restore: Restore, emu: Emulator, change: Callable[[Any], Any]) -> None:
    restore.store("gone.com")
    emu.drop_domain(2, "gone.com")
    restore.edit(lambda document: change(document["domains"][0]))
    restore()
    assert [body for *_, body in emu.writes()] == [
        {"name": "gone.com", "www": False, "redirection": "none", "type": "alias"}
    ]


def test_an_edited_file_restores_what_it_says(restore: Restore, emu: Emulator) -> None:
    restore.store("a.com", "b.com")
    for name in ("a.com", "b.com"):
        emu.drop_domain(2, name)
    restore.edit(lambda document: (document["domains"].pop(0), document["domains"][0].update(www=True)))
    assert restore().names("added") == ["b.com"]
    assert emu.domains(2)[-1]["www"] == 1


FILES = columns(
    [
        ("another app's", lambda doc: doc["target"].update(webapp_id=3), "is of another web app"),
        ("another API's", lambda doc: doc["target"].update(api_url="https://b.test"), "is of another web app"),
        ("another network's", lambda doc: doc.update(network="b.com"), "is of another network: b.com, not network.com"),
        ("empty", lambda doc: doc["domains"].clear(), "holds no domains; an empty list is never restored"),
        ("a newer format", lambda doc: doc.update(format="wpmultisite.listing/2"), "is no backup of the format"),
        (
            "a row without a name",
            lambda doc: doc["domains"][0].pop("name"),
            "is damaged: domains[0]: name must be a text",
        ),
        (
            "a wrong flag",
            lambda doc: doc["domains"][1].update(www="yes"),
            "is damaged: domains[1] (network.com): www must be true or false",
        ),
        (
            "a name twice",
            lambda doc: doc["domains"].append({**doc["domains"][0], "www": not doc["domains"][0]["www"]}),
            "stands in it twice, with different flags",
        ),
        (
            "several faults",
            lambda doc: [row.update(www=None) for row in doc["domains"]],
            "domains[0] (gone.com): www must be true or false; domains[1] (network.com): www must be",
        ),
    ]
)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("change", "words"), FILES)
def test_a_backup_that_must_not_be_used(
    restore: Restore, emu: Emulator, change: Callable[[Any], Any], words: str, check: bool
) -> None:
    restore.store("gone.com")
    emu.drop_domain(2, "gone.com")
    good = restore.path.read_text(encoding="utf-8")
    restore.edit(change)
    refused = restore(network=NETWORK, check=check)
    assert refused.failed and words in refused["msg"] and str(restore.path) in refused["msg"]
    assert emu.journal == []
    restore.path.write_text(good, encoding="utf-8")
    assert restore(network=NETWORK, check=check)["changed"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "gone twice.com"}, "the name cannot be written: characters that a host name cannot have"),
        ({"name": "odd.com", "type": "parked"}, "the backup holds the type parked, which is not known here"),
        ({"name": "odd.com", "redirection": "up"}, "the backup holds the redirection up, which is not known here"),
    ],
)
def test_what_cannot_be_written_stops_nothing_else(
    restore: Restore, emu: Emulator, change: dict[str, Any], words: str
) -> None:
    restore.store("a.com", "gone.com")
    emu.drop_domain(2, "gone.com")
    restore.edit(lambda document: document["domains"].append({**document["domains"][0], **change}))
    result = restore()
    assert result.failed and words in result.reason("refused", change["name"])
    assert result.names("added") == ["gone.com"]


def test_what_the_panel_already_holds_may_be_odd(restore: Restore, emu: Emulator) -> None:
    restore.store("gone.com", "foo_bar.com", "UPPER.com")
    emu.drop_domain(2, "gone.com")
    assert not restore().failed and writes(emu) == [("POST", "gone.com")]


@pytest.mark.parametrize("flags", [{}, {"www": True}])
def test_two_records_of_one_name(restore: Restore, emu: Emulator, flags: dict[str, Any]) -> None:
    """Which the panel itself holds, each with its number."""
    restore.store("gone.com", "twice.com", {"name": "twice.com", **flags})
    emu.drop_domain(2, "gone.com")
    assert not restore().failed and writes(emu) == [("POST", "gone.com")]


def test_the_backup_that_is_restored_is_not_thrown_away(
    restore: Restore, emu: Emulator, remembered: Remembered
) -> None:
    restore.store("gone.com")
    for number in range(25):
        (remembered.folder / f"backups/20270718T1200{number:02}.000000Z.json").write_text("{}", encoding="utf-8")
    by_hand = remembered.folder / "backups/before-the-move.json"
    by_hand.write_text("{}", encoding="utf-8")
    emu.drop_domain(2, "gone.com")
    assert restore()["changed"]
    assert restore.path.exists() and by_hand.exists()
    # 20 of the runs' own, the restored one among them, and the one that a person put there.
    assert len(list((remembered.folder / "backups").iterdir())) == 21


def test_a_missing_backup_names_those_that_there_are(restore: Restore, emu: Emulator, remembered: Remembered) -> None:
    restore.store("gone.com")
    refused = restore(restore=str(remembered.folder / "backups/typo.json"))
    assert refused.failed and f"lie: {restore.path.name}" in refused["msg"] and emu.journal == []


def test_a_name_that_another_app_holds_by_now_is_named(restore: Restore, emu: Emulator) -> None:
    restore.store("moved.com", "gone.com")
    emu.seed({**_world(emu), "webapps": [{"id": 2, "name": "network"}, {"id": 3, "name": "other"}]})
    for name in ("moved.com", "gone.com"):
        emu.drop_domain(2, name)
    emu.put_domain(3, "moved.com")
    result = restore()
    assert result.failed and result.names("added") == ["gone.com"]
    assert "The web app other (3) of this server holds it" in result.reason("refused", "moved.com")


def _world(emu: Emulator) -> dict[str, Any]:
    keys = ("id", "name", "type", "www", "redirection")
    return {"domains": [{"webapp_id": 2, **{key: row[key] for key in keys}} for row in emu.domains(2)]}


def test_the_wrong_web_app_is_recognised(restore: Restore, emu: Emulator) -> None:
    restore.store("gone.com")
    seed(emu, {"name": "stranger.com", "type": "primary"})
    emu.clear_journal()
    refused = restore()
    assert refused.failed and writes(emu) == []
