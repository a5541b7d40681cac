"""The tabs of the desk. A module of its own, so that `refterm --help`, which lists the keys, loads nothing else."""

from __future__ import annotations

from enum import StrEnum


class Tab(StrEnum):
    """The tabs of the desk, and all of them together (`list --tab all`)."""

    INBOX = "inbox"
    ACTIVE = "active"
    ARCHIVED = "archived"
    ALL = "all"
