"""The desk screen and its parts: bars, list, detail, search, actions."""
