"""Makes the worlds of some seeds and puts the same question about each to every method."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from evals.causes.answers import Answer
from evals.causes.baselines import Absent, compared, methods
from evals.causes.engine import ask_engine
from evals.causes.scoring import Score, Scored, scored
from evals.causes.worlds.planted import Scenario, Truth
from evals.causes.worlds.world import world

ENGINE = "engine"
SMALL_APP = 4_500
Progress = Callable[[str], None]


class Run:
    """What every method answered, by method; the engine first."""

    def __init__(self) -> None:
        self.results: dict[str, list[Scored]] = {ENGINE: []}
        self.absent: list[Absent] = []

    def document(self, seeds: str) -> dict[str, Any]:
        """Everything as one document: the figures, and the engine's answers by scenario."""
        return {
            "seeds": seeds,
            "methods": [score.model_dump(mode="json") for score in self.scores],
            "not_installed": [absent._asdict() for absent in self.absent],
            "scenarios": [told(result) for result in self.results[ENGINE]],
        }

    @property
    def scores(self) -> tuple[Score, ...]:
        """A row a method."""
        return tuple(scored(method, results) for method, results in self.results.items())


def run(seeds: Iterable[int], *, baselines: bool = True, progress: Progress | None = None) -> Run:
    """Score the engine, and the baselines that are installed, on the scenarios of some seeds."""
    done = Run()
    others, done.absent = methods() if baselines else ({}, [])
    for name in others:
        done.results[name] = []
    for seed in seeds:
        with world(seed) as made:
            of = made.scenario, made.truths
            done.results[ENGINE].append(_scored(*of, ask_engine(made)))
            if others:
                before = compared(made)
                for name, method in others.items():
                    done.results[name].append(_scored(*of, method(before)))
        if progress is not None:
            progress(f"world {seed}")
    return done


def told(result: Scored) -> dict[str, Any]:
    """One scenario as a document: what was planted, what was named, and what of it is right."""
    pairs = [pair._asdict() for pair in result.pairs]
    return result.model_dump(mode="json") | {"right": pairs}


def _scored(scenario: Scenario, truths: tuple[Truth, ...], answer: Answer) -> Scored:
    return Scored(
        seed=scenario.seed,
        mid_week=scenario.mid_week,
        weak=scenario.weak,
        small=scenario.entrants < SMALL_APP,
        traps=scenario.traps,
        truths=truths,
        answer=answer,
    )
