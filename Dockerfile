# The gateway, on a Python of its own, from the hashed runtime lock. `make dockerfile` runs these steps without an engine.

FROM python:3.13-slim AS build
ENV UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/bankroll
COPY requirements requirements
RUN python -m venv /opt/tools && /opt/tools/bin/python -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
RUN python -m venv --without-pip /opt/bankroll && /opt/tools/bin/uv pip install --quiet --python /opt/bankroll/bin/python --require-hashes -r requirements/runtime.txt
COPY pyproject.toml LICENSE ./
COPY wallet wallet
COPY gateway gateway
COPY providers providers
COPY bench bench
COPY sql sql
RUN /opt/tools/bin/hatchling build -t wheel -d dist && /opt/tools/bin/uv pip install --quiet --python /opt/bankroll/bin/python --no-deps dist/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/bankroll --create-home --shell /usr/sbin/nologin bankroll
COPY --from=build /opt/bankroll /opt/bankroll
ENV PATH=/opt/bankroll/bin:$PATH PYTHONUNBUFFERED=1 BANKROLL_HOST=0.0.0.0 BANKROLL_PORT=8080
USER bankroll
WORKDIR /var/lib/bankroll
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"BANKROLL_PORT\"]}/healthz', timeout=2)"]
CMD ["bankroll", "up"]
