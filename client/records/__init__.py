"""The window for saved histories; the only part of the client that reads `doctor.patients`."""
