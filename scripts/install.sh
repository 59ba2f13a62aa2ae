#!/bin/sh
# Creates .venv and installs into it.  Usage: scripts/install.sh run|test
set -eu
cd "$(dirname "$0")/.."
what=$1
venv=.venv

if ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  python=$(scripts/python.sh)
  echo "Creating the environment in $venv with $python …"
  if ! "$python" -m venv --clear "$venv"; then
    echo "This Python cannot create environments. On Debian and Ubuntu: apt install python3-venv" >&2
    rm -rf "$venv"
    exit 1
  fi
fi

# The CUDA build of ONNX Runtime only if an NVIDIA driver responds: it is ten times larger.
device=cpu
if nvidia-smi -L >/dev/null 2>&1; then device=gpu; fi

# OpenVINO only where it runs a shipped network faster: docs/adr/0020.
if [ $device = cpu ] && [ "$(uname -m)" = x86_64 ] &&
  grep -qE '^flags.* (avx512_vnni|avx_vnni)( |$)' /proc/cpuinfo 2>/dev/null; then
  device=cpu,openvino
fi

case $what in
  run) extras=$device ;;
  test) extras=$device,train,test,lint ;;
  *) echo "usage: scripts/install.sh run|test" >&2; exit 2 ;;
esac

pip() {
  "$venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"
}

echo "Installing Sonoloop [$extras] …"
# Runtime packages are checked against known hashes first; the next step adds what another Python or
# a GPU needs, and torch, whose files differ by machine (docs/adr/0015).
pip install --no-deps --require-hashes -r requirements.lock
case $device in cpu*) pip install --no-deps --require-hashes -r requirements-cpu.lock ;; esac
case $device in
  *openvino) pip install --no-deps --require-hashes -r requirements-openvino.lock ;;
esac
export PIP_CONSTRAINT=constraints.txt
if [ "$what" = test ]; then
  # Installed first and alone, so that an existing CPU build is kept.
  pip install torch==2.13.0
fi
pip install --editable ".[$extras]"
if [ "$what" = test ]; then
  if command -v g++ >/dev/null 2>&1 || command -v c++ >/dev/null 2>&1; then
    pip install --editable ".[crf-reference]"
  else
    echo "No C++ compiler: the reference CRF (pydensecrf2) is not installed, its tests skip." >&2
  fi
fi
touch "$venv/.installed-$what"
