"""The protocol's messages: one definition that checks input on the server and gives the browser its types."""
