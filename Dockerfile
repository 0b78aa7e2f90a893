FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY . .
ENV COMPRESSED_STATIC=1 STATIC_ROOT=/app/staticfiles
RUN SECRET_KEY="$(head -c 48 /dev/urandom | base64)" /venv/bin/python manage.py collectstatic --no-input --ignore "redoc*"

FROM python:3.11-slim
RUN groupadd --gid 10001 cascade \
 && useradd --uid 10001 --gid cascade --no-create-home --home-dir /data cascade \
 && install --directory --owner=cascade --group=cascade --mode=0700 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    COMPRESSED_STATIC=1 STATIC_ROOT=/app/staticfiles DATA_DIR=/data HOST=0.0.0.0 PORT=8000
USER cascade
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz/live', timeout=5)"]
CMD ["gunicorn", "cascade.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--graceful-timeout", "30", "--limit-request-line", "8190", "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-", "--access-logformat", "%(h)s %(t)s \"%(m)s %(U)s %(H)s\" %(s)s %(b)s %(L)ss"]
