"""The terminal: what it sends, what it is sent, and how the desk ends when it goes."""
