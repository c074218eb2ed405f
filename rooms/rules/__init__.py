"""The room's rules: pure functions `(room, …, Context) -> (room, acts)`; a refusal is raised and changes nothing.

No rule performs I/O, reads a clock or makes an id of its own.
"""
