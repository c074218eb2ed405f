"""The HTTP half of the protocol: a table of routes and the few lines that serve any of them."""
