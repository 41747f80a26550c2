"""Take the pictures of the report, light and dark, into docs/pictures.

    python tools/report_pictures.py [DIRECTORY]

An invented patient talks with the doctor for ten months, at the same times in each run. Chromium
takes the pictures of her report.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from doctor.__main__ import main as command  # noqa: E402 - found only after the line above
from doctor.loading import load_machine  # noqa: E402 - the same
from doctor.patients.opening import open_store  # noqa: E402 - the same

NAME = "Ada"
BEGAN = datetime(2026, 1, 12, tzinfo=UTC).timestamp()
DAY, HOUR = 86_400.0, 3_600.0
SIZE = (1100, 1720)

#: What she talks about: from which day to which mostly, and what she says.
SUBJECTS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 110, (
        "My mother called again last night.",
        "I wish my mother would listen when I speak.",
        "My mother says that I never visit her.",
        "I sounded just like my mother today.",
        "My mother and I have not talked since Sunday.",
        "I wrote my mother a letter and did not send it.",
    )),
    (70, 200, (
        "Work was too much this week.",
        "I could not finish the report at work.",
        "My boss moved the deadline again.",
        "I dread going to work on Mondays.",
        "A colleague took the credit for my work.",
        "I stayed late at work and nobody noticed.",
    )),
    (0, 300, (
        "I lie awake until three.",
        "Sleep does not come, whatever I do.",
        "I slept badly again, with the window open.",
        "For the first time this month I slept well.",
    )),
    (170, 300, (
        "My sister is ill.",
        "I visited my sister in the hospital.",
        "My sister laughed today, at her own bad joke.",
        "The hospital let my sister go home, and we sat in the garden until it was dark.",
        "I am afraid of what the doctors will tell my sister.",
    )),
    (20, 160, (
        "I had a dream about the old house.",
        "In the dream the house was full of water.",
        "I had the dream of the house once more, and this time I found the door.",
    )),
    (220, 300, (
        "Maybe there is some hope after all.",
        "Today I felt hope, for no reason.",
        "My friend Tom wrote back.",
        "I went for a walk with my friend Tom.",
        "The garden is what keeps me going.",
    )),
)  # fmt: skip


def converse(directory: Path) -> None:
    """Let the patient talk, with the same random choices in every run."""
    chance = random.Random(1966)  # noqa: S311 - not for secrets
    now = BEGAN
    with open_store(directory, load_machine(), clock=lambda: now) as store:
        for day in sorted(chance.sample(range(300), 84)):
            now = BEGAN + day * DAY + chance.choice((7, 8, 12, 19, 20, 21, 21, 22, 22, 23)) * HOUR
            weights = [6 if first <= day < last else 1 for first, last, _ in SUBJECTS]
            weights[2] = 3
            about = chance.choices(SUBJECTS, weights, k=max(1, round(chance.gauss(7, 4))))
            lines = dict.fromkeys(chance.choice(lines) for _, _, lines in about)
            with store.open(NAME) as ada:
                ada.greeting()
                for line in lines:
                    now += chance.randint(20, 150)
                    ada.say(line)


def photograph(page: Path, target: Path) -> None:
    """Take a picture of the upper part of a page."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("no browser: apt-get install chromium")
    width, height = SIZE
    subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--window-size={width},{height}",
            f"--screenshot={target}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
    )


def main() -> None:
    """Take both pictures."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    target.mkdir(parents=True, exist_ok=True)
    os.environ["TZ"] = "UTC"
    with tempfile.TemporaryDirectory() as made:
        patients, page = Path(made) / "patients", Path(made) / "report.html"
        converse(patients)
        command(["report", NAME, "--patients", str(patients), "--html", str(page)])
        photograph(page, target / "report.png")
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("<html ", '<html data-theme="dark" ', 1), encoding="utf-8")
        photograph(page, target / "report-dark.png")


if __name__ == "__main__":
    main()
