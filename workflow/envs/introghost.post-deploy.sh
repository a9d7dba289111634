#!/usr/bin/env bash
# Runs in the working directory, which is the root of the repository.
set -euo pipefail
python -m pip install --quiet -c constraints.txt .
