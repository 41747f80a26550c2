"""The machine of 1966: it plays scripts in the format of Weizenbaum's paper."""

from doctor.eliza.machine import STEP_LIMIT, Eliza

__all__ = ["STEP_LIMIT", "Eliza"]
