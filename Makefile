# What there is to do with Countenance. Needs make and Python 3.11 to 3.13, nothing else.
#
#   make demo [PORT=8000] [ONCE=1] [PHOTOS=folder]   see it work, on its own story or on your photos
#   make run [PORT=8000]                             the portal and its workers on your own data
#   make test [T="tests/local -k port"]              the whole suite, or what T names
#   make lint | proof | setup
#   make bench [PART="engine job memory"]            how fast it is: gate, engine, a job, memory, search …
#   make soak [SOAK="--engine fake --workers 4"]     that work survives killed workers, database and broker

SHELL := /bin/sh
PY := .venv/bin/python
JOBS ?= 2

# Tests, workers and commands start Python by the hundred: what it compiled once is kept, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo run test proof bench soak lint format

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -8

setup:
	@tools/setup.sh

# `exec`: signals reach the program itself, so Ctrl-C and SIGTERM stop all that it started.
demo: setup
	@exec $(PY) -m portal.local.run demo $(if $(PORT),--port $(PORT)) $(if $(ONCE),--once) $(if $(PHOTOS),--photos "$(PHOTOS)")

run: setup
	@exec $(PY) -m portal.local.run run $(if $(PORT),--port $(PORT))

test: setup
	@exec $(PY) -m pytest -n $(JOBS) $(T)

proof: setup
	@PROOF=full exec $(PY) -m pytest -n $(JOBS) -m proof --timeout=3600 $(T)

ifneq ($(wildcard bench/__main__.py),)
bench: setup
	@exec $(PY) -m bench $(PART)

soak: setup
	@exec $(PY) -m bench.soak $(SOAK)
endif

lint: setup
	@exec sh tools/lint.sh

format: setup
	@$(PY) -m ruff check --fix --quiet . && $(PY) -m ruff format .
