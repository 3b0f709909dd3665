"""Intervals of a share that was counted: between which shares the true one lies, with 95 % confidence.

Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 26 (1934), 404-413: the shares at which so many events, or as many and more, would be a matter of
one in forty. It covers the true share at least 95 times in a hundred, at every share and every number of
trials, which Wilson's and the normal one do not where events are few; and false matches are few. The price is
that it is somewhat too wide. Newcombe, Statistics in Medicine 17 (1998), 857-872, compares them, and its
table I is what `tests/compliance/bias` holds this against.

It speaks of independent trials. Pairs that share a person are not; what follows is said where it is shown.
"""

from __future__ import annotations

import math

CONFIDENCE = 0.95
_HALVINGS = 60  # of the range of shares, beyond what a float tells apart
_MOST_STEPS = 500
_TINY = 1e-300
_EXACT = 1e-15


def clopper_pearson(events: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the lower and upper end of the exact interval of a share, both 0 to 1.

    Args:
        events: How often it happened, 0 to `trials`.
        trials: How often it could have, 1 or more.
        confidence: Between 0 and 1.

    Raises:
        ValueError: More events than trials, no trials, or a confidence that is none.
    """
    if not 0 <= events <= trials or trials < 1 or not 0 < confidence < 1:
        raise ValueError(f"{events} of {trials} at {confidence} is no share.")
    tail = (1 - confidence) / 2
    low = 0.0 if events == 0 else _share_where(events, trials - events + 1, tail)
    high = 1.0 if events == trials else _share_where(events + 1, trials - events, 1 - tail)
    return low, high


def _share_where(a: int, b: int, probability: float) -> float:
    """Return the share below which a Beta(a, b) variable lies with a probability: halve until it is found."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if incomplete_beta(a, b, middle) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularized incomplete beta function I_x(a, b), 0 to 1.

    By its continued fraction (NIST Digital Library of Mathematical Functions, 8.17.22), on whichever side of
    the mean it converges.

    Args:
        a: Above 0.
        b: Above 0.
        x: 0 to 1.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / (a * _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    """Return the value of the continued fraction, from the front (Lentz's method)."""
    value = upper = 1.0
    lower = 0.0
    for step in range(1, _MOST_STEPS):
        term = _term(a, b, x, step)
        lower = 1 / _off_zero(1 + term * lower)
        upper = _off_zero(1 + term / upper)
        value *= upper * lower
        if abs(upper * lower - 1) < _EXACT:
            break
    return value


def _term(a: float, b: float, x: float, step: int) -> float:
    half, is_odd = divmod(step, 2)
    if is_odd:
        return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
    return half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))


def _off_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
