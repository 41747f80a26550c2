"""The script language: its reader, its checker, and the scripts that ship."""
