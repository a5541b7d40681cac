"""Values to styled text: rows, details, signs. Pure: no widget, no database."""
