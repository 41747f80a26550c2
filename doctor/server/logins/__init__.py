"""Passphrases at the server: asked for, tried no faster than allowed, and checked in turns."""
