"""What the desk does by itself: expiry, notices and their delivery, presence, fit scores."""
