#!/bin/sh
# Create the work pools that are missing, then deploy infra/prefect.yaml; needs PREFECT_API_URL.
set -eu
cd "$(dirname "$0")/.."
PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONPATH PYTHONSAFEPATH=1
for pool in cpu gpu; do
    prefect work-pool inspect "$pool" >/dev/null 2>&1 ||
        prefect work-pool create "$pool" --type process --base-job-template infra/process-base-job-template.json
done
exec python -m flows.servers.deploy
