#!/bin/sh
# The session of the user `visitor`: the full screen, started again whenever it ends.
# Put this file into /home/visitor/.xsession, and let a display manager log `visitor` in by itself.
cd /opt/doctor || exit 1
# The screen stays on.
xset s off
xset -dpms
# A window manager, so that windows get the keyboard; any small one will do.
openbox &
while :; do
    .venv/bin/python -m client --exhibit --host 127.0.0.1 --port 5000
    # Somebody who closes the window gets it again; a fault is no busy loop.
    sleep 2
done
