"""The schema of the database: which revision it has, and the migrations."""
