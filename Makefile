# Each target makes the virtual environment it needs; a second run installs nothing.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: demo model test verify lint docs help

VENV := .venv
BIN := $(VENV)/bin
CORES ?= all

help:
	@echo "make demo    simulate, adapt the shipped model, apply and report with config/config.yaml (six to eight minutes)"
	@echo "make model   make the shipped model from nothing with config/human.yaml (hours; the same command goes on)"
	@echo "make lint    style, formats and types (a minute)"
	@echo "make docs    the documents as a site, site/index.html; a warning is an error"
	@echo "make test    lint, docs and the tests (ten minutes)"
	@echo "make verify  the slow tests too (hours)"

$(VENV)/installed: pyproject.toml constraints.txt
	@python=""; \
	for candidate in python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    python=$$candidate; break; \
	  fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "error: no Python >= 3.11 with venv found on PATH; install one (Debian: apt install python3 python3-venv)" >&2; \
	  exit 1; \
	fi; \
	[ -x $(BIN)/python ] || $$python -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[workflow,dev]'
	@touch $@

demo: $(VENV)/installed
	PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --cores $(CORES) --workflow-profile workflow/profiles/default
	@cat results/report/Target.txt

model: $(VENV)/installed
	PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --cores $(CORES) --workflow-profile workflow/profiles/default \
	  --configfile config/human.yaml
	@echo "Model: results/human/model; how good it is: results/human/model.html"

lint: $(VENV)/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow

docs: $(VENV)/installed
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs site

test: lint docs
	PATH="$(CURDIR)/$(BIN):$$PATH" OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -q

verify: test
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n 2 -q -m slow
