# 守望 Shouwang. Needs Python 3.11+ and make; everything else is fetched into .venv.
.DEFAULT_GOAL := help
.PHONY: help demo up test check lint format bench faults screenshots browser tracer

VENV ?= .venv
BIN := $(VENV)/bin
# The first that is new enough; when none is, the plain one, so that the message can name it.
PYTHON ?= $(or $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$name -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && { echo $$name; break; }; done),python3)
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar off

# Our processes are started often: what is compiled is kept, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

help: ## 显示本说明 · show this help
	@echo "守望 Shouwang"; grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1@\2/' | awk -F@ '{printf "%-20s %s\n", $$1, $$2}'

demo: $(VENV)/.runtime ## 演示小镇，短信不出本机；FRESH=1 从头开始 · the example town with simulated devices and phones
	@$(BIN)/shouwang demo $(if $(filter-out 0,$(FRESH)),--fresh)

up: $(VENV)/.runtime ## 正式运行 · the service alone
	@$(BIN)/shouwang up

test: $(VENV)/.dev browser tracer check ## 全部检查与测试 · every check and test
	@echo "== pytest"; $(BIN)/python -m pytest -n 3 --dist worksteal

check: $(VENV)/.dev
	@echo "== ruff";  $(BIN)/ruff check .
	@echo "== format"; $(BIN)/ruff format --check .
	@echo "== mypy";  $(BIN)/mypy

lint: check ## 只做静态检查 · static checks only
	@echo "== imports"; $(BIN)/lint-imports

format: $(VENV)/.dev ## 整理格式 · put every file into shape
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: $(VENV)/.dev ## 测量速度，写 docs/performance.md · measure, and write the tables
	@set -e; for each in $(filter-out benchmarks/_%,$(wildcard benchmarks/*.py)); do echo "== $$each"; $(BIN)/python $$each --save; done

faults: $(VENV)/.dev tracer ## 长时间的故障测试，写 docs/reliability.md · every round of faults, half an hour or more
	@$(BIN)/python -m tests.faults

screenshots: $(VENV)/.dev browser ## 重新截图 · take the pictures of the documentation again
	@$(BIN)/python -m tests.shouwang.screenshots

# strace refuses an fsync, and records what a power cut would leave. Without root it is only asked for.
tracer:
	@if command -v strace >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "== strace"; (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends strace >/dev/null) \
	  || echo "strace could not be installed; tests that need it will say so"; \
	else echo "没有 strace · for the tests of power cuts run: sudo apt-get install strace"; fi

# Debian's Chromium drives the browser tests; the font shows Chinese. Without root they are only asked for.
browser:
	@if command -v chromium >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi 'noto.*cjk'; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "== chromium"; (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null) \
	  || echo "chromium could not be installed; tests that need a browser will say so"; \
	else echo "没有浏览器或中文字体 · for the browser tests run: sudo apt-get install chromium fonts-noto-cjk"; fi

$(BIN)/python:
	@$(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	  echo "需要 Python 3.11 或更新 · Python 3.11 or newer is needed, found $$($(PYTHON) --version 2>&1 | head -n 1). Set PYTHON=/path/to/python3.11"; exit 2; }
	@echo "== 创建环境 creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing: sudo apt-get install python3-venv"; rm -rf $(VENV); exit 2; }

# A stamp each: what is installed is newer than what is asked for.
$(VENV)/.runtime: requirements.txt pyproject.toml | $(BIN)/python
	@echo "== 安装依赖 installing $$(grep -c == requirements.txt) packages (a minute or two the first time)"
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "== 安装测试工具 installing what the tests need"
	@$(PIP) -r requirements-dev.txt
	@touch $@
