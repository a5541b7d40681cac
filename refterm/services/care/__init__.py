"""Care of the installation and the database: doctor, backup, check, copy."""
