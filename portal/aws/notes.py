"""What a call leaves in Redis, in one step: its key's network, one more call in this minute, its signature.

Redis is away at times. Then every use of a network is noted, calls are not counted, and nobody can tell
whether a call was received before.
"""

from __future__ import annotations

from dataclasses import dataclass

from redis.exceptions import RedisError

from portal.aws.replays import REMEMBERED_SECONDS
from portal.aws.sigv4 import Claim
from portal.common import memory
from portal.tenancy import rates
from portal.tenancy.actions import keys
from portal.tenancy.models import ApiKey
from portal.tenancy.rates import Counter, Rate

_NETWORK_SECONDS = int(keys.USED_EVERY.total_seconds())
# A call that is one too many is not remembered: it may come again, as it was signed.
_STEP = f"""
{rates.COUNT_UP}
local network_is_new, age = redis.call('SET', KEYS[2], 1, 'NX', 'EX', ARGV[2]), -1
if used <= tonumber(ARGV[3]) and not redis.call('SET', KEYS[3], 1, 'NX', 'EX', ARGV[4]) then
  age = 1000 * ARGV[4] - redis.call('PTTL', KEYS[3])
end
return {{used, network_is_new and 1 or 0, age}}
"""


@dataclass(frozen=True)
class Noted:
    """What was found when a call was noted.

    Attributes:
        rate: What is left to its key; None where nobody counts.
        network_is_new: Its key was not seen in this network within the last minute, as far as is known.
        age: Seconds since its signature was first received; None if that is now, 0 where nobody knows.
    """

    rate: Rate | None
    network_is_new: bool
    age: float | None


def note(key: ApiKey, network: str, kind: str, claim: Claim) -> Noted:
    """Note a call whose signature is right and whose key is in force.

    Args:
        key: Whose call.
        network: A hash, from `network_hash`; may be empty.
        kind: What it counts as, see `rates.counter`.
        claim: With its signature.
    """
    counter = rates.counter(str(key.pk), kind)
    try:
        used, is_new, age = memory.run(_STEP, _names(key, network, counter, claim), _values(counter))
    except RedisError:
        rates.warn_of_no_count()
        return Noted(None, network_is_new=True, age=0.0)
    return Noted(counter.rate(used), bool(is_new), None if age < 0 else age / 1000)


def _names(key: ApiKey, network: str, counter: Counter, claim: Claim) -> list[str]:
    return [counter.name, keys.network_seen(key, network), f"sigv4:{claim.signature}"]


def _values(counter: Counter) -> list[int]:
    return [rates.KEPT_SECONDS, _NETWORK_SECONDS, counter.limit, REMEMBERED_SECONDS]
