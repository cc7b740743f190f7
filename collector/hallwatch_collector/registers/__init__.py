"""What is written in the emergency registers: personal data, in a table of its own beside the record (D2, D3, O7).

It is written in one transaction with the decision whose events hold its hash, read only for those who may, and deleted
when its time is over; the record still verifies then.
"""

from __future__ import annotations

from hallwatch_collector.registers.cabinet import Cabinet
from hallwatch_collector.registers.leftovers import Leftovers
from hallwatch_collector.registers.rows import completed, purge_rows, salted, written_rows
from hallwatch_collector.registers.written import Line, RegisterPage, Written, put_together

__all__ = [
    "Cabinet",
    "Leftovers",
    "Line",
    "RegisterPage",
    "Written",
    "completed",
    "purge_rows",
    "put_together",
    "salted",
    "written_rows",
]
