# The front door. Everything behind it is `python3 -m local COMMAND`, on the machine's own Python >= 3.11.
.DEFAULT_GOAL := help
.PHONY: help up down env setup test lint format types imports unit components e2e lock clean
LOCAL := local/python -m local

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{gsub(/[$$][$$]/, "$$", $$2); printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## set up what is missing, then deploy the example service to the local stack
	@$(LOCAL) up

test: ## set up what is missing, then every check: lint, types, imports, unit, components, e2e
	@$(LOCAL) check

down: ## stop the local cloud and forget the local stack (Docker stays)
	@$(LOCAL) down

env: ## print the local stack's environment: eval "$$(make -s env)"
	@$(LOCAL) env

setup: ## only set up what is missing
	@$(LOCAL) setup

lint types imports unit components e2e:
	@$(LOCAL) check $@

lint: ## ruff: rules and format
types: ## mypy
imports: ## who may import whom (import-linter)
unit: ## unit tests
components: ## component tests on Pulumi's mocks
e2e: ## end-to-end tests on the real engine, the emulated AWS and Docker

format: setup ## put the code into ruff's format
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

lock: ## compile the hash-checked locks from the requirements*.in files
	@$(LOCAL) lock

clean: down ## make down, then remove the virtual environments and this checkout's local folder
	@rm -rf .venv .venv-cloud .local .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
