#!/bin/sh
# A text terminal with the DOCTOR of 1966, printed like a teletype; nothing is saved.
# For the user `visitor` on a console that logs in by itself: put this file into .profile.
cd /opt/doctor || exit 1
# Ctrl+Z and Ctrl+\ do nothing; Ctrl+C and Ctrl+D begin a new conversation.
stty susp undef quit undef
trap : INT
while :; do
    clear
    .venv/bin/python -m doctor talk --script 1966 --teletype
    sleep 1
done
