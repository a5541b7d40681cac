"""No key moves a real desk's time: pressed, all of them, on the desk and in the detail."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import timedelta

import pytest

from refterm.clock import SystemClock
from refterm.errors import ConfigurationError
from refterm.services.workplace import Workplace
from refterm.tui.actions import registry, use_keys
from refterm.tui.demo.screen import demo_actions
from tests.samples import api_record
from tests.tui.conftest import SitDown
from tests.workplaces import bring_in


async def test_no_key_of_the_demo_is_known_to_a_desk(workplace: Workplace, sit: SitDown) -> None:
    """Nor does any other letter, figure or sign, with `ctrl` or without, change which clock decides or what it says."""
    only_demo = {one.id: one.keys for one in demo_actions() if one.id != "tour"}
    assert not set(only_demo) & {one.id for one in registry()}
    for name, keys in only_demo.items():
        with pytest.raises(ConfigurationError, match=name):
            use_keys({name: keys[0]})
    assert not {key for keys in only_demo.values() for key in keys} & {key for one in registry() for key in one.keys}
    clock = SystemClock()
    assert workplace.database.file
    bring_in(workplace.database.file, [api_record()])
    keys = [key for keys in only_demo.values() for key in keys]
    # Not those that end or suspend the desk, or leave it for the demo.
    keys += [key for key in string.ascii_letters + string.digits if key != "q"]
    async with sit(place=replace(workplace, clock=clock)) as ana:
        for key in keys:
            await ana.press(key, "escape", "escape")
        place = ana.app.session.workplace
        assert place.clock is clock
        assert abs(place.now() - SystemClock().now()) < timedelta(seconds=5)
        assert abs(clock.jump()) < timedelta(seconds=5)
