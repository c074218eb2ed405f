"""Caucus recordings under seal, and the way to open them: two people, a reason, the supervisor's key, for a time."""

from recording.sealed.opening import Opening
from recording.sealed.rules import Person, Unsealing
from recording.sealed.service import JOB_KIND, UnsealedFilm, Unsealings

__all__ = ["JOB_KIND", "Opening", "Person", "UnsealedFilm", "Unsealing", "Unsealings"]
