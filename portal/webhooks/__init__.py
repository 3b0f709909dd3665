"""Webhooks: what happens to an organization, told to its programs by signed HTTP requests."""
