/* The mode for visitors of an exhibition: the page with `?exhibit`, in a browser's kiosk mode.
 *
 * Each visitor is a new patient with a random name. After two minutes without a key, a touch or a
 * movement (`?exhibit=60` for another number of seconds), the screen and everything that was typed
 * is cleared, and a published dialogue is shown (attract.js) until somebody is there. */

const IDLE = 120;
const FIRST = `Quiet Early Gentle Bright Patient Little Clear Slow Curious Steady Merry Honest Brave
  Careful Cheerful Clever Friendly Graceful Hopeful Humble Kindly Lively Lucky Modest Noble Polite
  Proud Ready Sunny Thoughtful Warm Wise`;
const SECOND = `Amber Silver Northern Distant Golden Velvet Crimson Copper Ivory Jade Indigo Scarlet
  Emerald Pearl Coral Autumn Winter Morning Evening Midnight Island Mountain Forest Harbour Garden
  Desert Prairie Marble Cedar Juniper Lavender Saffron`;
const THIRD = `Heron Otter Finch Maple River Lantern Sparrow Meadow Comet Willow Fox Linnet Pebble
  Swallow Orchard Badger Beech Cricket Dolphin Falcon Hazel Ibis Kestrel Lark Marten Nightingale Owl
  Plover Raven Seal Thrush Wren`;

/** Return the seconds after which an unused exhibit begins anew, 0 if this is no exhibit. */
export function exhibitSeconds(search) {
  const given = new URLSearchParams(search).get("exhibit");
  if (given === null) return 0;
  return /^[1-9][0-9]{0,4}$/.test(given) ? Number(given) : IDLE;
}

/** Return a random name for a visitor, one of 32,768. */
export function randomName() {
  const numbers = crypto.getRandomValues(new Uint32Array(3));
  const chosen = [FIRST, SECOND, THIRD].map((listed, index) => {
    const names = listed.split(/\s+/);
    return names[numbers[index] % names.length];
  });
  return ["Visitor", ...chosen].join(" ");
}

/** Call `use` whenever the page is used, and `leave` when it was left alone for so many seconds. */
export function watchUse(seconds, use, leave) {
  let timer = 0;
  let at = "";
  const used = (event) => {
    // A browser reports a movement too when something moves below a mouse that rests.
    if (event.type === "pointermove") {
      const place = `${event.screenX} ${event.screenY}`;
      const rests = !at || place === at;
      at = place;
      if (rests) return;
    }
    clearTimeout(timer);
    timer = setTimeout(leave, seconds * 1000);
    use();
  };
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) {
    document.addEventListener(kind, used, { capture: true, passive: true });
  }
  timer = setTimeout(leave, seconds * 1000);
}
