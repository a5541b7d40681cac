"""What `refterm --help` says below the commands."""

from __future__ import annotations

from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.tui.actions import key_table, use_keys

Pairs = list[tuple[str, str]]


def sections() -> list[tuple[str, Pairs]]:
    """Titles, and under each what is explained and its explanation."""
    return [
        (_("Words"), _words()),
        (_("Keys of the desk (? on the desk shows them where they count)"), _keys()),
        (_("Files"), _files()),
        (_("Environment"), _environment()),
        (_("Exit status"), _statuses()),
    ]


def take_own_keys(file: str | None = None) -> None:
    """Show the person's own keys (`[keys]`), where the configuration can be read; what is wrong in it the desk says.

    Args:
        file: what `--config` names; None is the usual one.
    """
    from pathlib import Path

    from refterm import config

    try:
        use_keys(config.load(config=Path(file) if file else None).keys)
    except RefTermError:
        use_keys({})


def _words() -> Pairs:
    return [
        ("ID", _("the desk's number (42), or the source's referral id or 6 and more characters of its beginning")),
        ("WHEN", _("+2h, tomorrow 9:00, mon, 30 Jun, or ISO 8601")),
        ("DATE", _("a date such as 2026-06-30, which is its midnight here, or an instant")),
        ("TIMEFRAME", _("a date, this month, this quarter, 1-3 months, 3-6 months, 6-12 months, or such as 6 weeks")),
        (
            "REASON",
            _("a reason, by code or number: budget, no-response, other-vendor, requirement, not-a-customer, timeline,")
            + " "
            + _("abuse, other (1 to 8)"),
        ),
        ("VALUE", _("a value with a decimal point and at most 4 decimals, such as 12500.50")),
        (
            "KEY=VALUE",
            _(
                "a setting of the desk: deadlines.respond_hours, deadlines.flame_hours, deadlines.expire_days, or"
                " people.NAME and an e-mail address; without a VALUE the default again, or nobody"
            ),
        ),
    ]


def _keys() -> Pairs:
    return [(keys, label) for _group, keys, label in key_table()]


def _files() -> Pairs:
    return [
        ("desk.db", _("the desk, in your data folder, unless --db, REFTERM_DB or `database` name another")),
        ("config.toml", _("in your configuration folder, over the site's /etc/refterm/config.toml")),
        ("refterm.log", _("what unexpectedly went wrong, in your state folder; `refterm doctor` prints every path")),
    ]


def _environment() -> Pairs:
    return [
        ("REFTERM_DB", _("the database, as --db")),
        ("REFTERM_CONFIG", _("your configuration file, as --config")),
        ("REFTERM_USER", _("who acts, as --as")),
        ("NO_COLOR", _("no colours")),
    ]


def _statuses() -> Pairs:
    return [
        ("0", _("done")),
        ("1", _("refused or failed; one line on standard error says what, and what to do")),
        ("2", _("wrong syntax")),
        ("3", _("done in part: a record, or one of several IDs, was refused")),
        ("130", _("interrupted")),
    ]
