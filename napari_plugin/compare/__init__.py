"""Several recordings to one answer: the design table, the run, the results.

===============  ==================================================================
`table`          the design table as it is edited, with undo; no Qt
`opening`        recordings of a design into the window, and back; no Qt
`model`, `view`  the table on the screen
`designer`       its buttons, files, problems and notes
`running`        options, results folder, the run
`figures`        figures as pages on the screen
`results`        the answer
===============  ==================================================================
"""
