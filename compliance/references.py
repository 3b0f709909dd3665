"""References that people can read out over a telephone."""

import secrets

# No 0 or O, no 1, I or L: they are taken for each other.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def draw(letter: str) -> str:
    """Return a fresh reference, such as `A-7KQ2-M9XP`."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{letter}-{drawn[:4]}-{drawn[4:]}"
