#!/usr/bin/env bash
# Runs in the working directory: in a clone of the repository the package is installed from it.
set -euo pipefail
if [ ! -f constraints.txt ] || [ ! -f workflow/envs/introghost.yaml ]; then
  echo "error: run the workflow with conda in a clone of introghost, whose package is installed into the environment" >&2
  exit 1
fi
python -m pip install --quiet -c constraints.txt .
