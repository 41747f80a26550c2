"""The modern machine: it plays scripts that are written in natural English."""

from doctor.listener.helplines import DEFAULT_HELPLINES, Helpline, Helplines, load_helplines
from doctor.listener.machine import Listener

__all__ = ["DEFAULT_HELPLINES", "Helpline", "Helplines", "Listener", "load_helplines"]
