"""Face recognition as plain Python: photos in, boxes and templates out. No Django, no database."""
