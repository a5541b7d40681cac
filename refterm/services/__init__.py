"""Use cases: one method each, one transaction each. What a key and a command both call."""
