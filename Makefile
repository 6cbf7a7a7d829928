# Two commands for a fresh machine (Python 3.11+, make, git): `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
READERS := $(VENV)/readers
PEERS := $(VENV)/peers

.PHONY: demo test bench check lint types layers format example screenshots clean

demo: $(INSTALLED)
	$(BIN)/auditor demo

test: $(INSTALLED)
	$(BIN)/python -m pytest $(ARGS)

# how fast it is, beside others and on its own; about half an hour, `make bench ARGS=--quick` a few minutes
bench: $(PEERS)
	$(BIN)/python tests/benchmarks/bench.py $(ARGS)

check: lint types layers

lint: $(READERS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READERS)
	$(BIN)/mypy

layers: $(READERS)
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "auditor needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

# other people's readers of our reports; tests that need them are skipped without
$(READERS): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --editable '.[dev,interop]'
	touch $@

# one run in every format, which lies in reports/example
example: $(READERS)
	rm -rf build/example
	$(BIN)/auditor demo --nights 3 --out build/example
	find reports/example -mindepth 1 ! -name README.md -delete
	cp -R build/example/latest/. reports/example/
	$(BIN)/auditor report last --runs build/example --out reports/example $$($(BIN)/python -c 'from auditor.formats import FORMATS; print(*(f"--format {name}" for name in FORMATS))')
	$(BIN)/auditor keys new --out build/example/review.pem
	$(BIN)/auditor export last --runs build/example --key build/example/review.pem --out reports/example/review.zip
	cp build/example/review.pub.pem reports/example/

# the pictures in the documentation, by a real browser
screenshots: $(READERS)
	$(BIN)/python tests/interop/screenshots.py

# what is measured beside auditor, and what measuring needs
$(PEERS): $(READERS)
	$(BIN)/python -m pip install --quiet --editable '.[dev,interop,cluster,bench]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
