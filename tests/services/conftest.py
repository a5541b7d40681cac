"""Tests of this folder run on both databases (tests/stores.py)."""

from tests.stores import on_both

pytest_generate_tests = on_both
