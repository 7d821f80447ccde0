"""The names that words can mean, in one catalog."""

from __future__ import annotations

from functools import cached_property

from warehouse.catalog import Catalog
from warehouse.wording.names import Subject, event_words, noun, subjects, words_of


class Known:
    """Names of a catalog by their words."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    @cached_property
    def subjects(self) -> dict[str, Subject]:
        """What comparisons can be about."""
        return subjects(self.catalog)

    @cached_property
    def events(self) -> dict[str, str]:
        """By their words; under a declared alias too, since a rule may name one."""
        known = {*self.catalog.events}
        known |= {alias for event in self.catalog.events.values() for alias in event.aliases}
        return {event_words(name, self.catalog): name for name in sorted(known)}

    @cached_property
    def nouns(self) -> dict[str, str]:
        """Entities by what their rows are called."""
        return {noun(name, self.catalog): name for name in self.catalog.entities}

    def properties(self, event: str) -> dict[str, str]:
        """The properties of an event."""
        found = self.catalog.events[self.catalog.event_named(event) or event]
        return {words_of(one): one for one in found.properties}

    def columns(self, entity: str) -> dict[str, str]:
        """The columns of an entity."""
        return {words_of(one): one for one in self.catalog.entities[entity].columns}
