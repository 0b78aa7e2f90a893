# The commands of this project. Each makes .venv and installs what it needs the first time.
.PHONY: run start test check format lock words vendor clean

PYTHON = python3 dev.py python
PRODUCTION = SECRET_KEY=$$(python3 -c "import secrets; print(secrets.token_urlsafe(50))") \
	DATABASE_URL=sqlite://:memory: BASE_URL=https://cascade.example.com ALLOWED_HOSTS=cascade.example.com
ENGINE += goals/causes.py
ENGINE += goals/rollup.py
ENGINE += goals/smart.py
ENGINE += kpis/attainment.py
ENGINE += kpis/derived.py
ENGINE += kpis/due.py
ENGINE += kpis/evidence.py
ENGINE += kpis/forecast/arriving.py
ENGINE += kpis/forecast/drawn.py
ENGINE += kpis/forecast/trend.py
ENGINE += kpis/formula.py
ENGINE += kpis/payout/engine.py
ENGINE += kpis/periods.py
ENGINE += kpis/split.py
ENGINE += kpis/whatif.py
ENGINE += reviews/reminders/rules.py
ENGINE += reviews/rhythm.py

run: ## the demo company on http://127.0.0.1:8000 (PORT, DATA_DIR)
	@python3 dev.py run

start: ## the same without the demo company: begins with a page that makes your organisation (PORT, DATA_DIR, HOST)
	@python3 dev.py start

test: ## every test that this machine can run
	@python3 dev.py test

check: ## linters, types of the engine, migrations, production settings
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy $(wildcard $(ENGINE))
	$(PRODUCTION) $(PYTHON) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING

format: ## what ruff can put right
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lock: ## requirements*.txt anew from requirements*.in; needs uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt

words: ## the words to translate anew from the sources, and the translations compiled; needs GNU gettext
	$(PYTHON) manage.py makemessages -l nb --no-location --no-obsolete --no-wrap --ignore .venv --ignore tests --ignore bench
	$(PYTHON) manage.py compilemessages -l nb --ignore .venv

vendor: ## static/vendor anew from vendor/package.json; needs Node 20
	cd vendor && npm ci --ignore-scripts --no-audit --no-fund && node build.js

clean: ## removes what was installed and built, not the data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis staticfiles
