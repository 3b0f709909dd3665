"""Case records: whom the organization looks for, in which photos, since when."""
