# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network's files on the control node: who may read them, how they are written, and what is refused."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils import _backup
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Record, Target
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ledger import Entry, Ledger
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._lock import Lock, StateError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._state import State

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/listing-1.json").read_text(encoding="utf-8"))
TARGET = Target("https://panel.test/api", 1, 2)
NOW = datetime(2026, 7, 18, 12, 0, tzinfo=UTC)
FLAGS = {"type": "alias", "www": False, "redirection": "none"}
RECORDS = [
    Record(702, "b.com", "alias", True, "non-www", False, "none", None, "2024-07-18 01:31:10"),
    Record(701, "a.com", "primary", False, "none"),
]
ADOPT = "playbook wpmultisite.runcloud.adopt"


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A state directory two levels below one that is there, already made."""
    made = State(str(tmp_path / "networks/one"), "network.com", TARGET)
    made.prepare()
    return made


def book(*names: str, network: str = "network.com", target: Target = TARGET) -> Ledger:
    return Ledger(network, target, [Entry(name, "added", NOW, 701, FLAGS) for name in names])


def backup(state: State, now: datetime = NOW, spare: str | None = None) -> str:
    return _backup.store(state.backups, state.network, state.target, RECORDS, now, spare)


def read_backup(path: str, network: str | None = "network.com") -> tuple[str, list[dict[str, Any]]]:
    return _backup.read(path, network, TARGET, None)


def mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def files(folder: str | Path) -> list[str]:
    return sorted(os.listdir(folder))


# --- the ledger ---------------------------------------------------------------------------------------------------------


def test_it_is_read_back_as_it_was_saved(state: State) -> None:
    state.save(book("a.com", "b.com"))
    found = state.load()
    assert found is not None and found.entries == book("a.com", "b.com").entries


def test_without_a_file_or_a_folder_there_is_none(state: State, tmp_path: Path) -> None:
    assert state.load() is None
    assert State(str(tmp_path / "nowhere"), "network.com", TARGET).load() is None
    assert files(tmp_path) == ["networks"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_nobody_else_may_read_it(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        state = State(str(tmp_path / "one"), "network.com", TARGET)
        state.prepare()
        state.save(book("a.com"))
        stored = backup(state)
    finally:
        os.umask(before)
    assert (mode(tmp_path / "one"), mode(tmp_path / "one/backups")) == (0o700, 0o700)
    assert (mode(state.path), mode(stored)) == (0o600, 0o600)


def test_a_save_that_fails_leaves_the_old_one(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.save(book("a.com"))
    before = Path(state.path).read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StateError, match=r"ledger\.json cannot be written: No space left on device"):
            state.save(book("b.com"))
    assert Path(state.path).read_bytes() == before
    assert files(state.folder) == ["backups", "ledger.json"]
    state.save(book("b.com"))
    found = state.load()
    assert found is not None and list(found.entries) == ["b.com"]


def test_the_new_one_takes_its_place_in_one_step(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the move the old one stands there whole, and the new one is whole when it moves."""
    state.save(book("a.com"))
    moves = []
    move = os.replace

    def watched(part: str, path: str) -> None:
        texts = [Path(name).read_text(encoding="utf-8") for name in (part, path)]
        moves.append([[row["name"] for row in json.loads(text)["domains"]] for text in texts])
        move(part, path)

    monkeypatch.setattr(os, "replace", watched)
    state.save(book("b.com"))
    assert moves == [[["b.com"], ["a.com"]]]


@pytest.mark.parametrize(
    ("content", "fault", "way_out"),
    [
        (b"", "it is damaged (not JSON)", ADOPT),
        (b'{"format": "wpmultisite.ledger/1", "network"', "it is damaged (not JSON)", ADOPT),
        (b"\xff\xfe\x00", "it is damaged (not JSON)", ADOPT),
        (b"null", "it is no ledger", ADOPT),
        (b'{"format": "wpmultisite.listing/1"}', "it is no ledger", ADOPT),
        (b'{"format": "wpmultisite.ledger/2"}', "its format is wpmultisite.ledger/2", "upgrade this one"),
        (b'{"format": "wpmultisite.ledger/1"}', "it is damaged (network is missing)", ADOPT),
    ],
)
def test_a_file_that_must_not_be_used(state: State, content: bytes, fault: str, way_out: str) -> None:
    Path(state.path).write_bytes(content)
    with pytest.raises(StateError) as refused:
        state.load()
    assert state.path in str(refused.value) and fault in str(refused.value) and way_out in str(refused.value)
    assert Path(state.path).read_bytes() == content


@pytest.mark.parametrize(
    ("other", "fault", "way_out"),
    [
        (book("a.com", network="other.com"), "it belongs to the network other.com", "which multisite this host reads"),
        (book("a.com", target=TARGET._replace(webapp_id=3)), "it belongs to web app 3 of server 1", "Check webapp_id"),
        (
            book("a.com", target=TARGET._replace(api_url="https://b.test")),
            "at https://b.test, not to web app 2",
            "server_id and api_url",
        ),
    ],
)
def test_another_ones_file(state: State, other: Ledger, fault: str, way_out: str) -> None:
    State(state.folder, other.network, other.target).save(other)
    with pytest.raises(StateError) as refused:
        state.load()
    assert fault in str(refused.value) and way_out in str(refused.value)


def test_a_file_that_cannot_be_read(state: State) -> None:
    os.mkdir(state.path)
    with pytest.raises(
        StateError,
        match=r"ledger\.json must not be used: it cannot be read \(Is a directory\)\. Check the state directory, and run as",
    ):
        state.load()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match=r"file/one cannot be written: Not a directory\. Check the state directory"):
        State(str(tmp_path / "file/one"), "network.com", TARGET).prepare()


def test_a_folder_that_vanished_is_not_made_again(state: State) -> None:
    os.rename(state.folder, state.folder + ".away")
    for write in (lambda: state.save(book("a.com")), lambda: backup(state)):
        with pytest.raises(StateError, match="cannot be written: No such file or directory"):
            write()
    assert not os.path.exists(state.folder)


# --- backups ------------------------------------------------------------------------------------------------------------


def test_a_backup_holds_the_whole_listing(state: State) -> None:
    path = backup(state)
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA)
    assert os.path.relpath(path, state.folder) == "backups/20260718T120000.000000Z.json"
    assert document["taken"] == "2026-07-18T12:00:00Z"
    assert document["network"] == "network.com" and document["target"]["webapp_id"] == 2
    assert document["domains"] == [RECORDS[1]._asdict(), RECORDS[0]._asdict()]
    rows = [{"name": record.name, **record.flags()} for record in reversed(RECORDS)]
    assert read_backup(path) == read_backup(path, None) == ("network.com", rows)


def test_two_backups_of_one_moment_are_two_files(state: State) -> None:
    paths = [backup(state) for _ in range(3)]
    assert [os.path.basename(path)[15:] for path in paths] == [".000000Z.json", ".000000Z-1.json", ".000000Z-2.json"]
    assert len(files(state.backups)) == 3


def test_the_last_twenty_are_kept(state: State) -> None:
    others = ["by-hand.json", "notes.txt", "20260718T120000.json"]
    for name in others:
        Path(state.backups, name).touch()
    paths = [backup(state, NOW + timedelta(milliseconds=1) * number) for number in range(23)]
    assert files(state.backups) == sorted([*(os.path.basename(path) for path in paths[3:]), *others])


def test_the_one_that_is_restored_is_spared(state: State, tmp_path: Path) -> None:
    first = backup(state)
    link = tmp_path / "link.json"
    link.symlink_to(first)
    for number in range(1, 22):
        backup(state, NOW + timedelta(seconds=number), spare=str(link))
    assert os.path.exists(first) and len(files(state.backups)) == 21
    backup(state, NOW + timedelta(seconds=99), spare="/nonexistent")
    assert not os.path.exists(first) and len(files(state.backups)) == 20


def test_an_old_backup_that_cannot_be_removed_is_told(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        backup(state, NOW + timedelta(seconds=number))
    # A folder of that name is no backup.
    os.mkdir(os.path.join(state.backups, "20250718T120000.000000Z.json"))
    backup(state, NOW + timedelta(seconds=98))

    def refused(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "unlink", refused)
    with pytest.raises(StateError, match="backups cannot be written: Operation not permitted"):
        backup(state, NOW + timedelta(seconds=99))


def test_a_clock_that_went_ahead_costs_no_backup(state: State) -> None:
    """What it dated into the future goes before anything else, and never the one that was just made."""
    for number in range(20):
        backup(state, NOW + timedelta(days=20_000, seconds=number))
    made = [backup(state, NOW + timedelta(seconds=number)) for number in range(5)]
    left = files(state.backups)
    assert all(os.path.basename(path) in left for path in made) and len(left) == 20


ROW: dict[str, Any] = {"name": "a.com", **FLAGS}
GOOD: dict[str, Any] = {
    "format": "wpmultisite.listing/1",
    "network": "network.com",
    "target": {"api_url": "https://panel.test/api", "server_id": 1, "webapp_id": 2},
    "taken": "2026-07-18T12:00:00Z",
    "domains": [ROW],
}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"format": "wpmultisite.listing/2"}, "is no backup of the format wpmultisite.listing/1"),
        ({"format": "wpmultisite.ledger/1"}, "is no backup"),
        ({"network": "other.com"}, "is of another network: other.com, not network.com"),
        ({"network": None}, "it names no network"),
        ({"target": {**GOOD["target"], "webapp_id": 3}}, "is of another web app"),
        ({"target": None}, "is of another web app"),
        ({"domains": []}, "holds no domains; an empty list is never restored"),
        ({"domains": None}, "holds no domains"),
        ({"domains": {"a.com": FLAGS}}, "holds no domains"),
        ({"domains": ["a.com"]}, r"domains\[0\] is no record"),
        (
            {"domains": [{"name": "a.com"}]},
            r"domains\[0\] \(a\.com\): type must be a text; domains\[0\] \(a\.com\): www must be true or false",
        ),
        ({"domains": [{**ROW, "www": "yes"}]}, r"domains\[0\] \(a\.com\): www must be true or false"),
        ({"domains": [{**ROW, "www": 1}]}, r"domains\[0\] \(a\.com\): www must be true or false"),
        (
            {"domains": [{**ROW, "type": ""}, {**ROW, "redirection": None}]},
            r"domains\[0\] \(a\.com\): type .+ domains\[1\] \(a\.com\): redir",
        ),
        (
            {"domains": [ROW, {**ROW, "name": "A.com.", "www": True}]},
            r"a\.com stands in it twice, with different flags",
        ),
    ],
)
def test_a_backup_that_must_not_be_used(tmp_path: Path, change: dict[str, Any], fault: str) -> None:
    path = tmp_path / "backup.json"
    path.write_text(json.dumps({**GOOD, **change}), encoding="utf-8")
    with pytest.raises(StateError, match=fault):
        read_backup(str(path))


def test_a_backup_without_a_network_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "backup.json"
    path.write_text(json.dumps({**GOOD, "network": None}), encoding="utf-8")
    with pytest.raises(StateError, match="it names no network"):
        read_backup(str(path), None)


def test_a_row_that_stands_there_twice_alike_is_one(tmp_path: Path) -> None:
    path = tmp_path / "backup.json"
    path.write_text(json.dumps({**GOOD, "domains": [ROW, {**ROW, "id": 9, "name": " A.com"}]}), encoding="utf-8")
    assert read_backup(str(path))[1] == [ROW]


@pytest.mark.parametrize(
    ("content", "fault"), [(None, "cannot be read: No such file"), ("{", "is not JSON"), ("[]", "is no backup")]
)
def test_what_is_no_backup(tmp_path: Path, content: str | None, fault: str) -> None:
    path = tmp_path / "backup.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(StateError, match=fault):
        read_backup(str(path), None)


# --- what belongs to others ----------------------------------------------------------------------------------------------


def test_ledgers_of_the_same_web_app_beside_it(state: State, tmp_path: Path) -> None:
    beside = {
        "two": book("a.com", "b.com", network="two.com"),
        "three": book("c.com", network="three.com", target=TARGET._replace(webapp_id=3)),
        "renamed": book("d.com"),
    }
    for name, ledger in beside.items():
        other = State(str(tmp_path / "networks" / name), ledger.network, ledger.target)
        other.prepare()
        other.save(ledger)
    (tmp_path / "networks/file").touch()
    (tmp_path / "networks/empty").mkdir()
    state.save(book("own.com"))
    found = state.neighbours()
    assert [(str(other), sorted(other.ledger.entries)) for other in found] == [
        (f"the network network.com ({tmp_path}/networks/renamed/ledger.json)", ["d.com"]),
        (f"the network two.com ({tmp_path}/networks/two/ledger.json)", ["a.com", "b.com"]),
    ]


@pytest.mark.parametrize("content", ["{", "[]", '{"format": "wpmultisite.ledger/2"}', "[" * 100_000, None])
def test_what_nobody_can_read_may_own_anything(state: State, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "networks/two/ledger.json"
    path.parent.mkdir()
    if content is None:
        path.mkdir()
    else:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(StateError, match=r"two/ledger\.json cannot be used: .+ What it owns is not known"):
        state.neighbours()


def test_another_users_folder_may_own_anything(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its mode of 0700, which we gave it ourselves, must not look like no ledger."""
    (tmp_path / "networks/two").mkdir()
    real = open

    def denied(path: Any, *given: Any, **named: Any) -> Any:
        if str(path).endswith("two/ledger.json"):
            raise PermissionError(13, "Permission denied")
        return real(path, *given, **named)

    monkeypatch.setattr("builtins.open", denied)
    with pytest.raises(StateError, match=r"two/ledger\.json cannot be used: it cannot be read \(Permission denied\)"):
        state.neighbours()


def test_without_folders_beside_it_there_is_none(tmp_path: Path) -> None:
    assert State(str(tmp_path / "a/b"), "network.com", TARGET).neighbours() == []


def test_what_killed_saves_left_is_swept(state: State) -> None:
    for folder in (state.folder, state.backups):
        Path(folder, ".wpmultisite-abc.part").touch()
        Path(folder, "mine.part").touch()
    state.prepare()
    assert files(state.folder) == ["backups", "mine.part"] and files(state.backups) == ["mine.part"]


# --- the lock -----------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Locks of this test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    return tmp_path / "xdg"


def lock(target: Target = TARGET, wanted: bool = True, **options: Any) -> Lock:
    return Lock(target, wanted=wanted, now=lambda: NOW, **options)


def path_of(home: Path) -> str:
    (path,) = (home / "wpmultisite.runcloud/locks").iterdir()
    return str(path)


def test_one_run_a_web_app(home: Path) -> None:
    first = lock()
    with first:
        held = rf"Another run works on web app 2 of server 1: process {os.getpid()} of .+ on .+, since 2026-07-18T12:00:00Z"
        with pytest.raises(StateError, match=held), lock():
            pass
        for other in (TARGET._replace(webapp_id=3), TARGET._replace(server_id=3), TARGET._replace(api_url="https://b")):
            with lock(other):
                pass
        with lock(wanted=False):
            pass
    with lock():
        pass
    paths = list((home / "wpmultisite.runcloud/locks").iterdir())
    assert len(paths) == 4 and {mode(path) for path in paths} == {0o600} and mode(paths[0].parent) == 0o700


def test_a_run_that_looks_makes_no_lock(home: Path) -> None:
    with lock(wanted=False):
        assert not home.exists()


def test_a_run_that_fails_frees_it() -> None:
    with pytest.raises(KeyError), lock():
        raise KeyError
    with lock():
        pass


def test_a_longer_word_of_an_earlier_holder_is_not_left(home: Path) -> None:
    with lock():
        Path(path_of(home)).write_text("x" * 500, encoding="utf-8")
    with lock():
        assert "x" * 20 not in Path(path_of(home)).read_text(encoding="utf-8")


def test_a_lock_that_cannot_be_made(home: Path) -> None:
    home.touch()
    with (
        pytest.raises(StateError, match=r"cannot be made: .+ Set XDG_STATE_HOME to a folder of this user"),
        lock(),
    ):
        pass


def test_a_file_system_without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(StateError, match="cannot be made: No locks available"), lock():
        pass


def test_without_xdg_it_lies_below_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME")
    with lock():
        assert len(files(tmp_path / ".local/state/wpmultisite.runcloud/locks")) == 1


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_a_user_without_a_name_is_a_number(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nobody)
    with lock(), pytest.raises(StateError, match=f"of user {os.geteuid()} on "), lock():
        pass


def test_it_waits_for_another_holder_as_long_as_it_may() -> None:
    slept: list[float] = []
    first = lock()
    first.__enter__()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            first.__exit__()

    with lock(timeout=60, sleep=sleep, monotonic=lambda: sum(slept)):
        assert len(slept) == 3
    slept.clear()
    with lock(), pytest.raises(StateError, match="or raise lock_timeout"):
        lock(timeout=60, sleep=slept.append, monotonic=lambda: sum(slept)).__enter__()
    assert 59.5 < sum(slept) < 61


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "one that has just begun"), (b"\xff\xfe", "web app 2 of server 1: ")]
)
def test_whatever_the_lock_says(home: Path, content: bytes, words: str) -> None:
    """A holder has just begun, or something else wrote into the file."""
    with lock():
        Path(path_of(home)).write_bytes(content)
        with pytest.raises(StateError, match=words), lock():
            pass


def test_a_full_disk_keeps_nobody_from_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with lock(), pytest.raises(StateError, match="one that has just begun"), lock():
        pass


def test_two_networks_with_one_state_directory_follow_each_other(tmp_path: Path) -> None:
    """Each on its web app: without this the second would write over the ledger of the first."""
    other, folder = TARGET._replace(webapp_id=3), str(tmp_path / "state")
    with lock(state_dir=folder):
        with pytest.raises(StateError, match=rf"Another run works on the state directory {folder}: process"):
            lock(other, state_dir=folder).__enter__()
        with lock(other, state_dir=str(tmp_path / "another")):
            pass
    with lock(other, state_dir=folder):
        pass
