"""The room of a case: sessions, seats, invitations, consents, caucus, and who hears and sees whom."""
