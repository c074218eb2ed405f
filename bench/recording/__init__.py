"""Recordings measured: capture, disk, seeking, and the film of a whole sitting beside ffmpeg's own command line."""
