"""The calculator: every statistical method by name, numbers as JSON in and out."""

from __future__ import annotations

from core.errors import Code, PilothouseError, refuse
from measure.calculator import (
    assignment,
    customers,
    effects,
    journeys,
    parts,
    planning,
    shares,
)
from measure.calculator.given import Inputs, Method, Outputs

METHODS: dict[str, Method] = {
    **effects.METHODS,
    **shares.METHODS,
    **planning.METHODS,
    **assignment.METHODS,
    **journeys.METHODS,
    **parts.METHODS,
    **customers.METHODS,
}
"""Name → method."""


def compute(method: str, inputs: Inputs) -> Outputs:
    """The answer of a method. Raises a refusal for an unknown one, and for numbers that are
    missing or that no answer could be right for."""
    found = METHODS.get(method)
    if found is None:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"There is no method '{method}'.",
            span=method,
            fix=f"One of: {', '.join(sorted(METHODS))}.",
        )
    try:
        return found(inputs)
    except KeyError as error:
        raise _unfit(method, f"it needs {error}") from error
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise _unfit(method, str(error)) from error


def _unfit(method: str, why: str) -> PilothouseError:
    return refuse(
        Code.INVALID_ARGUMENT,
        f"'{method}' cannot be computed from these numbers: {why}.",
        span=method,
        fix="Compare the fields with `pilothouse measure compute --help`.",
    )
