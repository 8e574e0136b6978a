#!/bin/sh
# Make both work pools where they are missing, then deploy infra/prefect.yaml; run in the checkout with PREFECT_API_URL set.
set -eu
for pool in cpu gpu; do
    prefect work-pool inspect "$pool" >/dev/null 2>&1 || prefect work-pool create "$pool" --type process
done
exec python -m flows.servers.deploy
