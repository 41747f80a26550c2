# make help   this list, also printed by make alone
# make run    talk with the doctor: install .venv, start a server if none listens, open the window
# make web    talk in the browser: the same, with a page for browsers instead of the window
# make test   install what the tests need, then run every check
# make check  every check: ruff, import-linter, mypy, the tests under coverage
# make compiled   a copy of the program in build/compiled, its core compiled: faster, otherwise the same
# make check-compiled   run the tests of replies and records in that copy
# make score  make the table of scores that notices danger again, and compare it with the one here
# make bench  measure every figure of the documents, as ratios in one run
# make pictures   take the pictures in docs/pictures
# make clean  remove what was built, never a saved history

PYTHON ?= python3
VENV ?= .venv
IN = $(VENV)/bin/python
# Processes that run the tests; each file of tests stays in one of them.
WORKERS ?= 4

# Tests start hundreds of programs: each would compile every module where no bytecode may be written.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run web test check compiled check-compiled score bench pictures clean

help:
	@sed -n 's/^# make/make/p' $(firstword $(MAKEFILE_LIST))

run:
	@$(PYTHON) tools/set_up.py run $(VENV)
	@$(IN) -m client --start

web:
	@$(PYTHON) tools/set_up.py web $(VENV)
	@$(IN) -m client --web --start --open

test:
	@$(PYTHON) tools/set_up.py test $(VENV)
	@$(MAKE) --no-print-directory check

check:
	$(IN) -m ruff check .
	$(IN) -m ruff format --check .
	$(VENV)/bin/lint-imports
	$(IN) -m mypy
	$(IN) -m coverage erase
	# What fails beside other tests, on a busy machine, is said, and tried once more alone.
	$(IN) -m coverage run -m pytest -n $(WORKERS) --dist loadfile || \
	  $(IN) -m coverage run -m pytest --last-failed --last-failed-no-failures none
	$(IN) -m coverage combine --quiet
	$(IN) -m coverage report

compiled:
	@$(PYTHON) tools/set_up.py test $(VENV)
	$(IN) tools/compiled_core.py build/compiled

check-compiled: compiled
	cd build/compiled && $(abspath $(IN)) -m pytest -n $(WORKERS) --dist loadfile \
		tests/english tests/eliza tests/listener tests/history tests/protocol tests/scripts tests/test_doctor.py

score:
	$(PYTHON) tools/care_score.py
	git diff --exit-code --stat doctor/scripts/care.score

bench:
	@$(PYTHON) tools/set_up.py bench $(VENV)
	$(IN) -m bench --write

pictures:
	@$(PYTHON) tools/set_up.py test $(VENV)
	$(IN) tools/pictures.py
	$(IN) tools/report_pictures.py
	$(IN) tools/page_pictures.py
	$(IN) tools/live_pictures.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
