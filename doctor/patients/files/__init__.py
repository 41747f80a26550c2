"""Patients as files of one directory."""
