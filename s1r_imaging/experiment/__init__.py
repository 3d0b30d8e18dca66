"""Numbers to answers: the design of an experiment, comparisons over replicates, block, concentration–response."""
