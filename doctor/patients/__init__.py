"""Patients and their histories.

from doctor.patients import load
load(Path("patients/Ada.dat")).history        # checked and complete, beside a running server too
"""

from doctor.patients.store import load

__all__ = ["load"]
