"""The database: tables, migrations, queries. Only services use it."""
