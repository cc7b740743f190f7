"""The report on one incident (clauses R5, F1, F2), made from the record alone: as a page, as DOCX and as PDF.

The record becomes spans (:mod:`record`), of which one incident's make its :mod:`story`; the story becomes a
:mod:`document`, one function a section (:mod:`sections`); and the document is written down (:mod:`page`, :mod:`docx`,
:mod:`pdf`). Personal data are not in the record, and so in no report.
"""
