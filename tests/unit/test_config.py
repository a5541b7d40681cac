"""The configuration: which source beats which, and what each mistake is told (contract, Where things live)."""

from __future__ import annotations

import os
import time
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from refterm import config, paths
from refterm.config import Settings, load
from refterm.errors import ConfigurationError
from refterm.paths import database_location


class Files:
    """The site's and the user's file, and how to load them."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site.toml"
        self.user = folder / "user.toml"

    def load(
        self, *, site: str = "", user: str = "", environment: dict[str, str] | None = None, kiosk: bool = False
    ) -> Settings:
        self.site.write_text(site, "utf-8")
        self.user.write_text(user, "utf-8")
        return load(config=self.user, environment=environment or {}, site=self.site, kiosk=kiosk)

    def refused(self, *, site: str = "", user: str = "", environment: dict[str, str] | None = None) -> str:
        with pytest.raises(ConfigurationError) as caught:
            self.load(site=site, user=user, environment=environment)
        return str(caught.value)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


class TestDefaults:
    def test_with_no_file_at_all(self, tmp_path: Path) -> None:
        assert load(environment={}, site=tmp_path / "none.toml") == Settings()

    def test_the_documented_ones(self) -> None:
        found = Settings()
        assert (found.undo_seconds, found.mouse, found.bell, found.read_only, found.ascii) == (
            60,
            True,
            False,
            False,
            None,
        )
        assert (found.notices.transport, found.notices.deliver, found.notices.customers) == ("maildir", "desk", "auto")
        assert (found.notices.remind_respond_hours, found.notices.remind_expire_hours) == (4, 24)
        assert found.partner_center.interval_minutes == 10
        assert (found.kiosk, found.locked, found.roles.admin) == (False, (), ())


class TestWhatBeatsWhat:
    """Flag beats environment beats user file beats site file beats default."""

    def test_in_that_order(self, files: Files) -> None:
        site, user = "database = 'site.db'", "database = 'user.db'"
        environment = {"REFTERM_DB": "environment.db"}
        assert files.load().database is None
        assert files.load(site=site).database == "site.db"
        assert files.load(site=site, user=user).database == "user.db"
        found = files.load(site=site, user=user, environment=environment)
        assert found.database == "environment.db"
        assert found.overridden(database="flag.db").database == "flag.db"
        assert found.overridden(database=None).database == "environment.db"

    def test_who_acts(self, files: Files) -> None:
        assert files.load(user="user = 'ana'").user == "ana"
        assert files.load(user="user = 'ana'", environment={"REFTERM_USER": "bo"}).user == "bo"

    def test_an_empty_variable_says_nothing(self, files: Files) -> None:
        found = files.load(
            user="database = 'user.db'\nuser = 'ana'", environment={"REFTERM_DB": "", "REFTERM_USER": ""}
        )
        assert (found.database, found.user) == ("user.db", "ana")

    def test_a_table_is_merged_key_by_key(self, files: Files) -> None:
        found = files.load(
            site="[partner_center]\ntenant = 'ours'\ninterval_minutes = 48",
            user="[partner_center]\ninterval_minutes = 12",
        )
        assert (found.partner_center.tenant, found.partner_center.interval_minutes) == ("ours", 12)
        assert found.partner_center.client_id is None

    def test_a_false_flag_counts(self, files: Files) -> None:
        assert files.load(user="mouse = true").overridden(mouse=False).mouse is False

    def test_the_variable_names_another_users_file(self, files: Files, tmp_path: Path) -> None:
        other = tmp_path / "other.toml"
        other.write_text("bell = true", "utf-8")
        files.site.write_text("mouse = false", "utf-8")
        found = load(environment={"REFTERM_CONFIG": str(other)}, site=files.site)
        assert (found.bell, found.mouse) == (True, False)

    def test_the_flag_beats_that_variable(self, files: Files) -> None:
        assert files.load(user="bell = true", environment={"REFTERM_CONFIG": "/nowhere.toml"}).bell

    def test_the_users_own_file(self, tmp_path: Path) -> None:
        folder = paths.config_folder()
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text("bell = true", "utf-8")
        assert load(environment={}, site=tmp_path / "none.toml").bell

    def test_no_variable_moves_the_sites_file(self) -> None:
        assert Path("/etc/refterm/config.toml") == config.SITE_FILE

    def test_every_key_that_is_documented(self, files: Files) -> None:
        found = files.load(
            site="""
            kiosk = false
            locked = ["undo_seconds", "notices", "notices.from", "roles.admin"]
            [roles]
            viewer = ["@guests"]
            triager = ["ana"]
            admin = ["bo", "@wheel"]
            [notices]
            transport = "smtp"
            maildir = "/var/mail/refterm"
            from = "desk@nordlicht.example"
            host = "mail.example"
            port = 587
            security = "tls"
            user = "desk"
            password_command = "pass desk"
            deliver = "tick"
            customers = "never"
            remind_respond_hours = 0
            remind_expire_hours = 0
            """,
            user="""
            database = "desk.db"
            user = "ana"
            language = "es"
            time_zone = "Europe/Madrid"
            ascii = "auto"
            mouse = false
            bell = true
            theme = "nord"
            read_only = true
            [partner_center]
            base_url = "https://api.example"
            authority = "https://login.example"
            tenant = "t"
            client_id = "c"
            interval_minutes = 5
            token_command = "token"
            """,
        )
        assert found.notices.from_ == "desk@nordlicht.example"
        assert found.roles.admin == ("bo", "@wheel")
        assert found.ascii is None
        assert found.zone() == ZoneInfo("Europe/Madrid")


class TestMistakes:
    """An unknown key or a bad value is an error that names file, key and what is allowed."""

    @pytest.mark.parametrize(
        ("text", "key", "allowed"),
        [
            ("databse = 'x'", "databse is not a key", "database"),
            ("[partner_center]\ntenent = 'x'", "partner_center.tenent is not a key", "tenant, token_command"),
            ("[deadlines]\nrespond_hours = 24", "[deadlines]", "refterm db set deadlines.respond_hours=24"),
            ("[people]\nbob = 'x'", "[people]", "refterm db set people.bob=bob@example.com"),
            ("[notice]\nfrom = 'x'", "notice is not a key", "notices"),
            ("[notices]\nfrom_ = 'x'", "notices.from_ is not a key", "from"),
            ("database = 5", "database", "must be a text"),
            ("[database]\nx = 1", "database", "must be a text"),
            ("language = 'xx'", "language", "must be one of en, es"),
            ("mouse = 1", "mouse", "must be true or false"),
            ("mouse = 'auto'", "mouse", "must be true or false"),
            ("ascii = 'yes'", "ascii", "must be true or false"),
            ("undo_seconds = -1", "undo_seconds", "must be a whole number from 0 to 3600"),
            ("undo_seconds = 3601", "undo_seconds", "must be a whole number from 0 to 3600"),
            ("undo_seconds = 1.5", "undo_seconds", "must be a whole number from 0 to 3600"),
            ("undo_seconds = true", "undo_seconds", "must be a whole number from 0 to 3600"),
            ("undo_seconds = '60'", "undo_seconds", "must be a whole number from 0 to 3600"),
            ("undo_seconds = 99999999999999999999", "undo_seconds", "must be a whole number from 0 to 3600"),
            ("[partner_center]\ninterval_minutes = 0", "partner_center.interval_minutes", "from 1 to 100000"),
            ("[notices]\nport = 65536", "notices.port", "from 1 to 65535"),
            ("[notices]\ntransport = 'pigeon'", "notices.transport", "must be one of maildir, smtp, off"),
            ("[notices]\ntransport = 1", "notices.transport", "must be one of maildir, smtp, off"),
            ("[notices]\ncustomers = 'some'", "notices.customers", "must be one of auto, always, never"),
            ("notices = 'off'", "[notices]", "must be a table"),
            ("time_zone = 'Madrid'", "time_zone", "must be a time zone such as Europe/Madrid"),
            ("time_zone = '../etc/passwd'", "time_zone", "must be a time zone such as Europe/Madrid"),
            ("time_zone = ''", "time_zone", "must be a time zone such as Europe/Madrid"),
            ("time_zone = 1", "time_zone", "must be a text"),
        ],
    )
    def test_in_the_users_file(self, files: Files, text: str, key: str, allowed: str) -> None:
        sentence = files.refused(user=text)
        assert sentence.startswith(f"{files.user}: {key}")
        assert allowed in sentence
        assert files.refused(site=text).startswith(f"{files.site}: {key}")

    @pytest.mark.parametrize(
        ("text", "key"),
        [("locked = 'database'", "locked"), ("locked = [1]", "locked"), ("[roles]\nadmin = 'ana'", "roles.admin")],
    )
    def test_a_list_of_texts_in_the_sites_file(self, files: Files, text: str, key: str) -> None:
        assert files.refused(site=text) == f"{files.site}: {key} must be a list of texts"

    @pytest.mark.parametrize("text", ["kiosk = true", "locked = []", "[roles]\nadmin = ['ana']"])
    def test_what_belongs_in_the_sites_file(self, files: Files, text: str) -> None:
        key = text.strip("[").split()[0].strip("]")
        assert files.refused(user=text) == f"{files.user}: {key} belongs in the site's file"

    def test_a_key_of_the_site_is_not_offered_to_a_user(self, files: Files) -> None:
        assert "kiosk" not in files.refused(user="databse = 'x'")
        assert "kiosk" in files.refused(site="databse = 'x'")

    @pytest.mark.parametrize("text", ["database = ", "= 5", "[notices", "a = 1\na = 2", "database = 'x' 'y'"])
    def test_what_is_no_toml(self, files: Files, text: str) -> None:
        sentence = files.refused(user=text)
        assert sentence.startswith(f"{files.user} is no TOML: ")
        assert "(at " in sentence

    def test_what_cannot_be_read_to_its_end(self, files: Files) -> None:
        assert "too deep" in files.refused(user="a = " + "[" * 100_000)
        files.user.unlink()
        os.mkfifo(files.user)
        for endless in (files.user, Path("/dev/zero")):
            with pytest.raises(ConfigurationError, match="is no regular file"):
                load(config=endless, environment={}, site=files.site)
        assert load(config=Path(os.devnull), environment={}, site=files.site) == Settings()

    def test_what_is_not_even_text(self, files: Files) -> None:
        files.user.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ConfigurationError, match="is no TOML"):
            load(config=files.user, environment={}, site=files.site)

    def test_a_byte_order_mark_is_no_mistake(self, files: Files) -> None:
        files.user.write_bytes(b"\xef\xbb\xbfbell = true")
        assert load(config=files.user, environment={}, site=files.site).bell

    @pytest.mark.parametrize("by_variable", [True, False])
    def test_a_named_file_must_exist(self, tmp_path: Path, by_variable: bool) -> None:
        missing = tmp_path / "missing.toml"
        with pytest.raises(ConfigurationError) as caught:
            load(
                config=None if by_variable else missing,
                environment={"REFTERM_CONFIG": str(missing)} if by_variable else {},
                site=tmp_path / "none.toml",
            )
        assert str(caught.value) == f"{missing}: there is no such configuration file"

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="Is a directory"):
            load(config=tmp_path, environment={}, site=tmp_path / "none.toml")

    def test_no_settings_of_mine_please(self, tmp_path: Path) -> None:
        assert load(config=Path("/dev/null"), environment={}, site=tmp_path / "none.toml") == Settings()


class TestLocked:
    """`locked` names keys that a user cannot change."""

    @pytest.mark.parametrize(
        ("locked", "text", "key"),
        [
            ("undo_seconds", "undo_seconds = 5", "undo_seconds"),
            ("notices.host", "[notices]\nhost = 'x'", "notices.host"),
            ("notices", "[notices]\nhost = 'x'", "notices"),
        ],
    )
    def test_not_in_the_users_file(self, files: Files, locked: str, text: str, key: str) -> None:
        sentence = files.refused(site=f"locked = ['{locked}']", user=text)
        assert sentence == f"{files.user}: {key} is locked by the site's configuration; remove it here"

    def test_the_rest_of_a_table_is_free(self, files: Files) -> None:
        found = files.load(site="locked = ['notices.host']", user="[notices]\nport = 25")
        assert found.notices.port == 25

    def test_not_by_the_environment(self, files: Files) -> None:
        found = files.load(
            site="locked = ['database', 'user']\ndatabase = 'site.db'\nuser = 'desk'",
            environment={"REFTERM_DB": "mine.db", "REFTERM_USER": "me"},
        )
        assert (found.database, found.user) == ("site.db", "desk")

    def test_not_by_a_flag(self, files: Files) -> None:
        found = files.load(site="locked = ['database']\ndatabase = 'site.db'")
        with pytest.raises(ConfigurationError, match="database is locked by the site's configuration"):
            found.overridden(database="mine.db")
        assert found.overridden(database="site.db", bell=True).database == "site.db"

    @pytest.mark.parametrize("key", ["undo_second", "notices.hots", "notices.from_", ""])
    def test_a_misspelt_name_would_lock_nothing(self, files: Files, key: str) -> None:
        sentence = files.refused(site=f"locked = ['{key}']")
        assert sentence.startswith(f"{files.site}: locked names {key}, which is not a key; allowed are ")


class TestKiosk:
    """In kiosk no user file is read."""

    @pytest.mark.parametrize(("site", "flag"), [("kiosk = true", False), ("", True)])
    def test_no_user_file_is_read(self, files: Files, site: str, flag: bool) -> None:
        found = files.load(site=site, user="bell = true", kiosk=flag)
        assert (found.bell, found.kiosk) == (False, True)

    def test_not_even_to_see_that_it_is_there(self, files: Files, tmp_path: Path) -> None:
        files.site.write_text("kiosk = true", "utf-8")
        found = load(environment={"REFTERM_CONFIG": str(tmp_path / "missing.toml")}, site=files.site)
        assert found.kiosk

    @pytest.mark.parametrize(("site", "flag"), [("kiosk = true\n", False), ("", True)])
    def test_no_other_database_can_be_named(self, files: Files, site: str, flag: bool) -> None:
        site += "database = 'ours.db'"
        found = files.load(site=site, environment={"REFTERM_DB": "x.db"}, kiosk=flag)
        assert found.database == "ours.db"
        with pytest.raises(ConfigurationError, match="database is locked"):
            found.overridden(database="x.db")

    def test_commands_that_it_answers_are_looks(self, files: Files) -> None:
        assert files.load(site="kiosk_commands = ['list', 'show', 'insights']").kiosk_commands[1] == "show"
        sentence = files.refused(site="kiosk_commands = ['list', 'import']")
        assert sentence.endswith("kiosk_commands may name list, show, insights, not import")
        assert "belongs in the site's file" in files.refused(user="kiosk_commands = ['list']")


def test_where_the_site_says_how_notices_go_out_nobody_else_does(files: Files) -> None:
    """Contract, Roles: a user's `[notices]` is refused; its password command would run for the desk."""
    site = "[notices]\ndeliver = 'tick'"
    assert files.load(site=site).notices.deliver == "tick"
    assert "notices is locked" in files.refused(site=site, user="[notices]\nmaildir = 'x'")


class TestDatabase:
    """A path, or a URL."""

    @pytest.mark.parametrize(
        ("named", "path"),
        [
            ("desk.db", "desk.db"),
            ("/srv/desk.db", "/srv/desk.db"),
            ("sqlite:///desk.db", "desk.db"),
            ("sqlite:///sub/desk.db", "sub/desk.db"),
            ("sqlite:////srv/desk.db", "/srv/desk.db"),
            ("SQLite:////srv/desk.db", "/srv/desk.db"),
            ("~nobody-of-that-name/desk.db", "~nobody-of-that-name/desk.db"),
        ],
    )
    def test_path(self, named: str, path: str) -> None:
        assert database_location(named) == Path(path)

    @pytest.mark.parametrize("named", ["~/desk.db", "sqlite:///~/desk.db"])
    def test_home(self, named: str) -> None:
        assert database_location(named) == Path.home() / "desk.db"

    @pytest.mark.parametrize("named", [None, ""])
    def test_otherwise_in_the_users_data_folder(self, named: str | None, tmp_path: Path) -> None:
        assert database_location(named) == tmp_path / "home/.local/share/refterm/desk.db"

    @pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql", "PostgreSQL"])
    def test_a_database_server(self, scheme: str) -> None:
        named = f"{scheme}://ana:secret@db.example:5432/desk"
        assert database_location(named) == "postgresql://ana:secret@db.example:5432/desk"

    def test_another_kind_is_one_sentence_without_the_password(self) -> None:
        with pytest.raises(ConfigurationError) as caught:
            database_location("mysql://ana:secret@db.example/desk")
        assert str(caught.value) == (
            "mysql://...: name a SQLite file by its path or as sqlite:///desk.db,"
            " or a PostgreSQL database as postgresql+psycopg://host/name"
        )

    @pytest.mark.parametrize(
        "named",
        [
            "postgresql:/ana:secret@db.example/desk",
            "postgresql+psycopg:/desk",
            "postgresql:desk",
            "Postgres:desk",
            "sqlite:/desk.db",
            "sqlite:desk.db",
            "mysql:/desk",
            "file:/srv/desk.db",
        ],
    )
    def test_a_mistyped_url_is_no_path(self, named: str) -> None:
        """It would make folders and a file of that name."""
        with pytest.raises(ConfigurationError, match="name a SQLite file by its path") as caught:
            database_location(named)
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("named", ["c:/desk.db", "./postgresql:desk", "a:b.db", "/srv/sqlite:/desk.db"])
    def test_a_colon_alone_is_no_url(self, named: str) -> None:
        assert database_location(named) == Path(named)

    @pytest.mark.parametrize(
        "named", ["sqlite://", "sqlite:///", "sqlite://desk.db", "sqlite://ana:secret@host/desk.db"]
    )
    def test_a_url_that_names_no_file(self, named: str) -> None:
        with pytest.raises(ConfigurationError, match="name the file after three slashes") as caught:
            database_location(named)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("name", "zone"), [(None, None), ("America/New_York", ZoneInfo("America/New_York"))])
def test_z1_the_viewers_zone(name: str | None, zone: tzinfo | None) -> None:
    assert Settings(time_zone=name).zone() == zone


def test_the_folders_are_the_users(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert paths.config_folder() == home / ".config/refterm"
    assert paths.data_folder() == home / ".local/share/refterm"
    assert paths.state_folder() == home / ".local/state/refterm"


def test_a_zone_of_the_environment_with_which_nothing_can_be_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python knows no zone that is a day or more ahead; each command ended in an unexpected error."""
    with monkeypatch.context() as given:
        given.setenv("TZ", "UTC+25")
        time.tzset()
        with pytest.raises(ConfigurationError, match="the variable TZ is no time zone"):
            Settings().zone()
        assert Settings(time_zone="UTC").zone() == ZoneInfo("UTC")
    time.tzset()
