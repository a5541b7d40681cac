"""The rules, pure: no I/O, no screen, no database."""
