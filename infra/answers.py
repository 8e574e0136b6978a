"""``python infra/answers.py URL``: a health check without curl; it fails unless the page answers with 200."""

import sys
from urllib.request import urlopen

with urlopen(sys.argv[1], timeout=5) as answer:
    sys.exit(answer.status != 200)
