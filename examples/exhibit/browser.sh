#!/bin/sh
# The session of the user `visitor` with a browser instead of the window, started again whenever it ends.
# Put this file into /home/visitor/.xsession, and let a display manager log `visitor` in by itself.
# The screen stays on.
xset s off
xset -dpms
# No Ctrl, Alt and Super: a browser has too many keys that lead elsewhere. F1 shows how an answer was made.
xmodmap -e 'clear control' -e 'clear mod1' -e 'clear mod4'
for key in F3 F4 F6 F7 F10 F11 F12 Menu; do
    xmodmap -e "keysym $key = NoSymbol"
done
openbox &
while :; do
    # Incognito: nothing is kept from one start to the next.
    chromium --kiosk --incognito --no-first-run --noerrdialogs --disable-pinch \
        --overscroll-history-navigation=0 'http://127.0.0.1:8000/?exhibit'
    # Somebody who closes the browser gets it again; a fault is no busy loop.
    sleep 2
done
