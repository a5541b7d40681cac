"""The past deals most like a referral, with how they ended (I7): by full-text rank over the need, then what they share."""

from __future__ import annotations

from contextlib import closing

from refterm.domain.row import Row
from refterm.services.desk import Desk
from refterm.services.workplace import Workplace
from refterm.store import queries, search
from refterm.store.full_referrals import Whole
from refterm.store.opening import open_database
from refterm.store.search_words import telling

# How many candidates the search gives, and how many of them are shown.
FOUND, SHOWN = 40, 8
WORDS = 8


def similar(workplace: Workplace, referral_id: int) -> list[Row]:
    """The most similar decided referrals, the best first; those that expired say nothing and are left out.

    On a connection of its own, for a thread: on a large desk it takes a moment.
    """
    with (
        closing(open_database(workplace.database.location, read_only=True)) as database,
        database.reading() as connection,
    ):
        mine = queries.referral(connection, referral_id)
        numbers = [one for one in search.ranked(connection, telling(mine.need, WORDS), FOUND) if one != referral_id]
        found = {one.id: one for one, _same in Whole(database, 0).read(numbers)}

    def likeness(place: int) -> float:
        other = found[numbers[place]]
        shared = len({*mine.solutions} & {*other.solutions}) + len({*mine.products} & {*other.products})
        shared += bool(mine.customer.industry) and mine.customer.industry == other.customer.industry
        # A shared solution, product or industry outweighs some places in the rank of the words.
        return place - 5 * shared

    places = sorted((place for place, number in enumerate(numbers) if number in found), key=likeness)
    rows = Desk(workplace).rows([numbers[place] for place in places])
    return [row for row in rows if row.outcome != "expired"][:SHOWN]
