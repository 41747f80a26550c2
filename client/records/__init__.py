"""The operator's window for saved histories; only it reads `doctor.patients`."""
