"""Business profiles and routing (P1, P2, P3, P5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError, WrongStateError
from refterm.services.desk import Desk
from refterm.services.profiles import BATCH, Profiles
from refterm.services.roles import Role
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.store import codec
from tests.conftest import ImportRecords
from tests.samples import NOW, active_record, ahead, api_record
from tests.store.support import seated

IBERIA: dict[str, Any] = {
    "name": "Iberia",
    "region": "Iberia",
    "country": ["ES", "pt"],
    "location": ["Madrid;ID-M;Ana;ana@iberia.example;+34 1", "Lisboa;ID-L;Rui;rui@iberia.example"],
    "size": "51-250",
    "currency": "eur",
}
DACH: dict[str, Any] = {
    "name": "DACH",
    "region": "DACH",
    "country": ["DE", "AT", "CH"],
    "location": ["Kiel;ID-K;Inga;inga@dach.example"],
}
Owed = Callable[[int], list[tuple[str, str, str]]]


@pytest.fixture
def profiles(workplace: Workplace) -> Profiles:
    return Profiles(workplace)


@pytest.fixture
def owed(workplace: Workplace) -> Owed:
    """Kind, recipient and state of what a referral owes."""

    def of(referral: int) -> list[tuple[str, str, str]]:
        with workplace.database.reading() as connection:
            query = "select kind, recipient, state from outbox where referral_id = ? order by id"
            return [tuple(row) for row in connection.execute(query, (referral,))]

    return of


def _record(country: str, city: str = "Kiel", **more: Any) -> dict[str, Any]:
    return api_record(**{"customerProfile__address__country": country, "customerProfile__address__city": city, **more})


def _profile(workplace: Workplace, number: int) -> str | None:
    return Desk(workplace).referral(number).profile


class TestKeeping:
    def test_what_is_added_is_there_as_typed(self, profiles: Profiles) -> None:
        profiles.add(IBERIA)
        (one,) = profiles.all()
        assert (one.name, one.countries, one.size_min, one.size_max, one.currency) == (
            "Iberia",
            ("ES", "PT"),
            51,
            250,
            "EUR",
        )
        assert [(place.city, place.target_id) for place in one.locations] == [("Madrid", "ID-M"), ("Lisboa", "ID-L")]
        assert one.active

    def test_the_same_id_again_adds_a_contact(self, profiles: Profiles) -> None:
        profiles.add(IBERIA | {"location": ["Madrid;ID-M;Ana;ana@x.example", "Madrid;ID-M;Eva;eva@x.example"]})
        (place,) = profiles.get("iberia").locations
        assert [person.email for person in place.contacts] == ["ana@x.example", "eva@x.example"]

    def test_each_change_stands_in_the_history(self, profiles: Profiles, workplace: Workplace) -> None:
        profiles.add(IBERIA)
        profiles.edit("Iberia", {"size": "10-", "keywords": "azure, security"})
        profiles.remove("Iberia")
        added, edited, removed = Desk(workplace).history()
        assert [one.action for one in (added, edited, removed)] == [
            "profile-added",
            "profile-edited",
            "profile-removed",
        ]
        assert edited.changes == {
            "name": ("Iberia", "Iberia"),
            "size": ("51-250", "10-"),
            "keywords": ([], ["azure", "security"]),
        }
        assert (edited.by, edited.referral) == ("ana", None)
        assert removed.changes["region"] == ("Iberia", None)
        assert profiles.all() == []

    def test_an_edit_that_changes_nothing_writes_nothing(self, profiles: Profiles, workplace: Workplace) -> None:
        profiles.add(IBERIA)
        profiles.edit("Iberia", {"size": "51 - 250"})
        assert len(list(Desk(workplace).history())) == 1

    @pytest.mark.parametrize(
        ("field", "text", "sentence"),
        [
            ("name", " ", "a profile needs a name"),
            ("region", "", "a profile needs a region, such as DACH"),
            ("country", "", "a profile needs at least one country, such as DE"),
            ("country", "Spain", "SPAIN is no country: two letters of ISO 3166, such as DE"),
            ("country", "DE, XX", "XX is no country: two letters of ISO 3166, such as DE"),
            ("country", "ZZ", "ZZ is no country: two letters of ISO 3166, such as DE"),
            ("country", "UK", "UK is no country: two letters of ISO 3166, such as GB"),
            ("location", "", "a profile needs at least one location, as City;ID;CONTACT;e-mail;phone"),
            ("location", "Kiel;1;Inga;no address", '"no address" is no e-mail address'),
            (
                "location",
                "Kiel;1;Inga;a@b;1;2",
                "Kiel;1;Inga;a@b;1;2: write a location as City;ID;CONTACT;e-mail;phone",
            ),
            ("location", "\n".join(f"City {n};{n}" for n in range(6)), "a profile has at most 5 locations"),
            ("size", "250-51", "the smallest size is larger than the largest"),
            ("size", "many", "write sizes as MIN-MAX, such as 51-250"),
        ],
    )
    def test_bad_fields_are_said_and_nothing_is_written(
        self, profiles: Profiles, field: str, text: str, sentence: str
    ) -> None:
        with pytest.raises(InvalidInputError) as caught:
            profiles.add(IBERIA | {field: text})
        assert caught.value.fields == {field: sentence}
        assert profiles.all() == []

    def test_two_of_one_name(self, profiles: Profiles) -> None:
        profiles.add(IBERIA)
        profiles.add(DACH)
        for name in ("Iberia", "IBERIA"):
            with pytest.raises(InvalidInputError, match="a profile of that name"):
                profiles.add(IBERIA | {"name": name})
        with pytest.raises(InvalidInputError, match="a profile of that name"):
            profiles.edit("DACH", {"name": "iberia"})
        with pytest.raises(NotFoundError, match="there is no profile Nordics"):
            profiles.edit("Nordics", {})

    def test_who_edits_what_somebody_changed_meanwhile_is_told(self, profiles: Profiles) -> None:
        profiles.add(IBERIA)
        read = profiles.get("Iberia")
        profiles.edit("Iberia", {"size": ""})
        with pytest.raises(ConflictError, match="changed by somebody else"):
            profiles.edit("Iberia", {"size": "1-2"}, read=read)

    def test_only_an_admin_keeps_them(self, workplace: Workplace) -> None:
        with pytest.raises(NotAllowedError, match="Keeping profiles: only an admin may do this"):
            Profiles(replace(workplace, role=Role.TRIAGER)).add(IBERIA)

    def test_one_with_referrals_stays_and_its_new_name_goes_along(
        self, profiles: Profiles, workplace: Workplace, import_records: ImportRecords
    ) -> None:
        """P5: it cannot be removed, only deactivated."""
        profiles.add(IBERIA)
        (number,) = import_records([_record("ES")])
        with pytest.raises(WrongStateError, match="and stays; refterm profile edit Iberia --inactive deact"):
            profiles.remove("Iberia")
        profiles.edit("Iberia", {"name": "Península"})
        assert _profile(workplace, number) == "Península"

    def test_a_new_name_is_a_change_of_each_referral(
        self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock
    ) -> None:
        """T2, T4: with its history entry, so that others' forms and lists notice."""
        Profiles(workplace).add(IBERIA)
        numbers = import_records([_record("ES"), _record("PT"), _record("FR")])
        before = [Desk(workplace).referral(number) for number in numbers]
        clock.advance(timedelta(minutes=5))
        Profiles(seated(workplace, "bob")).edit("Iberia", {"name": "Península"})
        after = [Desk(workplace).referral(number) for number in numbers]
        assert [one.version - old.version for one, old in zip(after, before, strict=True)] == [1, 1, 0]
        assert [one.profile for one in after] == ["Península", "Península", None]
        for number in numbers[:2]:
            last = list(Desk(workplace).history(number))[-1]
            assert (last.action, last.by, last.at) == ("updated", "bob", NOW + timedelta(minutes=5))
            assert last.changes == {"profile": ("Iberia", "Península")}
        with workplace.database.reading() as connection:
            changed = [row[0] for row in connection.execute("select changed_at from referral order by id")]
        assert [moment == codec.micros(clock.now()) for moment in changed] == [True, True, False]


class TestRouting:
    def test_by_the_location_that_the_referral_names(
        self, profiles: Profiles, workplace: Workplace, import_records: ImportRecords, owed: Owed
    ) -> None:
        profiles.add(IBERIA)
        profiles.add(DACH)
        (number,) = import_records([_record("DE", target=[{"type": "BusinessProfileLocation", "id": "ID-L"}])])
        assert _profile(workplace, number) == "Iberia"
        assert {to for _kind, to, _state in owed(number)} == {"rui@iberia.example"}

    @pytest.mark.parametrize("target", [[], [{"type": "BusinessProfileLocation", "id": "nobody's"}]])
    def test_else_by_country_then_city(
        self, profiles: Profiles, workplace: Workplace, import_records: ImportRecords, owed: Owed, target: Any
    ) -> None:
        profiles.add(IBERIA)
        profiles.add(IBERIA | {"name": "Andalucía", "location": ["Sevilla;;Sol;sol@x.example"]})
        first, second, third = import_records(
            [
                _record("PT", "LISBOA", target=target),
                _record("ES", "sevilla", target=target),
                _record("FR", target=target),
            ]
        )
        assert [_profile(workplace, number) for number in (first, second, third)] == ["Iberia", "Andalucía", None]
        assert {to for _kind, to, _state in owed(first)} == {"rui@iberia.example"}
        assert owed(third) == []

    def test_then_by_solution_then_by_name(
        self, profiles: Profiles, workplace: Workplace, import_records: ImportRecords
    ) -> None:
        profiles.add(DACH | {"name": "B", "solutions": ["security"]})
        profiles.add(DACH | {"name": "A", "location": ["Graz;;x;x@x.example"]})
        profiles.add(DACH | {"name": "C", "location": ["Bern;;x;x@x.example"], "solutions": ["Cloud Migration"]})
        (number,) = import_records([_record("CH", "Basel")])
        solutions = Desk(workplace).referral(number).solutions
        assert solutions == ("Cloud Migration",)
        assert _profile(workplace, number) == "C"
        profiles.activate("C", active=False)
        (number,) = import_records([_record("CH", "Basel")])
        assert _profile(workplace, number) == "A"

    def test_an_inactive_one_takes_none_and_one_that_appears_takes_what_waited(
        self, profiles: Profiles, workplace: Workplace, import_records: ImportRecords, owed: Owed
    ) -> None:
        """P2, P5: nothing is dropped."""
        profiles.add(IBERIA | {"active": "no"})
        waiting, decided, elsewhere = import_records([_record("ES"), _record("ES"), _record("FR")])
        Triage(workplace).decline([decided], {"reason": "budget", "notes": ""})
        assert _profile(workplace, waiting) is None
        assert profiles.activate("Iberia", active=True) == 1
        assert [_profile(workplace, number) for number in (waiting, decided, elsewhere)] == ["Iberia", None, None]
        assert [kind for kind, _to, _state in owed(waiting)] == ["new-referral", "reminder", "reminder"]
        last = list(Desk(workplace).history(waiting))[-1]
        assert (last.action, last.by, last.changes) == ("updated", "refterm", {"profile": (None, "Iberia")})

    def test_a_location_of_an_inactive_profile_counts_as_unknown(
        self, profiles: Profiles, workplace: Workplace, import_records: ImportRecords
    ) -> None:
        """P5: then the customer's country decides, and where it has no profile nobody does."""
        profiles.add(IBERIA | {"active": "no"})
        profiles.add(DACH)
        target = [{"type": "BusinessProfileLocation", "id": "ID-M"}]
        german, spanish = import_records([_record("DE", target=target), _record("ES", "Madrid", target=target)])
        assert [_profile(workplace, number) for number in (german, spanish)] == ["DACH", None]
        profiles.activate("Iberia", active=True)
        assert [_profile(workplace, number) for number in (german, spanish)] == ["DACH", "Iberia"]
        (now_known,) = import_records([_record("DE", target=target)])
        assert _profile(workplace, now_known) == "Iberia"

    @pytest.mark.parametrize("before", [BATCH - 1, BATCH, BATCH + 50])
    def test_one_behind_many_that_fit_none_is_routed(
        self, profiles: Profiles, workplace: Workplace, import_records: ImportRecords, before: int
    ) -> None:
        """P5: those that stay unrouted are passed over."""
        *_others, last = import_records([*(_record("FR") for _number in range(before)), _record("DE")])
        assert profiles.add(DACH) == 1
        assert _profile(workplace, last) == "DACH"


class TestWhatIsOwed:
    """N1, P3: every contact of the location, once for the news and once for each reminder."""

    def test_to_every_contact(
        self, profiles: Profiles, import_records: ImportRecords, owed: Owed, workplace: Workplace
    ) -> None:
        profiles.add(
            DACH | {"location": ["Kiel;;A;a@x.example", "Kiel;;B;b@x.example", "Kiel;;C;", "Kiel;;A;a@x.example"]}
        )
        (number,) = import_records([_record("DE", expirationDateTime=ahead(days=5))])
        assert owed(number) == [
            *(("new-referral", "a@x.example", "due"), ("reminder", "a@x.example", "held")),
            ("reminder", "a@x.example", "held"),
            *(("new-referral", "b@x.example", "due"), ("reminder", "b@x.example", "held")),
            ("reminder", "b@x.example", "held"),
        ]
        with workplace.database.reading() as connection:
            moments = [
                row[0] for row in connection.execute("select due_at from outbox where recipient = 'a@x.example'")
            ]
        referral = Desk(workplace).referral(number)
        assert referral.expires_at
        expected = (NOW, referral.received_at + timedelta(hours=20), referral.expires_at - timedelta(hours=24))
        assert [codec.instant(moment) for moment in moments] == list(expected)

    def test_nothing_for_what_arrives_decided_or_expired(
        self, profiles: Profiles, import_records: ImportRecords, owed: Owed, workplace: Workplace
    ) -> None:
        profiles.add(DACH)
        active = active_record(**{"customerProfile__address__country": "DE"})
        past = _record("DE", expirationDateTime=ahead(hours=-1))
        first, second = import_records([active, past])
        assert (_profile(workplace, first), _profile(workplace, second)) == ("DACH", "DACH")
        assert owed(first) == owed(second) == []

    def test_a_later_import_of_the_same_owes_nothing_again(
        self, profiles: Profiles, import_records: ImportRecords, owed: Owed
    ) -> None:
        profiles.add(DACH)
        record = _record("DE")
        (number,) = import_records([record])
        before = owed(number)
        import_records([json.loads(json.dumps(record))])
        assert owed(number) == before
