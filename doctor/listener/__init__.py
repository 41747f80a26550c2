"""The modern doctor: a machine for scripts that are written in natural English."""
