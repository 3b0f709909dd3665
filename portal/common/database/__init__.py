"""PostgreSQL as Django knows it, asked less (`ENGINE` of the settings)."""
