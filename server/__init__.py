"""Composition root: settings, wiring, command line, process supervision."""
