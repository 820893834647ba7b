# The front door. Everything behind it is `python3 -m local COMMAND`, on the machine's own Python >= 3.11.
.DEFAULT_GOAL := help
rehearse preview plan deploy smoke timeline rollback drift: STACK ?= staging
up: STACK ?= local
.PHONY: help up cloud rehearse preview down env setup bootstrap access check bench soak chaos mutation test lint format types imports unit components e2e lock
.PHONY: policy plan deploy smoke timeline sbom sbom-export sbom-create rollback drift prepare pin audit clean
LOCAL := local/python -m local

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{gsub(/[$$][$$]/, "$$", $$2); printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## set up this machine, then deploy the example to the local stack; STACK=orders: deploy Pulumi.orders.yaml
	@$(LOCAL) up $(STACK)

cloud: ## set up this machine, then start the local cloud without deploying a stack
	@$(LOCAL) cloud

rehearse: ## deploy Pulumi.STACK.yaml to an emulated account: make rehearse STACK=staging; then prod, which promotes from it
	@$(LOCAL) rehearse $(STACK)

preview: ## show the changes of `make rehearse STACK=...`
	@$(LOCAL) preview $(STACK)

test: ## set up this machine, then run every check: lint, types, imports, unit, components, e2e
	@$(LOCAL) check

# The values are passed by environment variables, so that an untrusted value (a branch's name) is not run by the shell.
check: ## check an application before the merge: STACK=local RELEASED=revision|none IMAGE=built JSON=1
	@$(LOCAL) application --stack "$${STACK:-local}" --released "$${RELEASED:-}" --image "$${IMAGE:-}" $${JSON:+--json}

down: ## stop the local cloud and the rehearsals' clouds, and delete their stacks (Docker keeps running)
	@$(LOCAL) down

env: ## print the environment of the local stack: eval "$$(make -s env)"; STACK=prod: of a rehearsed stack
	@$(LOCAL) env $(STACK)

setup: ## set up this machine only
	@$(LOCAL) setup

bench: ## measure the gate, the AWS CLI, ecs-deploy and a whole deploy; writes docs/bench.md
	@$(LOCAL) bench
	@.venv/bin/python -m tests.chaos.price

soak: setup ## kill deployers at random times, break versions, load deploys (85 minutes); SEEDS=100; SEED=n repeats one
	@.venv/bin/python -m tests.soak
	@test -n "$(SEED)" || .venv/bin/python -m tests.soak.deployments
	@test -n "$(SEED)" || SOAK=1 .venv/bin/python -m pytest -s tests/e2e/faults/test_faults.py tests/e2e/faults/measure_load.py
	@test -n "$(SEED)" || SOAK=1 .venv/bin/python -m pytest -s tests/e2e/strategies
	@test -n "$(SEED)" || .venv/bin/python -m tests.soak.strategies
	@test -n "$(SEED)" || .venv/bin/python -m tests.soak.foreign

mutation: setup ## run the tests of a part of the core on mutated code: ROOM=migration MINUTES=30; writes docs/mutation.md
	@.venv/bin/python -m tests.mutation $(ROOM) --minutes $(or $(MINUTES),30)

chaos: setup ## deploy with wrong AWS answers, concurrent deployers and wrong clocks (35 minutes); SEEDS=30; SEED=n repeats one
	@.venv/bin/python -m tests.chaos
	@test -n "$(SEED)" || .venv/bin/python -m tests.chaos.cases
	@test -n "$(SEED)" || .venv/bin/python -m tests.chaos.rivals
	@test -n "$(SEED)" || .venv/bin/python -m tests.chaos.clock

bootstrap: ## prepare an AWS account for a stack: make bootstrap STACK=staging; without STACK the local cloud's account
	@$(LOCAL) bootstrap $(STACK) $(if $(YES),--yes)

access: setup ## list the permissions of every role, from the rendered stacks; writes docs/access.md
	@.venv/bin/python -m tests.components.access

lint types imports unit components e2e:
	@$(LOCAL) check $@

lint: ## ruff: rules and format
types: ## mypy
imports: ## rules of imports between packages (import-linter)
unit: ## unit tests
components: ## component tests on Pulumi's mocks
e2e: ## end-to-end tests on the real engine, the emulated AWS and Docker

format: setup ## format the code with ruff
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

policy: ## check every stack by the policy pack's rules; writes docs/policy.md
	@$(LOCAL) policy

plan: ## preview an AWS stack with the policy pack: make plan STACK=prod; ARGS="--into FOLDER" for Markdown
	@$(LOCAL) pipeline plan --stack $(STACK) $(ARGS)

deploy: ## deploy an AWS stack with the policy pack: make deploy STACK=staging
	@$(LOCAL) pipeline deploy --stack $(STACK) $(ARGS)

smoke: ## send the smoke request to a deployed stack: make smoke STACK=staging
	@$(LOCAL) pipeline smoke --stack $(STACK)

timeline: ## show how long each step and stage of the last deploy took, as Markdown: make timeline STACK=staging
	@$(LOCAL) pipeline timeline --stack $(STACK)

rollback: ## roll back to an earlier release and hold the current one: make rollback STACK=prod RELEASE=41 REASON="..."
	@$(LOCAL) pipeline rollback --stack $(STACK)

sbom-export: ## write the image that a stack serves into a folder: make sbom-export STACK=staging INTO=image
	@$(LOCAL) pipeline sbom-export --stack $(STACK) --into $(INTO)

sbom-create: ## make a bill of materials of that folder (needs the internet): IMAGE=... make sbom-create INTO=image FILE=sbom.json
	@python3 -m pipeline.sbom.create --image $(INTO) --into $(FILE)

sbom: ## attach a bill of materials to the image that a stack serves: make sbom STACK=staging FILE=sbom.json
	@$(LOCAL) pipeline sbom --stack $(STACK) --file $(FILE)

drift: ## fail when AWS differs from a stack's state; changes nothing: make drift STACK=prod
	@$(LOCAL) pipeline drift --stack $(STACK)

audit: ## scan locked dependencies for known vulnerabilities, and the git history for secrets (needs the internet)
	@python3 -m pipeline.audit

lock: ## compile the hash-checked locks from the requirements*.in files
	@$(LOCAL) lock

prepare: ## install Pulumi (by recorded checksums) and the environments, before a pipeline's job assumes its role
	@$(LOCAL) prepare

pin: ## record the checksums of Pulumi's archives for `make prepare`
	@$(LOCAL) pin

clean: down ## run make down, then remove the virtual environments and this checkout's local folder
	@rm -rf .venv .venv-cloud .venv-bench .venv-policy .venv-audit .local .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
