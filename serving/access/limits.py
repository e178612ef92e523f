"""Limits on how often somebody asks: a bucket of tokens each, filled at a steady rate; a request takes one."""

import math
from collections import OrderedDict
from functools import lru_cache
from ipaddress import ip_address, ip_network

MOST_BUCKETS = 20_000


class Buckets:
    """Token buckets in memory, by name; those that were not asked of for longest are forgotten beyond a number."""

    def __init__(self, *, per_second: float, burst: int, most: int = MOST_BUCKETS) -> None:
        """States the limits.

        Args:
            per_second: tokens that come in each second.
            burst: tokens that a bucket holds.
            most: buckets that are kept.
        """
        self._per_second, self._burst, self._most = per_second, burst, most
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def take(self, name: str, now: float) -> int:
        """Takes a token.

        Args:
            name: whose bucket.
            now: seconds of a steady clock.

        Returns:
            0 if there was a token; else after how many whole seconds there is one.
        """
        tokens, since = self._held.get(name, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - since) * self._per_second)
        wait = 0 if tokens >= 1 else math.ceil((1 - tokens) / self._per_second)
        self._held[name] = (tokens if wait else tokens - 1, now)
        self._held.move_to_end(name)
        if len(self._held) > self._most:
            self._held.popitem(last=False)
        return wait


@lru_cache(maxsize=4096)
def neighbourhood(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one subscriber of IPv6 is given (RFC 6177)."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return address if known.version == 4 else str(ip_network(f"{address.split('%')[0]}/64", strict=False))
