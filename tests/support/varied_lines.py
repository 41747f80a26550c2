"""A thousand varied lines: what people wrote down for the tests, and what a grammar adds to it.

The lines of `sets/lines.txt` come first, each as it is; the others join beginnings, people, events
and endings, typed carefully or in haste. Nothing is random: the same thousand every time.
"""

from __future__ import annotations

from pathlib import Path

_PEOPLE = """
my mother|my stepfather|my little sister|my neighbour|my oldest friend|my boss|my flatmate|my aunt|
my son|my ex-wife|our teacher|my cousin Leo|the woman next door|my girlfriend|my grandfather|Sandra|
my landlord|the new guy|my choir leader|my brother-in-law|Mr Patel|my daughter's boyfriend
"""
_EVENTS = """
forgot the tickets|laughed about my shoes|keeps borrowing my tools|moved to Canada|sold the boat|
never answers the phone|wants to open a bakery|cried at the station|has a new kitchen|
is angry about the fence|tells the same story every week|lied about the insurance|
was in the newspaper|sings in the shower|collects old radios|stopped coming on Thursdays|
is ill again|broke the window|gave me a scarf|can't find work|doesn't eat meat any more|
talks about money all the time|lost the keys to the shed|painted the garage green
"""
_FEELINGS = """
sad|restless|oddly calm|left out|grateful|furious|tired|ashamed|hopeful|empty|nervous|proud|lost|
stupid|relieved|homesick|jealous|fine|guilty|trapped|curious|lonely|confused|content
"""
_SITUATIONS = """
in the kitchen at night|when the phone rings|on the bus|since the operation|before exams|
after the holidays|around strangers|at family dinners|because of the letter|in crowds|
whenever it snows|about the election|in my new shoes|at the hairdresser's|near the river|
during meetings|on Sundays|when nobody is home|about the wedding|at the checkout
"""
_PLANS = """
learn Italian|sell the piano|visit my father's grave|run a marathon|tell her the truth|
change my name|write to my old teacher|leave the choir|adopt a greyhound|repaint the hall|
ask for more money|stop buying lottery tickets|see the northern lights|apologise to Ruth|
go back to college|throw out his letters|grow tomatoes|work fewer hours|find my half-sister|
move into a caravan
"""
_THINGS = """
the dentist|heights|my handwriting|that old photograph|job interviews|the silence at breakfast|
our wedding video|my reflection|the smell of hospitals|long train rides|bank statements|
the new timetable|birthday parties|my grandmother's recipes|the attic|spiders|the school reunion|
voice mails|thunder|early mornings
"""
_FRAMES = (
    ("{people} {events}.", "people", "events"),
    ("Yesterday {people} {events} and I said nothing.", "people", "events"),
    ("i feel {feelings} {situations}", "feelings", "situations"),
    ("I'm {feelings} {situations}, and I don't know why.", "feelings", "situations"),
    ("I want to {plans} but I keep putting it off", "plans", "feelings"),
    ("should i {plans}?", "plans", "feelings"),
    ("{things} makes me {feelings}", "things", "feelings"),
    ("I can't stop thinking about {things}.", "things", "people"),
    ("{people} says I should {plans}", "people", "plans"),
    ("I hate {things}!!", "things", "plans"),
    ("im {feelings} bc {people} {events}", "people", "feelings", "events"),
    ("I dreamed about {things} and {people}", "things", "people"),
    ("honestly, {people} {events} and nobody cares", "people", "events"),
    ("When I was small {people} {events}.", "people", "events"),
    ("I used to love {things}, now I feel {feelings}.", "things", "feelings"),
    ("It's not about {things}, it's about {people}.", "things", "people"),
    ("Why do I get so {feelings} {situations}?", "feelings", "situations"),
    ("We talked about {things} {situations}.", "things", "situations"),
)


def _words(text: str) -> list[str]:
    return [each.strip() for each in text.replace("\n", " ").split("|") if each.strip()]


def varied_lines(count: int = 1000) -> list[str]:
    """Return `count` different lines."""
    path = Path(__file__).resolve().parents[1] / "data" / "sets" / "lines.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    tables = {
        "people": _words(_PEOPLE),
        "events": _words(_EVENTS),
        "feelings": _words(_FEELINGS),
        "situations": _words(_SITUATIONS),
        "plans": _words(_PLANS),
        "things": _words(_THINGS),
    }
    found = dict.fromkeys(lines)
    step = 0
    while len(found) < count:
        frame, *names = _FRAMES[step % len(_FRAMES)]
        chosen = {
            name: tables[name][(step * (7 + 4 * place) + step // 11) % len(tables[name])]
            for place, name in enumerate(names)
        }
        line = frame.format(**chosen)
        if "i feel" not in line and not line.startswith(("im ", "should")):
            line = line[0].upper() + line[1:]
        found[line] = None
        step += 1
    # Everyday talk wanders: neighbours in the list are not about the same thing.
    spread = list(found)[:count]
    return [spread[(number * 389) % count] for number in range(count)]
