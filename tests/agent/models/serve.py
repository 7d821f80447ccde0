"""Serves a model on a free loopback port until its standard input closes.

A process of its own: what it takes of memory goes with it, and a crash of
native code is an answer that never came, not the end of the tests.

    python serve.py FILE KEY CONTEXT
"""

from __future__ import annotations

import sys

import xllamacpp


def parameters(file: str, key: str, context: int) -> xllamacpp.CommonParams:
    """The server's settings: one slot, one thread, this machine only, nothing from outside."""
    given = xllamacpp.CommonParams()
    given.model.path = file
    given.n_ctx = context
    given.n_parallel = 1
    given.n_predict = 3_000
    # More threads wait for each other on a busy machine and get slower, not faster.
    given.cpuparams.n_threads = 1
    given.cpuparams_batch.n_threads = 1
    given.hostnames = ["127.0.0.1"]
    given.port = 0
    given.api_keys = [key]
    given.ui = False
    given.cors_origins = "null"
    given.offline = True
    given.warmup = False
    given.verbosity = 0
    return given


if __name__ == "__main__":
    server = xllamacpp.Server(parameters(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    print(server.listening_address, flush=True)
    sys.stdin.read()
