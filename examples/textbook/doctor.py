"""A doctor in one page: remarks that always fit, and the patient's own words made a question.

Where courses draw a reply by chance this doctor takes turns, so that everybody who follows
`docs/tour.md` sees the same replies.
"""

HEDGES = ("Please tell me more.", "Many people feel like that.", "Please go on.")
QUALIFIERS = ("Why do you say that", "You seem to think that")
TURNED = {
    "i": "you",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "am": "are",
    "you": "I",
    "your": "my",
    "yours": "mine",
}


def turn_round(line):
    """Return the line as the doctor would say it: "I hate my job." -> "you hate your job"."""
    words = line.lower().rstrip(".!?").split()
    return " ".join(TURNED.get(word, word) for word in words)


class Doctor:
    """One patient's doctor: this object is what the server pickles."""

    def __init__(self, name):
        self.name = name
        self.history = []

    def greeting(self):
        """Return what is said first, to a new patient or to one who comes back."""
        if self.history:
            count = len(self.history)
            return f"Welcome back, {self.name}. Lines I know: {count}. The last: {self.history[-1]}"
        return f"Hello, {self.name}. How can I help you?"

    def reply(self, line):
        """Return the reply to a line, and remember the line."""
        turn = len(self.history)
        self.history.append(line)
        if turn % 3 == 2:
            return HEDGES[turn // 3 % len(HEDGES)]
        return f"{QUALIFIERS[turn % 2]} {turn_round(line)}?"
