# syntax=docker/dockerfile:1
# Targets: api, worker-cpu, worker-gpu, worker-train.  docker build --target worker-gpu .

FROM node:24-slim AS pages
WORKDIR /build
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build


# The same Python everywhere, so that all targets share what is installed for it.
FROM python:3.12-slim-bookworm AS python
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/opt/venv/bin:$PATH
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin sonoloop


FROM python AS dependencies
# A compiler for the reference CRF, which comes as source; it stays out of the final images.
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/venv
WORKDIR /build
# Only what decides about the dependencies: a change of the program leaves this layer as it is.
COPY pyproject.toml constraints.txt requirements.lock requirements-cpu.lock LICENSE README.md ./
RUN pip install --no-deps --require-hashes -r requirements.lock
ENV PIP_CONSTRAINT=/build/constraints.txt
RUN pip install . && pip uninstall -y sonoloop


FROM dependencies AS dependencies-cpu
RUN PIP_CONSTRAINT= pip install --no-deps --require-hashes -r requirements-cpu.lock
RUN pip install ".[cpu,crf-reference]" && pip uninstall -y sonoloop


FROM dependencies AS dependencies-gpu
# CUDA and cuDNN come as wheels beside ONNX Runtime; the host brings only the driver.
RUN pip install ".[gpu,crf-reference]" && pip uninstall -y sonoloop


FROM dependencies-cpu AS dependencies-train
# PyTorch as it comes from the registry trains on a CPU, and on a GPU where the container has one.
RUN pip install ".[cpu,train]" && pip uninstall -y sonoloop


FROM python AS program
WORKDIR /srv/sonoloop
COPY pyproject.toml LICENSE README.md ./
COPY app ./app
COPY worker ./worker
COPY models ./models
COPY migrations ./migrations
ENV PYTHONPATH=/srv/sonoloop


FROM program AS api
COPY --from=dependencies /opt/venv /opt/venv
COPY --from=pages /build/dist ./frontend/dist
RUN pip install --no-deps --editable . && mkdir /data && chown sonoloop /data
USER sonoloop
ENV SONOLOOP_DATA_DIR=/data SONOLOOP_HOST=0.0.0.0 SONOLOOP_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-m", "app.serve.api"]


FROM program AS worker-cpu
COPY --from=dependencies-cpu /opt/venv /opt/venv
RUN pip install --no-deps --editable . && mkdir /data && chown sonoloop /data
USER sonoloop
ENV SONOLOOP_DATA_DIR=/data
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-m", "app.status.alive"]
CMD ["sonoloop", "worker"]


FROM program AS worker-gpu
COPY --from=dependencies-gpu /opt/venv /opt/venv
RUN pip install --no-deps --editable . && mkdir /data && chown sonoloop /data
USER sonoloop
ENV SONOLOOP_DATA_DIR=/data
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-m", "app.status.alive"]
CMD ["sonoloop", "worker"]


FROM program AS worker-train
COPY --from=dependencies-train /opt/venv /opt/venv
RUN pip install --no-deps --editable . && mkdir /data && chown sonoloop /data
USER sonoloop
ENV SONOLOOP_DATA_DIR=/data
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-m", "app.status.alive"]
CMD ["sonoloop", "worker", "--queue", "train"]
