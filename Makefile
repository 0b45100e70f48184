# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors

.DEFAULT_GOAL := help
.PHONY: help demo emulator test lint unit build clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

demo: ## converge a multisite of about 30 domains on an emulated panel
	@scripts/setup.sh demo
	@scripts/build.sh
	@scripts/run.sh python scripts/demo.py

emulator: ## the emulated panel alone, on port 8080, until Ctrl-C
	@scripts/setup.sh demo
	@scripts/build.sh
	@scripts/run.sh python -m tests.emulator --port 8080 --seed scripts/demo/panel.yml

test: ## everything: set-up, build, lint, pytest, molecule
	@scripts/test.sh

lint: ## the checks that run no test
	@scripts/setup.sh test
	@scripts/build.sh
	@scripts/lint.sh

unit: ## the quick tests: no database, no WordPress
	@scripts/setup.sh test
	@scripts/build.sh
	@scripts/run.sh python -m pytest --ignore tests/source --ignore tests/playbooks --ignore tests/cases/test_cases_stack.py

build: ## build the artefact and install it to build/collections
	@scripts/setup.sh demo
	@scripts/build.sh

clean: ## remove what make made
	rm -rf .venv build .ansible .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
