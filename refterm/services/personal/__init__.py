"""What belongs to one person: drafts and the view state."""
