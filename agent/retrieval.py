"""Retrieval over the catalog: the terms nearest in wording to a prompt.

The embedding hashes words and character n-grams into a fixed vector: no model,
no download, the same on every machine. It finds typos and inflections; it does
not know synonyms, which is why the catalog lists the words people use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from zlib import crc32

import chromadb
import numpy as np
from chromadb.api.types import Documents, EmbeddingFunction, Embeddings
from chromadb.config import Settings
from chromadb.utils.embedding_functions import register_embedding_function

from warehouse.catalog import Catalog
from warehouse.glossary import Term, glossary

WIDTH = 1024
NGRAMS = (3, 4)
WORD_WEIGHT = 2.0


@register_embedding_function
class HashedWords(EmbeddingFunction[Documents]):
    """Words and character n-grams, hashed into ``WIDTH`` dimensions, at unit length."""

    def __init__(self) -> None:
        """Nothing to load."""

    def __call__(self, input: Documents) -> Embeddings:
        """One float32 vector of length ``WIDTH`` a document."""
        return [_embed(text) for text in input]

    @staticmethod
    def name() -> str:
        """The name under which a stored collection finds it again."""
        return "pilothouse_hashed_words"

    def get_config(self) -> dict[str, Any]:
        """No settings."""
        return {}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> HashedWords:
        """The same function again."""
        return HashedWords()


def _embed(text: str) -> np.ndarray:
    vector = np.zeros(WIDTH, dtype=np.float32)
    for feature, weight in _features(text):
        hashed = crc32(feature.encode())
        # The sign from another bit lets collisions cancel instead of adding up.
        vector[hashed % WIDTH] += weight if hashed & 0x8000_0000 else -weight
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in re.findall(r"[a-z0-9]+", text.lower().replace("_", " ")):
        yield f"w:{word}", WORD_WEIGHT
        padded = f"^{word}$"
        for size in NGRAMS:
            for start in range(len(padded) - size + 1):
                yield f"c:{padded[start : start + size]}", 1.0


class Retrieval:
    """The terms of one catalog, searchable by words."""

    def __init__(self, catalog: Catalog) -> None:
        terms = glossary(catalog)
        self._terms = {f"{term.kind}:{term.name}": term for term in terms}
        client = _client()
        self._collection = client.get_or_create_collection(
            name=f"catalog_{crc32(repr(terms).encode()):08x}",
            embedding_function=HashedWords(),
            metadata={"hnsw:space": "cosine"},
        )
        # It is named by what it holds: another workspace of this process may have filled it.
        if self._collection.count() < len(self._terms):
            self._collection.upsert(
                ids=[*self._terms],
                documents=[f"{term.name} {term.text}" for term in terms],
            )

    def search(self, query: str, limit: int = 8) -> list[Term]:
        """Up to ``limit`` terms, nearest first."""
        found = self._collection.query(query_texts=[query], n_results=min(limit, len(self._terms)))
        return [self._terms[key] for key in found["ids"][0]]


@lru_cache(maxsize=1)
def _client() -> Any:
    """One in-memory database a process; it sends nothing anywhere."""
    return chromadb.EphemeralClient(Settings(anonymized_telemetry=False))


class Remembered(NamedTuple):
    """Something verified, by the words that people may refer to it with."""

    id: str
    text: str


class Memory:
    """What was verified in one workspace, searchable by words; kept in this process only.

    It is an index, not a record: whoever searches says each time what is verified at this
    moment, so what no longer is cannot be found, and another workspace's never is.
    """

    def __init__(self, workspace: str) -> None:
        self._collection = _client().get_or_create_collection(
            name=f"memory_{crc32(workspace.encode()):08x}",
            embedding_function=HashedWords(),
            metadata={"hnsw:space": "cosine"},
        )

    def nearest(self, words: str, verified: Sequence[Remembered], limit: int = 8) -> list[str]:
        """The ids of up to ``limit`` of the verified, nearest first."""
        wanted = {one.id: one.text for one in verified}
        held = self._collection.get()
        texts = dict(zip(held["ids"], held["documents"] or (), strict=True))
        if gone := [key for key in texts if key not in wanted]:
            self._collection.delete(ids=gone)
        if fresh := {key: text for key, text in wanted.items() if texts.get(key) != text}:
            self._collection.upsert(ids=[*fresh], documents=[*fresh.values()])
        if not wanted:
            return []
        found = self._collection.query(query_texts=[words], n_results=min(limit, len(wanted)))
        return list(found["ids"][0])
