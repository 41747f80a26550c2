"""Patients and their histories.

from doctor.patients import load, open_archive
load("patients/Ada.dat").history              # checked and complete, beside a running server too
open_archive("patients").read("Ada").transcript
"""

from doctor.patients.opening import load, open_archive

__all__ = ["load", "open_archive"]
