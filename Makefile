# The front door. Everything behind it is `python3 -m local COMMAND`, on the machine's own Python >= 3.11.
.DEFAULT_GOAL := help
rehearse preview plan deploy smoke rollback drift: STACK ?= staging
up: STACK ?= local
.PHONY: help up cloud rehearse preview down env setup bootstrap access check bench soak chaos mutation test lint format types imports unit components e2e lock
.PHONY: policy plan deploy smoke sbom sbom-export sbom-create rollback drift prepare pin audit clean
LOCAL := local/python -m local

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{gsub(/[$$][$$]/, "$$", $$2); printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## set up what is missing, then deploy the example to the local stack; STACK=orders: what Pulumi.orders.yaml says
	@$(LOCAL) up $(STACK)

cloud: ## set up what is missing, then start the local cloud alone: no stack is deployed
	@$(LOCAL) cloud

rehearse: ## deploy Pulumi.STACK.yaml to an emulated account: make rehearse STACK=staging; prod promotes from it
	@$(LOCAL) rehearse $(STACK)

preview: ## what `make rehearse STACK=...` would change
	@$(LOCAL) preview $(STACK)

test: ## set up what is missing, then every check: lint, types, imports, unit, components, e2e
	@$(LOCAL) check

# Through the environment: a value from outside (a branch's name) is never part of a shell command.
check: ## the application before the merge: STACK=local RELEASED=revision|none IMAGE=built JSON=1
	@$(LOCAL) application --stack "$${STACK:-local}" --released "$${RELEASED:-}" --image "$${IMAGE:-}" $${JSON:+--json}

down: ## stop the local cloud and the rehearsals', and forget their stacks (Docker stays)
	@$(LOCAL) down

env: ## print the local stack's environment: eval "$$(make -s env)"; STACK=prod: that of a rehearsed stack
	@$(LOCAL) env $(STACK)

setup: ## only set up what is missing
	@$(LOCAL) setup

bench: ## measure the gate beside the AWS CLI and ecs-deploy, and a whole deploy: writes docs/bench.md
	@$(LOCAL) bench
	@.venv/bin/python -m tests.chaos.price

soak: setup ## kill deployers at random moments, break versions, load deploys (60 minutes); SEEDS=100; SEED=n plays one again
	@.venv/bin/python -m tests.soak
	@test -n "$(SEED)" || .venv/bin/python -m tests.soak.deployments
	@test -n "$(SEED)" || SOAK=1 .venv/bin/python -m pytest -s tests/e2e/faults/test_faults.py tests/e2e/faults/measure_load.py
	@test -n "$(SEED)" || .venv/bin/python -m tests.soak.foreign

mutation: setup ## break the core's code in small ways, run a room's tests on each: ROOM=migration MINUTES=30; writes docs/mutation.md
	@.venv/bin/python -m tests.mutation $(ROOM) --minutes $(or $(MINUTES),30)

chaos: setup ## deploy while AWS's answers lie, rivals race, clocks are wrong (35 minutes); SEEDS=30; SEED=n plays one again
	@.venv/bin/python -m tests.chaos
	@test -n "$(SEED)" || .venv/bin/python -m tests.chaos.cases
	@test -n "$(SEED)" || .venv/bin/python -m tests.chaos.rivals
	@test -n "$(SEED)" || .venv/bin/python -m tests.chaos.clock

bootstrap: ## make an AWS account ready for a stack: make bootstrap STACK=staging; without STACK the local cloud's
	@$(LOCAL) bootstrap $(STACK) $(if $(YES),--yes)

access: setup ## list what every role may do, from the rendered stacks: writes docs/access.md
	@.venv/bin/python -m tests.components.access

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

policy: ## judge every stack's graph by the policy pack's rules: writes docs/policy.md
	@$(LOCAL) policy

plan: ## preview a real stack, judged by the policy pack: make plan STACK=prod; ARGS="--into FOLDER" for Markdown
	@$(LOCAL) pipeline plan --stack $(STACK) $(ARGS)

deploy: ## deploy a real stack, judged by the policy pack: make deploy STACK=staging
	@$(LOCAL) pipeline deploy --stack $(STACK) $(ARGS)

smoke: ## ask a deployed stack as its users do: make smoke STACK=staging
	@$(LOCAL) pipeline smoke --stack $(STACK)

rollback: ## back to an earlier release, and hold the one that is left: make rollback STACK=prod RELEASE=41 REASON="..."
	@$(LOCAL) pipeline rollback --stack $(STACK)

sbom-export: ## write the image that a stack serves into a folder: make sbom-export STACK=staging INTO=image
	@$(LOCAL) pipeline sbom-export --stack $(STACK) --into $(INTO)

sbom-create: ## make a bill of materials of that folder (needs the internet): IMAGE=... make sbom-create INTO=image FILE=sbom.json
	@python3 -m pipeline.sbom.create --image $(INTO) --into $(FILE)

sbom: ## attach a bill of materials to the image that a stack serves: make sbom STACK=staging FILE=sbom.json
	@$(LOCAL) pipeline sbom --stack $(STACK) --file $(FILE)

drift: ## fail when the cloud is not as a stack's state says; changes nothing: make drift STACK=prod
	@$(LOCAL) pipeline drift --stack $(STACK)

audit: ## look for known weaknesses in the locked dependencies, and for secrets in the history (needs the internet)
	@python3 -m pipeline.audit

lock: ## compile the hash-checked locks from the requirements*.in files
	@$(LOCAL) lock

prepare: ## what a pipeline's job does before it takes its role: Pulumi by recorded checksums, environments
	@$(LOCAL) prepare

pin: ## record the checksums of Pulumi's archives, for `make prepare`
	@$(LOCAL) pin

clean: down ## make down, then remove the virtual environments and this checkout's local folder
	@rm -rf .venv .venv-cloud .venv-bench .venv-policy .venv-audit .local .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
