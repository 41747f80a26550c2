"""Store patients as files of one directory."""
