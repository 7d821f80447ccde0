"""Conditions for everybody at once: values as columns, truths as bits, logic on whole words.

``plan`` says what is read and writes the one query that reads it, ``columns``
fetches it in chunks of users, ``truths`` turns columns into bits of leaves,
``logic`` combines bits, and ``flags`` is the door.
"""

from warehouse.batch.bits import count, unpack
from warehouse.batch.flags import POPULATION, Flags, LeafBits, flags

__all__ = ["POPULATION", "Flags", "LeafBits", "count", "flags", "unpack"]
