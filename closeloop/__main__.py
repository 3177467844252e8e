"""`python -m closeloop` is the `closeloop` command."""

import sys

from closeloop.cli import main

sys.exit(main())
