"""People waiting, from the database of a queue-number machine, by one SELECT that changes nothing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from hallwatch_agent.probes.contact import connect
from hallwatch_agent.probes.probe import Context, CouldNotRead, Probe, SecretName, Told
from hallwatch_agent.probes.queues.queue_select import check_columns, check_database_url, check_select
from hallwatch_agent.probes.queues.waiting import QueueMap, judge
from hallwatch_agent.probes.queues.waiting_rows import MAX_ROWS, check_count
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

PORTS: Final = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433}
DENIALS: Final = {"42501", "28000", "28P01"}
"""SQLSTATE: no right to this table, or to this database."""
STOPPED: Final = "57014"
"""SQLSTATE: the statement's own time limit."""
OWN_TIME_RATIO: Final = 0.8
"""The share of the probe's time limit after which the database stops by itself."""
BOUNDED: Final = {"stream_results": True, "max_row_buffer": 1000}
"""Rows that are not wanted stay on the server."""
STEPS_BETWEEN_LOOKS: Final = 10_000
"""SQLite's virtual machine counts them."""


class QueueSqlProbe(Probe, tag="queue-sql", frozen=True, kw_only=True):
    """Asks one database. Give it a user of its own, who may SELECT and nothing else."""

    asks_device: ClassVar[bool] = False
    tells: ClassVar[frozenset[str] | None] = frozenset({"people_waiting", "longest_wait_s"})

    url: str
    """A SQLAlchemy URL without password, such as ``postgresql+psycopg://hallwatch@192.168.1.60/queue``."""
    query: str
    mapping: QueueMap = QueueMap(class_="class", waiting="waiting", longest_wait="longest_wait_s")
    password_file: SecretName = ""

    def __post_init__(self) -> None:
        """Refuse an unknown database, a password, and a query that may do more than read, or tells too little."""
        check_database_url(self.url)
        check_columns(check_select(self.query), self.mapping.columns)

    @property
    def parts(self) -> frozenset[str] | None:
        """The classes of business."""
        return frozenset(self.mapping.classes.values())

    def read(self, context: Context) -> Told:
        """Tell ``people_waiting`` and ``longest_wait_s``, in all and by class."""
        password = context.secret(self.password_file)
        try:
            import sqlalchemy

            url = sqlalchemy.make_url(self.url)
            engine = make_engine(url.set(password=password) if password else url, self.timeout_s * OWN_TIME_RATIO)
        except ImportError as error:
            raise CouldNotRead(ReadError.UNSUPPORTED, f"the Python package {error.name} is not installed") from None
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise CouldNotRead(ReadError.UNSUPPORTED, f"url: {str(error)[:150]}") from None
        try:
            return judge(self._select(engine, context), self.mapping, context.now)
        finally:
            engine.dispose()

    def _select(self, engine: Engine, context: Context) -> list[dict[str, Any]]:
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError

        try:
            connection = engine.connect()
        except DBAPIError as error:
            raise self._no_entry(engine.url, error, context) from None
        try:
            with connection:  # its end rolls back
                limit_statement(connection, self.timeout_s * OWN_TIME_RATIO)
                with connection.exec_driver_sql(check_select(self.query), execution_options=BOUNDED) as result:
                    names = list(result.keys())
                    rows = check_count(list(result.fetchmany(MAX_ROWS + 1)))
                return [dict(zip(names, row, strict=True)) for row in rows]
        except DBAPIError as error:
            raise parse_failure(error) from None
        except (SQLAlchemyError, ValueError, ArithmeticError) as error:  # drivers convert what the database holds
            raise CouldNotRead(ReadError.GARBAGE, f"the result cannot be read: {str(error)[:120]}") from None

    def _no_entry(self, url: URL, error: Exception, context: Context) -> CouldNotRead:
        """Say why there is no connection: whoever listens there and lets nobody in has refused the user."""
        port = url.port or PORTS.get(url.get_backend_name(), 0)
        said = words_of(error, url.password or "")
        if url.get_backend_name() == "sqlite":
            return CouldNotRead(ReadError.LOCAL, f"{url.database}: {said}")
        try:
            if url.host and port:
                connect(url.host, port, self.timeout_s * (1 - OWN_TIME_RATIO), context).close()
        except CouldNotRead as failure:
            return failure
        timed_out = "timeout" in said.lower() or "timed out" in said.lower()
        return CouldNotRead(ReadError.TIMEOUT if timed_out else ReadError.DENIED, said)


def make_engine(url: URL, limit_s: float) -> Engine:
    """Make a way into a database that reads only, where the dialect can say so, and that holds no connection open."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    backend, arguments = url.get_backend_name(), driver_limits(url.get_driver_name(), max(2, int(limit_s)))
    options: dict[str, Any] = {"no_parameters": True}  # a % in the query is just that
    if backend == "sqlite":
        url = url.set(database=Path(url.database or "").absolute().as_uri(), query={"mode": "ro", "uri": "true"})
        arguments = {"timeout": limit_s}
    elif backend == "postgresql":
        options["postgresql_readonly"] = True
    elif backend in ("mysql", "mariadb"):
        arguments["init_command"] = "SET SESSION TRANSACTION READ ONLY"
    return create_engine(url, poolclass=NullPool, connect_args=arguments, execution_options=options)


def driver_limits(driver: str, whole_s: int) -> dict[str, Any]:
    """Return a driver's own words for its time limits: a server that loses its power in the middle of a query would
    hold the reading for hours. A driver not named here is asked for none, as it refuses words that it does not know."""
    if driver in ("psycopg", "psycopg2"):  # libpq's, which knows no limit for an answer but notices a dead server
        keepalives = {"keepalives_idle": whole_s, "keepalives_interval": 1, "keepalives_count": 3}
        return {"connect_timeout": whole_s, "tcp_user_timeout": whole_s * 1000, **keepalives}
    words = {
        "pg8000": ("timeout",),
        "pymysql": ("connect_timeout", "read_timeout", "write_timeout"),
        "mysqldb": ("connect_timeout", "read_timeout", "write_timeout"),
        "mysqlconnector": ("connection_timeout",),
        "pymssql": ("login_timeout", "timeout"),
    }
    return dict.fromkeys(words.get(driver, ()), whole_s)


def limit_statement(connection: Connection, limit_s: float) -> None:
    """Let the database itself give up a query that takes too long, so that none goes on behind the agent's back."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, int(limit_s * 1000))}")
    elif connection.dialect.name == "sqlite":
        ends_at = time.monotonic() + limit_s
        opened: Any = connection.connection.dbapi_connection
        opened.execute("PRAGMA query_only = ON")
        opened.set_progress_handler(lambda: time.monotonic() > ends_at, STEPS_BETWEEN_LOOKS)


def parse_failure(error: Any) -> CouldNotRead:
    """Say what a refused query means, by its SQLSTATE where there is one."""
    state = getattr(error.orig, "sqlstate", None)
    said = words_of(error)
    if state == STOPPED or said in ("interrupted", "database is locked"):  # so does SQLite call it
        return CouldNotRead(ReadError.TIMEOUT, f"the query takes too long: {said}")
    if state in DENIALS:
        return CouldNotRead(ReadError.DENIED, said)
    return CouldNotRead(ReadError.UNSUPPORTED, f"the database refuses the query: {said}")


def words_of(error: Any, password: str = "") -> str:
    """Return what a database says, without the password."""
    said = str(error.orig).replace(password, "***") if password else str(error.orig)
    return " ".join(said.split())[:150]
