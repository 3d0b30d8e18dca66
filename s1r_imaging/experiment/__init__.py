"""From numbers to answers: design tables, replicates, comparisons, block, concentration–response."""
