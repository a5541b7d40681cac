"""What changes the desk without a key: time, other people, the connection. Posts messages, touches no widget."""
