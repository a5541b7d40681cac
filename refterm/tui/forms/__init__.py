"""The forms and what they are built from."""
