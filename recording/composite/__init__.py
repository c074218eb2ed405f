"""One watchable film of a whole sitting, from the joint journals of everybody in it."""

from recording.composite.director import TICKS, Director
from recording.composite.film import write_film
from recording.composite.labels import Letters
from recording.composite.script import Card, Chapter, Script

__all__ = ["TICKS", "Card", "Chapter", "Director", "Letters", "Script", "write_film"]
