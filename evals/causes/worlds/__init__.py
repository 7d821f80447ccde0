"""Made-up weeks of a subscription app in which it is known what moved conversion, and by how much.

A world is drawn from a seed: first what happens in it (``plan``), then who comes (``crowd``), what
they do (``behaviour``) and what is recorded of it (``recording``). The random numbers do not depend
on the causes, so that the same world can be run without one of them (``truth``).
"""
