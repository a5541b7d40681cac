# What can be made here; `make` alone lists it. PYTHON=... chooses the Python that the environment is made with.
# Everything runs in .venv, which is made at the first use and again when what it depends on has changed.

PYTHON ?=
IN := .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help demo docs run test matrix lint bench shared-file startup pictures screens fuzz letters endings catalog lock clean sync-faults FORCE

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

demo: .venv/.installed .venv/.prepared ## open the desk with invented referrals; nothing of it is kept
	@$(IN) refterm demo

run: .venv/.installed ## open the real desk
	@$(IN) refterm

test: .venv/.tested lint ## check the code and run all tests
	@$(IN) pytest -n auto

matrix: ## run all tests on each Python from 3.11 on that is found here
	@sh tools/matrix

lint: .venv/.tested ## check style, types and layers
	@$(IN) ruff check --quiet .
	@$(IN) ruff format --quiet --check .
	@$(IN) mypy --no-error-summary
	@.venv/bin/lint-imports --no-logo > .venv/layers.log || { cat .venv/layers.log >&2; exit 1; }

bench: .venv/.tested .venv/.prepared ## measure against the floors; SIZES=100,10000 RUNS=3 ONLY=start BASE=earlier.json OUT=bench.json
	@$(IN) tests.bench $(if $(SIZES),--sizes $(SIZES)) $(if $(RUNS),--runs $(RUNS)) $(if $(ONLY),--only $(ONLY)) \
		$(if $(BASE),--base $(BASE)) --out $(or $(OUT),.bench/bench.json) $(if $(SIZES)$(RUNS)$(ONLY),,--page docs/benchmarks.md)

shared-file: .venv/.tested ## two users of one group, umask 022 and 077, a thousand commands; needs root, takes minutes
	@REFTERM_TEST_SHARED=1 $(IN) pytest -q -s -p no:xdist tests/store/test_shared_file.py -k lock_nobody_out

growth: .venv/.tested ## open each form and panel fifty times, and tell what each keeps; takes minutes
	@REFTERM_TEST_GROWTH=1 $(IN) pytest -q -s -p no:xdist tests/tui/test_growth.py

fuzz: .venv/.tested ## write noise into an open desk and an open form, 100000 sequences each; takes a quarter of an hour
	@REFTERM_TEST_FUZZ=100000 $(IN) pytest -q -p no:xdist tests/pty/test_fuzz.py

letters: .venv/.tested ## send 10000 letters to random addresses through a mail server; takes minutes
	@REFTERM_TEST_LETTERS=10000 $(IN) pytest -q -s -p no:xdist tests/services/test_many_letters.py

endings: .venv/.tested ## end a desk 200 times in each of five ways; takes an hour
	@REFTERM_TEST_ENDINGS=200 $(IN) pytest -q -p no:xdist tests/pty/test_endings.py

sync-faults: .venv/.tested ## sync a thousand referrals under every fault, and kill it at two hundred instants; takes minutes
	@REFTERM_TEST_SYNC=1 $(IN) pytest -q -p no:xdist tests/partner_center/test_faults.py

startup: .venv/.installed ## show where the time of the start goes
	@.venv/bin/python tools/startup.py

pictures: .venv/.installed ## draw the pictures of README and pages, and the recording, anew from the demo
	@.venv/bin/python tools/pictures.py docs/pictures

screens: .venv/.installed ## draw every screen at five sizes in five looks, to look at; takes minutes; INTO=.screens
	@.venv/bin/python tools/screens.py $(or $(INTO),.screens)

catalog: .venv/.installed ## bring the translations up to date with the program's texts, and compile them
	@sh tools/catalog .venv/bin/python

docs: .venv/.documented ## build the pages as a site into .site/html, and the manual page docs/refterm.1
	@.venv/bin/python tools/manpage.py
	@.venv/bin/python tools/site.py

lock: ## pin the newest packages that fit into constraints.txt
	$(find_python)
	@sh tools/lock "$(python)"

clean: ## remove the environment and what checks left behind
	@rm -rf .venv .site .mypy_cache .ruff_cache .pytest_cache .hypothesis .bench .matrix .screens build dist

# An environment of another Python than the one asked for, or whose Python is gone, is made anew.
ifneq ($(shell test -x .venv/bin/python && echo here),here)
rebuild := FORCE
else ifneq ($(PYTHON),)
ifneq ($(shell cat .venv/.python 2>/dev/null),$(PYTHON))
rebuild := FORCE
endif
endif

.venv/.installed: pyproject.toml constraints.txt $(rebuild)
	$(find_python)
	@sh tools/make-environment "$(python)" .
	@echo "$(PYTHON)" > .venv/.python
	@touch $@

.venv/.tested: pyproject.toml constraints.txt $(rebuild)
	$(find_python)
	@sh tools/make-environment "$(python)" '.[test]'
	@echo "$(PYTHON)" > .venv/.python
	@touch .venv/.installed $@

# The generator of the pages, which nothing else needs.
.venv/.documented: .venv/.installed
	@$(IN) pip install --quiet --disable-pip-version-check 'mkdocs-material>=9.6,<10'
	@touch $@

# The demo's databases, so that it opens at once; without them it is played anew at each opening.
.venv/.prepared: $(wildcard refterm/demo_data/*.json refterm/services/demo/*.py refterm/store/tables.py) | .venv/.installed
	@$(IN) refterm.services.demo.desk
	@touch $@

# What is missing is told by make itself, so that it is one line.
define find_python
$(eval python := $(shell sh tools/find-python "$(PYTHON)"))$(if $(filter /%,$(firstword $(python))),,$(error $(python)))
endef
