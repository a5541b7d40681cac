"""The rows of a listing page by page: those that were read are kept, and those that come next are read ahead."""

from __future__ import annotations

from refterm.domain.row import Row
from refterm.services.desk import Listing

PAGE = 50
MOST_PAGES = 16


class Pages:
    """The pages of one listing."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.count = listing.count
        self._read: dict[int, list[Row]] = {}
        self._reads_ahead = False

    def row(self, index: int) -> Row | None:
        """The row at a position; None where there is none, or where its page could not be read.

        Raises:
            RefTermError: when its page cannot be read. From then on the page is empty: else each drawing would fail.
        """
        if not 0 <= index < self.count:
            return None
        number, place = divmod(index, PAGE)
        page = self._read.get(number)
        if page is None:
            self._keep(number, [])
            page = self._read[number] = self._page(number)
        return page[place] if place < len(page) else None

    def missing(self, start: int, stop: int) -> list[int]:
        """The pages that were not read of those on which the positions from `start` up to `stop` stand."""
        first, last = max(0, start), min(stop, self.count) - 1
        if self._reads_ahead or last < first:
            return []
        return [number for number in range(first // PAGE, last // PAGE + 1) if number not in self._read]

    def read(self, numbers: list[int]) -> dict[int, list[Row]]:
        """Read some pages, for `keep`; a thread may call it.

        Raises:
            RefTermError: when they cannot be read.
        """
        self._reads_ahead = True
        try:
            return {number: self._page(number) for number in numbers}
        finally:
            self._reads_ahead = False

    def keep(self, pages: dict[int, list[Row]]) -> None:
        """Keep pages that were read ahead, but those that a key has read meanwhile."""
        for number, page in pages.items():
            if number not in self._read:
                self._keep(number, page)

    def _page(self, number: int) -> list[Row]:
        return self.listing.rows(number * PAGE, (number + 1) * PAGE)

    def _keep(self, number: int, page: list[Row]) -> None:
        if len(self._read) >= MOST_PAGES:
            self._read.pop(next(iter(self._read)))
        self._read[number] = page
