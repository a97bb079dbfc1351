"""What every worker needs, imported once by the server the workers are forked from."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import gc

import numpy.ma  # np.cov and others import it on first use

import lrdiag.diagnose
import lrdiag.drop_efficacy
import lrdiag.rulefile.evaluate
import lrdiag.schedule.configured
import lrdiag.schedule.infer
import lrdiag.schedule.proposal
import lrdiag.sources.tree
import lrdiag.thinning
from lrdiag.checks.registry import check_kinds
from lrdiag.sources.registry import log_sources

check_kinds()
log_sources()
# What was imported stays: the workers need not look through it for cycles, nor copy its pages.
gc.freeze()

__all__ = ["lrdiag", "numpy"]
