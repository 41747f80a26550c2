"""A thousand varied lines for measuring: `LINES`, made by a generator of its own, always the same.

A server that hears twelve lines over and over is measured too kindly: every word is in a cache, and
memories never fill. These lines have some hundreds of shapes (1 to 4 clauses of 48 kinds, joined in
6 ways), 1 to some 60 words, and names, times and feelings that change, so that a script stores
memories, switches its keywords and walks through its rules as with real people.

    python -m bench.lines.varied          prints the lines and what they are like
"""

from __future__ import annotations

import random
import statistics
from typing import Final

_WORDS_TEXT: Final = """
person: mother, father, sister, brother, wife, husband, son, daughter, boss, friend, neighbour,
  grandmother, uncle, teacher, cousin, partner, dog, doctor
feeling: sad, tired, angry, lonely, happy, afraid, ashamed, calm, empty, proud, nervous,
  hopeful, jealous, bored, guilty, relieved
thing: job, money, car, house, phone, dream, letter, garden, book, picture, kitchen, promise
place: work, school, home, the hospital, the station, church, the office, a party, the sea
time: today, yesterday, last night, every day, on Sunday, since March, for years, in the
  morning, when I was ten, all week, lately, once
did: shouted at me, left without a word, forgot my birthday, fell ill, lost a lot of money,
  moved away, came to see us, stopped eating, told everybody, never wrote back, died
verb: sleep, eat, work, talk, think, cry, run, read, drive, sing, wait, pray
wish: be left alone, start again, see the sea, say sorry, sleep for a week, find another job,
  be a better person, call my brother, go home
quality: difficult, strange, unfair, wonderful, far too loud, not enough, quite good
"""
_CLAUSES_TEXT: Final = """
I feel {feeling} | I am {feeling} {time} | my {person} {did} | my {person} {did} {time} | I
cannot {verb} {time} | I want to {wish} | I would like to {wish} | I think about my {thing} | I
dreamed of my {person} | I remember my {thing} | nobody asks me how I am | everybody at {place}
is {feeling} | you are not listening | you remind me of my {person} | what do you think | do you
like my {thing} | why does my {person} hate me | my {thing} is broken | my {person} is {feeling}
| my {person} and my {person} are fighting | we went to {place} {time} | it rained {time} | it is
always like that | I have no {thing} any more | I bought a {thing} for my {person} | I never
{verb} at {place} | I used to {verb} with my {person} | I need some help with my {person} | I
love my {person} | I hate my {thing} | perhaps I {verb} too much | sometimes I {verb} all night |
they say that I am {feeling} | he said that my {thing} is no good | she knows that I {verb} | I
was {feeling} because my {person} {did} | I am sorry | yes | no, not really | I do not know |
things are {quality} | I got a new {thing} {time} | there is a {thing} that I cannot forget | my
{person} wants me to {wish} | if I could I would {wish} | I should {wish} | nothing helps | I was
at {place} {time}
"""
_WORDS: Final = {
    kind: [word.strip() for word in words.split(",")]
    for kind, _, words in (
        part.partition(":") for part in _WORDS_TEXT.strip().replace("\n  ", " ").split("\n")
    )
}
_CLAUSES: Final = [clause.strip() for clause in _CLAUSES_TEXT.replace("\n", " ").split("|")]
_JOINS: Final = (". ", ", and ", ", but ", " because ", ", so ", ". Then ")
_SIZE: Final = 1000


def _clause(chance: random.Random) -> tuple[str, str]:
    """Return the shape of a clause, and the clause with its words."""
    shape = chance.choice(_CLAUSES)
    text = shape
    for kind, words in _WORDS.items():
        while f"{{{kind}}}" in text:
            text = text.replace(f"{{{kind}}}", chance.choice(words), 1)
    return shape, text


def make(size: int = _SIZE, seed: int = 1966) -> tuple[list[str], int]:
    """Return so many different lines, and how many shapes they have."""
    chance = random.Random(seed)
    lines: dict[str, None] = {}
    shapes = set()
    while len(lines) < size:
        count = chance.choices((1, 2, 3, 4, 6), (45, 30, 15, 7, 3))[0]
        shape, line = _clause(chance)
        for _ in range(count - 1):
            join = chance.choice(_JOINS)
            further, text = _clause(chance)
            shape += join + further
            line += join + (text[0].upper() + text[1:] if join.startswith(".") else text)
        line = line[0].upper() + line[1:] + chance.choice((".", ".", ".", "", "!", "?"))
        if line not in lines:
            lines[line] = None
            shapes.add(shape)
    return list(lines), len(shapes)


LINES: Final = tuple(line.encode() + b"\n" for line in make()[0])


def main() -> None:
    """Print the lines, and after them how many shapes and words they have."""
    lines, shapes = make()
    print("\n".join(lines))
    words = sorted(len(line.split()) for line in lines)
    print(
        f"\n{len(lines):,} lines of {shapes} shapes; words: median {statistics.median(words):.0f},"
        f" {words[0]} to {words[-1]}; 26 words and more: {sum(n >= 26 for n in words)}"
    )


if __name__ == "__main__":
    main()
