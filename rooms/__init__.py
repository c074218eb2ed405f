"""The room of a case: sessions, seats, invitations, consents, caucus, and who hears and sees whom.

Errors are in `rooms.errors`, the shape of views in `rooms.views`, commands in `rooms.commands`, what the system reports
in `rooms.rules.system`.
"""

from rooms.entry import Entry
from rooms.model import Change, Context, Room, Session, session_of_segment
from rooms.service import Rooms
from rooms.table import forwarding_table
from rooms.view import view

__all__ = ["Change", "Context", "Entry", "Room", "Rooms", "Session", "forwarding_table", "session_of_segment", "view"]
