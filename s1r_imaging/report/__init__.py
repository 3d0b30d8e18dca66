"""The report of an experiment: one HTML page that opens from a mail and says the answer first.

`report_html`
    The page as text.
`write_report`
    The page as a file.

`methods_text` writes the Methods section that is in it from the options that were used.
"""

from s1r_imaging.report.assemble import report_html, write_report
from s1r_imaging.report.methods import MethodsSection, methods_text

__all__ = ["MethodsSection", "methods_text", "report_html", "write_report"]
