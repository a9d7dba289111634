"""Seeds derived from one root seed, so that results do not depend on batches, cores or executors."""

import hashlib
from collections.abc import Iterable


def derive(root: int, *key: str | int) -> int:
    """Seed of one replicate, in [1, 2**32).

    Parameters
    ----------
    root : int
        The user's seed.
    *key : str or int
        What the seed is for, from general to particular: stage, scenario, genome index, region index, purpose.

    Returns
    -------
    int
        The same value for the same root and key on every machine; msprime, numpy and torch all accept it.
    """
    digest = hashlib.blake2b(repr((root, *key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % (2**32 - 1) + 1


def shuffled(names: Iterable[str], purpose: str) -> list[str]:
    """Distinct names in an order by a digest of each: the same for one purpose, whatever the order they come in.

    Parameters
    ----------
    names : iterable of str
        One that comes twice counts once.
    purpose : str
        Each purpose has an order of its own.
    """
    return sorted(set(names), key=lambda name: (derive(0, purpose, name), name))
