"""The line that synchronous calls wait in: Redis alone, for `CALL_SECONDS`. Neither side waits for ever.

Each organization has a line of its own, and the lines are served in turn, as shards are (`turns.py`): a clock
for each moves on by the seconds of engine that its calls took, divided by its weight, and the next call comes
from whoever's clock is furthest behind; who was away joins where the clock of the last one served stood. So
one call waits for those under way and for one of each other organization at most, however many another has
sent. A line has room for `CALLS_IN_LINE`: whoever sends more is told so, and holds no thread of the web half.

`countenance:interactive` is a bell that wakes a worker; what is served it does not say, so that a bell which
was lost with its worker, or rings for nobody, costs a look and no call. A worker takes the photos with the
call, and they are gone from Redis in the same step: however many workers there are, a call is served once.
The caller takes the answer likewise. All that stands here ends by itself.

The scripts name keys that they find in others, so the line needs one Redis, not a cluster of them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from uuid import UUID

import redis
from django.conf import settings
from redis.exceptions import RedisError

KEPT_SECONDS = 60
A_CALL = 0.05  # seconds of engine that a call is taken to need, until it is known what it took
_BELL = "countenance:interactive"
_LINE, _CALL, _SERVED = "countenance:line:", "countenance:call:", "countenance:served:"
# Organizations by their clock, of those with a call in line; clocks of all that were served lately, with that
# of the last one served; weights.
_WAITING, _CLOCKS, _WEIGHTS = f"{_LINE}waiting", f"{_LINE}clocks", f"{_LINE}weights"
_KEYS = (_BELL, _WAITING, _CLOCKS, _WEIGHTS)
_CONNECT_SECONDS = 2.0
_SLOW_SECONDS = 10.0  # beyond what a command waits by intention

_NAMES = f"""
local bell, waiting, clocks, weights = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local function photos_of(call) return '{_CALL}' .. call .. ':photos' end
local function line_of(owner) return '{_LINE}' .. owner end
local function clock_of(owner) return tonumber(redis.call('HGET', clocks, owner) or '0') end
local function weight_of(owner) return tonumber(redis.call('HGET', weights, owner) or '1') end
local function keep(...)
    for _, key in ipairs({{...}}) do redis.call('EXPIRE', key, {KEPT_SECONDS}) end
end
"""
# Places of calls whose process died are found when the line is full: the photos of each end by themselves.
_JOIN = f"""{_NAMES}
local owner, call, weight, room = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local line = line_of(owner)
if redis.call('LLEN', line) >= room then
    for _, other in ipairs(redis.call('LRANGE', line, 0, -1)) do
        if redis.call('EXISTS', photos_of(other)) == 0 then redis.call('LREM', line, 1, other) end
    end
    if redis.call('LLEN', line) >= room then return 0 end
end
if redis.call('LLEN', line) == 0 then
    local joins = math.max(clock_of(owner), clock_of('reached'))
    redis.call('ZADD', waiting, joins, owner)
    redis.call('HSET', clocks, owner, joins)
end
redis.call('HSET', weights, owner, weight)
redis.call('RPUSH', line, call)
redis.call('RPUSH', bell, '')
keep(line, bell, waiting, clocks, weights)
return 1
"""
# The photos are handed on under a name of the worker's own, and fetched in the same step.
_TAKE = f"""{_NAMES}
local worker, taken, cost = ARGV[1], ARGV[2], tonumber(ARGV[3])
while true do
    local owner = redis.call('ZRANGE', waiting, 0, 0)[1]
    if not owner then
        redis.call('DEL', bell)
        return false
    end
    local line = line_of(owner)
    local call = redis.call('LPOP', line)
    if redis.call('LLEN', line) == 0 then redis.call('ZREM', waiting, owner) end
    if call and redis.call('EXISTS', photos_of(call)) == 1 then
        local clock = clock_of(owner)
        local used = clock + cost / weight_of(owner)
        redis.call('HSET', clocks, owner, used, 'reached', math.max(clock, clock_of('reached')))
        redis.call('ZADD', waiting, 'XX', used, owner)
        redis.call('RENAME', photos_of(call), taken)
        redis.call('SET', '{_SERVED}' .. worker, call, 'EX', {KEPT_SECONDS})
        keep(clocks, weights)
        return {{owner, call}}
    end
end
"""
_CHARGE = f"""{_NAMES}
local owner = ARGV[1]
local used = clock_of(owner) + tonumber(ARGV[2]) / weight_of(owner)
redis.call('HSET', clocks, owner, used)
redis.call('ZADD', waiting, 'XX', used, owner)
keep(clocks)
"""


@dataclass(frozen=True)
class Taken:
    """A call that a worker serves.

    Attributes:
        call: Its id.
        organization: Whose it is.
        packed: The order with its photos, which then is nowhere else.
    """

    call: UUID
    organization: UUID
    packed: bytes


def ask(call: UUID, packed: bytes, *, organization: UUID, weight: int = 1) -> bool:
    """Lay a call's order down and put the call in its organization's line.

    Args:
        call: Its id.
        packed: The order, sealed.
        organization: Whose line.
        weight: Its share against others, from 1 up.

    Returns:
        Whether there was room; where not, nothing waits, and `leave` destroys what was laid down.

    Raises:
        RedisError: Redis is away; then nothing waits.
    """
    steps = _redis().pipeline()
    _add(steps, _JOIN, str(organization), str(call), weight, settings.CALLS_IN_LINE)
    milliseconds = round(1000 * min(settings.CALL_SECONDS, KEPT_SECONDS))  # then nobody waits any more
    steps.set(_photos_of(call), packed, px=max(milliseconds, 1))
    return bool(steps.execute()[0])


def wait_for_answer(call: UUID, seconds: float) -> bytes | None:
    """Return the answer as soon as there is one; empty where its worker died; None where none came in time.

    Raises:
        RedisError: Redis went away.
    """
    found = _redis().blpop([_answer_to(call)], timeout=max(seconds, 0.001))
    return cast(bytes, found[1]) if found else None


def leave(call: UUID, *, organization: UUID) -> None:
    """Destroy what is left of a call: nobody looks at a photo that nobody waits for."""
    with suppress(RedisError):  # it ends by itself in a minute
        steps = _redis().pipeline()
        steps.delete(_photos_of(call), _answer_to(call))
        steps.lrem(f"{_LINE}{organization}", 1, str(call))
        steps.execute()


def next_call(seconds: float, *, worker: str) -> Taken | None:
    """Take the call whose turn it is, for a worker; None where none came in time.

    Args:
        seconds: How long to wait for one.
        worker: Who takes it; `lost` knows it by that.

    Raises:
        RedisError: Redis is away.
    """
    taken = _take(worker)
    if taken is None:
        _redis().blpop([_BELL], timeout=seconds)  # rung or not: a bell may be lost, what waits is not
        taken = _take(worker)
    return taken


def answer(taken: Taken, packed: bytes, *, worker: str, seconds: float) -> None:
    """Lay the answer down for whoever called, and charge its organization what it took.

    Args:
        taken: From `next_call`.
        packed: The answer, sealed.
        worker: Who served it.
        seconds: So long the worker was at it.
    """
    steps = _redis().pipeline()
    _lay(steps, taken.call, packed)
    steps.delete(f"{_SERVED}{worker}")
    _add(steps, _CHARGE, str(taken.organization), seconds - A_CALL)
    steps.execute()


def lost(worker: str) -> None:
    """Tell the caller whom a worker served when it died, at once, that no answer will come of it."""
    with suppress(RedisError):  # the caller is told in time
        found = cast("bytes | None", _redis().getdel(f"{_SERVED}{worker}"))
        if found is not None:
            steps = _redis().pipeline()
            _lay(steps, UUID(found.decode()), b"")
            steps.execute()


def _take(worker: str) -> Taken | None:
    mine = f"{_SERVED}{worker}:photos"
    steps = _redis().pipeline()
    _add(steps, _TAKE, worker, mine, A_CALL)
    steps.getdel(mine)
    found, packed = steps.execute()
    if not found:
        return None
    owner, call = (UUID(name.decode()) for name in found)
    return Taken(call, owner, packed)


def _add(steps: Any, script: str, *values: str | float) -> None:
    """Add a script to steps; sent whole, for a Redis that restarted knows none by its digest."""
    steps.eval(script, len(_KEYS), *_KEYS, *values)


def _lay(steps: Any, call: UUID, packed: bytes) -> None:
    steps.rpush(_answer_to(call), packed)
    steps.expire(_answer_to(call), KEPT_SECONDS)


def _photos_of(call: UUID) -> str:
    return f"{_CALL}{call}:photos"


def _answer_to(call: UUID) -> str:
    return f"{_CALL}{call}:answer"


def _redis() -> redis.Redis:
    return _client(settings.REDIS_URL, settings.CALL_SECONDS)


@cache
def _client(url: str, longest_wait: float) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_connect_timeout=_CONNECT_SECONDS, socket_timeout=longest_wait + _SLOW_SECONDS
    )
