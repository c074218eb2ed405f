"""The live half of the protocol: seats' sockets, the media workers, and the pump that keeps both true to the room."""
