"""`python -m lrdiag`."""

from lrdiag.cli.main import main

main()
