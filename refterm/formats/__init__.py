"""Partner Center's record shapes, turned into the desk's values."""
