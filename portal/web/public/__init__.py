"""Pages for everybody: no sign-in, no JavaScript."""
