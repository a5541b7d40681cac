"""The README's roles of a PostgreSQL server, made as it says: what each may do, whatever the program that asks."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest

from refterm.clock import SettableClock
from refterm.config import NoticeSettings, Settings
from refterm.domain.history import Actor
from refterm.errors import NotAllowedError, RefTermError, StoreError
from refterm.services import desk_settings
from refterm.services.assigning import Assigning
from refterm.services.background.delivery import deliver_due
from refterm.services.background.expiry import expire_due
from refterm.services.background.presence import Presence
from refterm.services.desk import Desk
from refterm.services.follow_ups import FollowUps
from refterm.services.importing import Importer
from refterm.services.marks import Marks
from refterm.services.outbox import Outbox
from refterm.services.profiles import Profiles
from refterm.services.replies import Replies
from refterm.services.roles import NEEDS, Role
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.services.workplace import workplace as workplace_of
from refterm.store.database import Database
from refterm.store.opening import open_database
from tests.samples import ahead, api_record, ndjson
from tests.store.support import dump, insert, micros, row

STORES = ("postgresql",)
ROOT = Path(__file__).parents[2]
REFUSED = psycopg.errors.InsufficientPrivilege
CUSTOMER = "kim@kontor.example"
CONTACTS = json.dumps(
    [
        {"name": "Kim", "title": None, "email": f"Kim Berg <{CUSTOMER}>", "phone": None},
        {"name": "Jo", "title": None, "email": "mailto:jo%2Brfi@kontor.example?subject=x", "phone": None},
    ]
)
PROFILE = {"name": "Nord", "region": "DACH", "country": ["DE"], "location": ["Hamburg;loc-1;Ann;ann@us.example"]}


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    with closing(open_database(postgres_url)) as opened:
        yield opened


@pytest.fixture
def logins(database: Database, postgres_url: str) -> Iterator[dict[str, str]]:
    """The desk's URL as a viewer, a triager, an admin and everybody's shared login see it."""
    readme = (ROOT / "README.md").read_text("utf-8")
    (statements,) = re.findall(r"```sql\n(create role.*?)```", readme, re.DOTALL)
    prefix = f"desk_{threading.get_native_id()}_{id(database)}"
    made = {name: f"{prefix}_{name}" for name in ("viewer", "triager", "admin")}
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(statements.replace("refterm_", f"{prefix}_").encode())
        for role in made.values():
            connection.execute(f"create role {role}_login login in role {role}".encode())
        connection.execute(f"create role {prefix}_shared_login login in role {made['admin']}".encode())
        urls = {name: postgres_url.replace("//postgres:@", f"//{prefix}_{name}_login@") for name in (*made, "shared")}
        yield {**urls, "owner": postgres_url}
        connection.execute(f"drop role {prefix}_shared_login".encode())
        for role in made.values():
            connection.execute(f"drop role {role}_login; drop owned by {role}; drop role {role}".encode())


@pytest.fixture
def at(logins: dict[str, str], clock: SettableClock) -> Iterator[Callable[[str], Workplace]]:
    """A person at the desk with a login of the server's; without roles of the site's."""
    opened: list[Workplace] = []

    def sit(login: str) -> Workplace:
        opened.append(workplace_of(open_database(logins[login]), Settings(), Actor(login, f"unix-{login}"), clock))
        return opened[-1]

    yield sit
    for place in opened:
        place.close()


def tables(page: str) -> list[list[list[str]]]:
    """The tables of a page: rows of cells."""
    text = (ROOT / page).read_text("utf-8")
    found = re.findall(r"(?:^\|.*\n)+", text, re.M)
    return [[[cell.strip() for cell in line.strip("|").split("|")] for line in one.splitlines()[2:]] for one in found]


def test_the_page_has_every_command_with_its_role() -> None:
    commands, _of_server = tables("docs/roles.md")
    told = {task: Role[role.upper()] for role, named in commands for task in re.findall("`([^`]+)`", named)}
    assert told == NEEDS


def test_each_cell_of_the_pages_table_is_what_the_server_does(
    database: Database, logins: dict[str, str], at: Callable[[str], Workplace]
) -> None:
    """Read, add, change and remove, tried by a viewer, a triager and an admin on each table directly."""
    (number,) = insert(database, [row(contacts=CONTACTS)])
    Triage(at("owner")).decline([number], {"reason": "budget"})
    _commands, of_server = tables("docs/roles.md")
    columns = {"outbox": "kind, recipient, referral_id, history_id, state, attempts", "presence": "id"}
    found = {}
    for label, *cells in of_server:
        (table,) = re.findall("^`(\\w+)`", label)
        first = {"setting": "key", "remote": "referral_id", "counter": "status", "alembic_version": "version_num"}.get(
            table, "id"
        )
        changed = re.findall(r"\w+", label.partition(":")[2])
        changed = {"state": ["state", "due_at", "attempts"]}.get(changed[0] if changed else "", changed) or [
            "referral_id" if table == "source" else first
        ]
        tried = {
            "read": [f"select * from {table} limit 1"],
            "add": [
                f"insert into outbox ({columns['outbox']}) select 'declined', '{CUSTOMER}', {number}, max(id), 'held', 0"
                " from history having max(id) > 0"
                if table == "outbox"
                else f"insert into {table} default values"
            ],
            # Columns that are named together are each refused or each not.
            "change": [f"update {table} set {column} = {column}" for column in changed],
            "remove": [f"delete from {table} where false"],
        }
        for role, cell in zip(("viewer", "triager", "admin"), cells, strict=True):
            may = []
            for verb, statements in tried.items():
                done = {_allowed(logins[role], statement) for statement in statements}
                assert len(done) == 1, (label, role, verb)
                may += [verb] * done.pop()
            found[label, role] = ", ".join(may)
            assert found[label, role] == cell, (label, role)
    listed = {name for name, *_more in of_server}
    with psycopg.connect(logins["owner"]) as raw:
        there = raw.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    assert {re.findall(r"\w+", name)[0] for name in listed} == {name for (name,) in there}


def _allowed(url: str, statement: str) -> bool:
    with psycopg.connect(url) as raw:
        try:
            raw.execute(statement.encode())
        except REFUSED:
            return False
        except psycopg.Error:  # what is missing in the row is asked for only of who may add it
            return True
        finally:
            raw.rollback()
    return True


def test_a_viewer_looks_through_refterm_too(database: Database, at: Callable[[str], Workplace]) -> None:
    (number,) = insert(database, [row(expires_at=micros(hours=-1))])
    viewer = at("viewer")
    assert (viewer.database.read_only, viewer.role) == (True, Role.VIEWER)
    assert expire_due(viewer) == []
    assert len(dump(viewer.database)["referral"]) == 1
    for change in (
        lambda: Marks(viewer).favorite(number),
        lambda: Triage(viewer).decline([number], {"reason": "budget"}),
        lambda: Profiles(viewer).add(PROFILE),
        lambda: desk_settings.change(viewer, "people.bo=bo@us.example"),
        lambda: Importer(viewer).run(BytesIO(b"{}"), name="-"),
    ):
        with pytest.raises(NotAllowedError, match="may only look here"):
            change()


def test_a_triager_works_through_refterm_and_the_server_writes_who_it_was(
    database: Database, at: Callable[[str], Workplace], clock: SettableClock, tmp_path: Path
) -> None:
    """All that a triager's role allows goes through: decisions, marks, arrivals, expiry, delivery. No more."""
    owner, triager = at("owner"), at("triager")
    Profiles(owner).add(PROFILE)
    desk_settings.change(owner, "people.bo=bo@us.example")
    first, second, third, other = insert(
        database, [row(contacts=CONTACTS, country="DE") for _ in range(3)] + [row(contacts=CONTACTS)]
    )
    Triage(owner).decline([other], {"reason": "budget"})
    before = len(dump(database)["history"])
    Marks(triager).favorite(first)
    Presence(triager).sign()
    Presence(triager).leave()
    Triage(triager).decline([first, second], {"reason": "budget"})
    Triage(triager).undo([first, second])
    Triage(triager).decline([second], {"reason": "budget"})
    Importer(triager).run(BytesIO(ndjson([api_record(expirationDateTime=ahead(days=2))])), name="x.ndjson")
    clock.advance(timedelta(days=20))
    assert len(expire_due(triager)) == 3  # the one that came in, the first and the third
    assert third
    kinds = [one["kind"] for one in Outbox(triager).objects()]
    assert {"new-referral", "reminder", "expired", "declined"} == set(kinds)
    delivered = deliver_due(triager, NoticeSettings(maildir=str(tmp_path / "mail")))
    assert (delivered.failed, delivered.sent > 0) == (0, True)
    with psycopg.connect(str(database.location)) as raw:
        named = raw.execute("select distinct login from history where id > %s", (before,)).fetchall()
    assert [name for (name,) in named] == [triager.database.location.split("//")[1].split("@")[0]]  # type: ignore[union-attr]
    refused: list[tuple[Callable[[], Any], str]] = [
        (lambda: Profiles(triager).add({**PROFILE, "name": "Süd"}), "Keeping profiles: only an admin"),
        (lambda: desk_settings.change(triager, "people.eve=eve@evil.example"), "settings: only an admin"),
        (lambda: Outbox(triager).drop(1), "Keeping the outbox: only an admin"),
    ]
    for change, words in refused:
        with pytest.raises(NotAllowedError, match=words):
            change()
    # And where refterm's own table is passed over, the server refuses in a sentence.
    forced = replace(triager, role=Role.ADMIN)
    with pytest.raises(StoreError, match=r"this login \(permission denied for table profile"):
        Profiles(forced).add({**PROFILE, "name": "Süd"})
    assert Profiles(at("admin")).add({**PROFILE, "name": "Süd"}) == 0


def test_a_triager_delivers_letters_assignments_and_follow_ups(
    database: Database, at: Callable[[str], Workplace], clock: SettableClock, tmp_path: Path
) -> None:
    """W1, T5, A5: also a follow-up whose holder got another address since; the address of no row is changed."""
    owner, triager = at("owner"), at("triager")
    desk_settings.change(owner, "people.triager=old@us.example")
    desk_settings.change(owner, "people.owner=owner@us.example")
    first, second = insert(database, [row(contacts=CONTACTS, status="active", decided_by="triager") for _ in range(2)])
    FollowUps(triager).set(first, {"at": "+1h", "text": "ring them"})
    Replies(triager).send(second, {"to": "", "subject": "Your request", "text": "Dear Kim"})
    assert Assigning(triager).assign([second], {"to": "owner"}).referrals == (second,)
    desk_settings.change(owner, "people.triager=new@us.example")
    clock.advance(timedelta(hours=1))
    delivered = deliver_due(triager, NoticeSettings(maildir=str(tmp_path / "mail")))
    assert (delivered.sent, delivered.failed) == (3, 0)
    assert [(one["kind"], one["to"], one["state"]) for one in Outbox(triager).objects()] == [
        ("follow-up", "old@us.example", "dropped"),
        ("reply", CUSTOMER, "written"),
        ("assigned", "owner@us.example", "written"),
        ("follow-up", "new@us.example", "written"),
    ]
    assert deliver_due(triager, NoticeSettings(maildir=str(tmp_path / "mail"))).sent == 0


def test_a_triager_owes_nothing_to_strangers(
    database: Database, logins: dict[str, str], at: Callable[[str], Workplace]
) -> None:
    """Only own kinds, only to addresses of the referral's contacts or the desk's people; nothing owed is redirected."""
    owner = at("owner")
    Profiles(owner).add(PROFILE)
    desk_settings.change(owner, "people.bo=bo@us.example")
    mine, closed = insert(database, [row(contacts=CONTACTS, profile="Nord") for _ in range(2)])
    Triage(owner).decline([closed], {"reason": "budget"})
    add = (
        "insert into outbox (kind, recipient, referral_id, history_id, state, attempts) select %s, %s, {id}, max(id), %s, 0"
        " from history where referral_id = {of}"
    )
    people = [CUSTOMER, "jo+rfi@kontor.example", "bo@us.example", ""]
    yes = [(kind, to) for kind in ("declined", "reply", "assigned", "follow-up") for to in people]
    yes += [("push", ""), ("new-referral", "ann@us.example"), ("reminder", "ann@us.example")]
    no = [(kind, "eve@evil.example") for kind in ("declined", "reply", "assigned", "follow-up", "push", "reminder")]
    no += [("new-referral", CUSTOMER), ("reminder", "bo@us.example"), ("expired", CUSTOMER), ("letter", CUSTOMER)]
    # Parts of an address that is known.
    no += [("reply", to) for to in ("im@kontor.example", "kim@kontor.exam", "@", "kontor.example")]
    with psycopg.connect(logins["triager"]) as raw:
        for kind, to in yes:
            raw.execute(add.format(id=mine, of=mine).encode(), (kind, to, "held"))
            raw.rollback()
        for kind, to in no:
            with pytest.raises(REFUSED, match="only an admin may owe this"):
                raw.execute(add.format(id=mine, of=mine).encode(), (kind, to, "held"))
            raw.rollback()
        for changed, of in (("sent", mine), ("held", closed)):  # already sent; owed by another's change
            with pytest.raises(REFUSED):
                raw.execute(add.format(id=mine, of=of).encode(), ("reply", CUSTOMER, changed))
            raw.rollback()
        for statement in ("recipient = 'eve@evil.example'", "text = 'x'", "subject = 'x'", "state = 'dropped'"):
            with pytest.raises(REFUSED):
                raw.execute(f"update outbox set {statement} where kind = 'declined'".encode())
            raw.rollback()
        # A table of one's own with a name of ours deceives nobody.
        raw.execute("create temp table profile (name text, locations text)")
        raw.execute("create temp table setting as select 'people.eve' as key, 'eve@evil.example' as value")
        with pytest.raises(REFUSED, match="only an admin may owe this"):
            raw.execute(add.format(id=mine, of=mine).encode(), ("reply", "eve@evil.example", "held"))
        raw.rollback()
    with psycopg.connect(logins["admin"]) as raw:
        raw.execute("update outbox set recipient = 'new@kontor.example', text = 'x', state = 'dropped'")


def test_a_history_entry_cannot_be_forged(database: Database, logins: dict[str, str]) -> None:
    (number,) = insert(database, [row()])
    entry = "insert into history (at, by, login, action, referral_id, changes, version) values (0, 'bo', 'bo', %s, %s, '{}', 0)"
    with psycopg.connect(logins["triager"]) as raw:
        raw.execute(entry, ("noted", number))
        user, kept = raw.execute("select session_user, login from history where action = 'noted'").fetchone()  # type: ignore[misc]
        assert user == kept
        raw.rollback()
        for statement in (
            "update history set by = 'x'",
            "delete from history",
            "truncate history",
            "drop table source",
        ):
            with pytest.raises(REFUSED):
                raw.execute(statement.encode())
            raw.rollback()


@pytest.mark.parametrize("login", ["shared", "admin", "owner"])
def test_a_shared_login_and_the_owner_go_on_as_before(
    database: Database, at: Callable[[str], Workplace], clock: SettableClock, tmp_path: Path, login: str
) -> None:
    """`tick`, import and decisions under one login for all: the history keeps the Unix login of each."""
    first, second = insert(database, [row(contacts=CONTACTS, expires_at=micros(hours=1)) for _ in range(2)])
    for name in ("ana", "bo"):
        place = replace(at(login), actor=Actor(name, name))
        assert place.role is Role.ADMIN
        Marks(place).note(first, "called")
        Profiles(place).add({**PROFILE, "name": f"Of {name}"})
    Importer(place).run(BytesIO(ndjson([api_record()])), name="x.ndjson")
    Triage(place).decline([second], {"reason": "budget"})
    clock.advance(timedelta(hours=2))
    assert expire_due(place) == [first]
    delivered = deliver_due(place, NoticeSettings(maildir=str(tmp_path / "mail")))
    assert (delivered.failed, delivered.sent > 0) == (0, True)
    noted = [one for one in Desk(place).history(first) if one.action == "noted"]
    assert [(one.by, one.login) for one in noted] == [("ana", "ana"), ("bo", "bo")]
    with pytest.raises(RefTermError, match="no notice"):
        Outbox(place).retry(999)
