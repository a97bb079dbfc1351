"""What every worker needs, imported once by the server the workers are forked from."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import lrdiag.diagnose
import lrdiag.drop_efficacy
import lrdiag.rulefile.evaluate
import lrdiag.schedule.configured
import lrdiag.schedule.infer
import lrdiag.sources.tree

__all__ = ["lrdiag"]
