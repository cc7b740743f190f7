"""People waiting from real sources: HTTP on loopback, files, SQLite and PostgreSQL."""

from __future__ import annotations

import os
import socket
import sqlite3
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import sqlalchemy
import trustme
from hypothesis import example, given
from hypothesis import strategies as st

from hallwatch_agent.probes import AnyProbe, Context, CouldNotRead, Told
from hallwatch_agent.probes.queues.queue_select import CHANGING, check_select
from hallwatch_agent.probes.queues.queue_sql import driver_limits, make_engine, words_of
from hallwatch_agent.wire import ReadError
from parts.bureau import half_open, serve_bureau
from parts.mosquitto import free_port
from parts.postgresql import PostgreSql, serve_postgresql

MAPPING = {"class": "code", "waiting": "n", "longest_wait": "wait", "classes": {"01": "filing"}}
TWO_CLASSES = {
    "people_waiting": 7.0, "longest_wait_s": 90.0, "people_waiting[filing]": 5.0, "longest_wait_s[filing]": 60.0,
}  # fmt: skip
JSON = b'{"data": {"queues": [{"code": "01", "n": 5, "wait": 60}, {"code": "02", "n": 2, "wait": 90}]}}'


def read(options: dict[str, Any], context: Context | None = None) -> Told:
    probe: Any = msgspec.convert(options, AnyProbe)
    told = probe.read(context or Context())
    assert isinstance(told, Told)
    return told


def failure(options: dict[str, Any], context: Context | None = None) -> CouldNotRead:
    with pytest.raises(CouldNotRead) as caught:
        read(options, context)
    return caught.value


# -- HTTP -------------------------------------------------------------------------------------------------------------


def http(port: int, **options: Any) -> dict[str, Any]:
    url = f"http://127.0.0.1:{port}/q"
    return {"kind": "queue-http", "url": url, "rows": "data.queues", "mapping": MAPPING, "timeout_s": 2.0} | options


def test_json_over_http() -> None:
    with serve_bureau() as machine:
        machine.instead["/q"] = (200, {}, JSON)
        told = read(http(machine.port, token_file="t", headers={"X-Hall": "1"}), Context(typed={"t": "s3cret"}))
        assert told == Told(TWO_CLASSES, {}, {"unmapped-classes": "02: 2"})
        method, path, body, headers = machine.asked[0]
        assert (method, path, body) == ("GET", "/q", "")
        assert headers["authorization"] == "Bearer s3cret"
        assert headers["x-hall"] == "1"


def test_a_post_and_csv_over_http() -> None:
    with serve_bureau() as machine:
        machine.instead["/q"] = (200, {}, "code,n,wait\n01,5,60\n02,2,90\n".encode("gb18030"))
        options = http(
            machine.port,
            format="csv",
            rows="",
            body='{"hall": 1}',
            auth_header="X-Key",
            auth_prefix="",
            token_file="t",
        )
        assert read(options, Context(typed={"t": "k"})).metrics == TWO_CLASSES
        method, _, body, headers = machine.asked[0]
        assert (method, body, headers["x-key"]) == ("POST", '{"hall": 1}', "k")


@pytest.mark.parametrize(
    ("answer", "error", "note"),
    [
        ((401, {}, b""), ReadError.DENIED, "HTTP 401"),
        ((500, {}, JSON), ReadError.GARBAGE, "HTTP 500, not 200"),
        ((302, {"Location": "http://localhost/"}, JSON), ReadError.GARBAGE, "HTTP 302, not 200"),
        ((200, {}, b"<html>"), ReadError.GARBAGE, "not JSON"),
        ((200, {"Content-Length": "900"}, JSON), ReadError.GARBAGE, "cut short"),
        ((200, {}, b" " * 4_200_000), ReadError.GARBAGE, "more than 4194304 bytes"),
        ((200, {}, JSON.replace(b"5", b"-5")), ReadError.GARBAGE, "row 1: column n: not a number from 0 up"),
    ],
)
def test_bad_answers(answer: Any, error: ReadError, note: str) -> None:
    with serve_bureau() as machine:
        machine.instead["/q"] = answer
        refused = failure(http(machine.port))
    assert refused.error is error
    assert note in refused.note


def test_a_machine_that_is_not_there_or_does_not_answer() -> None:
    assert failure(http(free_port())).error is ReadError.REFUSED
    with half_open() as port:
        silent = failure(http(port, timeout_s=0.3))
    assert silent.error is ReadError.MUTE, "whoever takes the connection is alive"
    assert "accepts the connection" in silent.note
    assert failure(http(1, url="http://no-such.invalid/")).error is ReadError.LOCAL


def test_over_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with serve_bureau(tls) as machine:
        machine.instead["/q"] = (200, {}, JSON)
        url = f"https://127.0.0.1:{machine.port}/q"
        assert read(http(0, url=url, ca_file=str(tmp_path / "ca.pem"))).metrics == TWO_CLASSES
        assert "verif" in failure(http(0, url=url)).note


def test_a_token_that_no_header_holds_is_not_repeated() -> None:
    refused = failure(http(1, token_file="t"), Context(typed={"t": "geh\neim"}))
    assert refused.error is ReadError.LOCAL
    assert "eim" not in refused.note


def test_what_a_server_says_instead_of_http_is_not_repeated() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def echo() -> None:
            link, _ = listener.accept()
            with link:
                link.sendall(link.recv(65_536)[-60:])

        thread = threading.Thread(target=echo)
        thread.start()
        refused = failure(http(listener.getsockname()[1], token_file="t"), Context(typed={"t": "geheim" * 10}))
        thread.join(10)
    assert (refused.error, refused.note) == (ReadError.GARBAGE, "no HTTP: BadStatusLine")


@pytest.mark.parametrize(
    "options",
    [{"auth_prefix": "Bearer\r\nX: "}, {"auth_header": "a b"}, {"headers": {"X": "厅"}}, {"headers": {"": "x"}}],
)
def test_what_no_header_holds_is_refused_in_the_hall_file(options: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"header|auth_"):
        msgspec.convert(http(1, **options), AnyProbe)


# -- CSV --------------------------------------------------------------------------------------------------------------


def csv_file(path: Path, content: bytes, at: float) -> None:
    path.write_bytes(content)
    os.utime(path, (at, at))


def csv_options(path: Path, **options: Any) -> dict[str, Any]:
    return {"kind": "queue-csv", "path": str(path), "mapping": MAPPING, "max_age_s": 60.0} | options


def test_the_newest_file_counts(tmp_path: Path) -> None:
    csv_file(tmp_path / "q-1.csv", b"code,n,wait\n01,9,9\n", 1000.0)
    csv_file(tmp_path / "q-2.csv", b"code,n,wait\n01,5,60\n02,2,90\n", 1010.0)
    csv_file(tmp_path / "other.csv", b"nonsense", 1020.0)
    told = read(csv_options(tmp_path / "q-*.csv"), Context(now=1030.0))
    assert told == Told(TWO_CLASSES, {"source-stale": False}, {"unmapped-classes": "02: 2"})


def test_an_old_file_and_a_missing_one_are_stale(tmp_path: Path) -> None:
    csv_file(tmp_path / "q.csv", b"code,n,wait\n01,9,9\n", 1000.0)
    for name, now, why in (("q.csv", 1061.0, "written 61 s ago"), ("none.csv", 1001.0, "there is no such file")):
        told = read(csv_options(tmp_path / name), Context(now=now))
        assert told == Told({}, {"source-stale": True}, {"why": f"{tmp_path / name}: {why}"})


def test_a_folder_that_is_not_there_is_this_machines_trouble(tmp_path: Path) -> None:
    refused = failure(csv_options(tmp_path / "share" / "q.csv"))
    assert refused.error is ReadError.LOCAL
    assert "share" in refused.note


def test_the_secrets_are_no_source(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("hidden")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "q.csv").symlink_to(tmp_path / "key.txt")
    for source in ("key.txt", "out/q.csv"):
        refused = failure(csv_options(tmp_path / source), Context(secrets=tmp_path))
        assert (refused.error, "among the secrets" in refused.note) == (ReadError.UNSUPPORTED, True)


def test_a_bracket_in_a_name_is_just_that(tmp_path: Path) -> None:
    csv_file(tmp_path / "q[1].csv", b"code,n,wait\n01,5,60\n02,2,90\n", 1000.0)
    csv_file(tmp_path / "q1.csv", b"code,n,wait\n01,9,9\n", 1010.0)
    for name in ("q[1].csv", "q[1*.csv"):
        assert read(csv_options(tmp_path / name), Context(now=1020.0)).metrics == TWO_CLASSES


def test_a_file_that_is_being_written_is_not_believed(tmp_path: Path) -> None:
    csv_file(tmp_path / "q.csv", b"code,n,wait\n01,1", 1000.0)
    assert "was being written" in failure(csv_options(tmp_path / "q.csv"), Context(now=1001.0)).note
    csv_file(tmp_path / "q.csv", b"code,n,wait\n01,1,1", 1000.0)
    assert read(csv_options(tmp_path / "q.csv"), Context(now=1010.0)).metrics["people_waiting"] == 1.0


def test_a_file_rewritten_again_and_again_is_read_whole_or_refused(tmp_path: Path) -> None:
    """Whatever is told is one of the two contents, never a mixture."""
    file, stop = tmp_path / "q.csv", threading.Event()
    small, large = b"code,n,wait\n" + b"01,1,1\n" * 100, b"code,n,wait\n" + b"01,2,1\n" * 3000

    def write() -> None:
        while not stop.is_set():
            file.write_bytes(small)
            file.write_bytes(large)

    file.write_bytes(small)
    writer = threading.Thread(target=write)
    writer.start()
    told = set()
    try:
        for _ in range(60):
            probe: Any = msgspec.convert(csv_options(file), AnyProbe)
            try:
                told.add(probe.read(Context(now=file.stat().st_mtime)).metrics["people_waiting"])
            except CouldNotRead:
                continue
    finally:
        stop.set()
        writer.join()
    assert told <= {100.0, 6000.0}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"path": "/etc/shadow"}, "path"),
        ({"path": "/srv/*/q.csv"}, "in a folder's"),
        ({"path": "/srv/q/**.csv"}, r"no \*\*"),
        ({"delimiter": "x"}, "delimiter"),
        ({"encoding": "hex"}, "encoding"),
    ],
)
def test_wrong_csv_options(options: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert(csv_options(Path("/srv/q.csv")) | options, AnyProbe)


# -- SQL --------------------------------------------------------------------------------------------------------------

SELECT = (
    "SELECT class, count(*) AS waiting, max(wait) AS longest_wait_s FROM tickets WHERE state = 'waits' GROUP BY class"
)
ROWS = "INSERT INTO tickets VALUES ('01', 'waits', 30), ('01', 'waits', 60), ('02', 'waits', 90), ('01', 'done', 999)"
TICKETS = {
    "people_waiting": 3.0, "longest_wait_s": 90.0, "people_waiting[filing]": 2.0, "longest_wait_s[filing]": 60.0,
}  # fmt: skip
SQL_MAPPING = {"class": "class", "waiting": "waiting", "longest_wait": "longest_wait_s", "classes": {"01": "filing"}}


def sql(url: str, **options: Any) -> dict[str, Any]:
    return {"kind": "queue-sql", "url": url, "query": SELECT, "mapping": SQL_MAPPING, "timeout_s": 5.0} | options


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    file = tmp_path / "queue 100% #1.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE tickets (class TEXT, state TEXT, wait INTEGER)")
    connection.execute(ROWS)
    connection.commit()
    connection.close()
    return f"sqlite:///{file}"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSql]:
    with serve_postgresql() as server:
        engine = sqlalchemy.create_engine(server.url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE tickets (class TEXT, state TEXT, wait INTEGER)")
            connection.exec_driver_sql(ROWS)
            connection.exec_driver_sql("CREATE SEQUENCE calls")
            connection.exec_driver_sql("CREATE TABLE secret_table (a INTEGER)")
            connection.exec_driver_sql("CREATE USER reader PASSWORD 'geheim'")
            connection.exec_driver_sql("GRANT SELECT ON tickets TO reader")
        engine.dispose()
        yield server


def test_sqlite(sqlite_url: str) -> None:
    assert read(sql(sqlite_url)) == Told(TICKETS, {}, {"unmapped-classes": "02: 1"})


def test_postgresql(postgresql: PostgreSql) -> None:
    assert read(sql(postgresql.url)) == Told(TICKETS, {}, {"unmapped-classes": "02: 1"})
    by_ticket = {"class": "class", "issued": "at", "classes": {"01": "filing"}}
    query = "SELECT class, now() - interval '1 min' AS at FROM tickets WHERE state LIKE 'w%'"
    told = read(sql(postgresql.url, query=query, mapping=by_ticket), Context(now=4_102_444_800.0))
    assert told.facts["left-out"] == "3 tickets older than 12 h"
    interval = "SELECT class, 1 AS waiting, interval '90 s' AS longest_wait_s FROM tickets LIMIT 1"
    assert read(sql(postgresql.url, query=interval)).metrics["longest_wait_s"] == 90.0


def test_a_password_from_a_file(postgresql: PostgreSql) -> None:
    url = f"postgresql+psycopg://reader@127.0.0.1:{postgresql.port}/postgres"
    assert read(sql(url, password_file="p"), Context(typed={"p": "geheim"})).metrics == TICKETS
    refused = failure(sql(url, query="SELECT a AS class, 1 AS waiting, 1 AS longest_wait_s FROM secret_table"))
    assert refused.error is ReadError.DENIED
    refused = failure(sql(url.replace("/postgres", "/nowhere"), password_file="p"), Context(typed={"p": "geheim"}))
    assert refused.error is ReadError.DENIED
    assert "nowhere" in refused.note
    assert "geheim" not in refused.note


def test_the_database_itself_takes_no_change(
    postgresql: PostgreSql, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other locks hold when the first one is broken."""
    monkeypatch.setattr("hallwatch_agent.probes.queues.queue_sql.check_select", lambda query: query)
    drop = "DELETE FROM tickets RETURNING class, 1 AS waiting, 1 AS longest_wait_s"
    assert "the database refuses the query" in failure(sql(postgresql.url, query=drop)).note
    write = "SELECT '01' AS class, 1 AS waiting, nextval('calls') AS longest_wait_s"
    assert "read-only" in failure(sql(postgresql.url, query=write)).note
    assert "readonly" in failure(sql(sqlite_url, query=drop)).note
    assert read(sql(postgresql.url)).metrics == read(sql(sqlite_url)).metrics == TICKETS


def test_a_query_that_takes_too_long_is_stopped(postgresql: PostgreSql, sqlite_url: str) -> None:
    query = "SELECT '01' AS class, 1 AS waiting, pg_sleep(20)::text AS longest_wait_s"
    refused = failure(sql(postgresql.url, query=query, timeout_s=0.5))
    assert refused.error is ReadError.TIMEOUT
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT t.* FROM n AS t WHERE x < 0"
    refused = failure(sql(sqlite_url, query=endless, timeout_s=0.5))
    assert refused.error is ReadError.TIMEOUT


def test_rows_without_end_are_not_fetched(postgresql: PostgreSql) -> None:
    endless = "generate_series(1, 50000) AS a, generate_series(1, 50000)"
    query = f"SELECT '01' AS class, 1 AS waiting, 1 AS longest_wait_s FROM {endless}"
    assert failure(sql(postgresql.url, query=query)).note == "more than 10000 rows"


@pytest.mark.parametrize(
    ("query", "error", "note"),
    [
        ("SELECT * FROM nowhere", ReadError.UNSUPPORTED, "the database refuses the query"),
        ("SELECT * FROM (SELECT '01' AS class) AS t", ReadError.GARBAGE, "row 1: column waiting: missing"),
        (
            "SELECT '01' AS class, -1 AS waiting, 0 AS longest_wait_s",
            ReadError.GARBAGE,
            "row 1: column waiting: not a number from 0 up",
        ),
    ],
)
def test_results_that_are_none(postgresql: PostgreSql, query: str, error: ReadError, note: str) -> None:
    refused = failure(sql(postgresql.url, query=query))
    assert refused.error is error
    assert note in refused.note


def test_databases_that_are_not_there(tmp_path: Path) -> None:
    assert failure(sql(f"postgresql+psycopg://u@127.0.0.1:{free_port()}/d")).error is ReadError.REFUSED
    assert failure(sql("postgresql+psycopg://u@no-such.invalid/d")).error is ReadError.LOCAL
    refused = failure(sql(f"sqlite:///{tmp_path}/none.db"))
    assert refused.error is ReadError.LOCAL
    assert not (tmp_path / "none.db").exists()
    refused = failure(sql("mysql+pymysql://u@h/d"))
    assert (refused.error, refused.note) == (ReadError.UNSUPPORTED, "the Python package pymysql is not installed")


def test_a_password_is_concealed_before_the_words_are_cut() -> None:
    said = SimpleNamespace(orig=f"{'x' * 140} geheimnis")
    assert words_of(said, "geheimnis").endswith("x ***")
    assert words_of(said) == f"{'x' * 140} geheimnis"


def test_a_server_that_loses_its_power_in_the_middle_of_a_query_is_noticed(postgresql: PostgreSql) -> None:
    """The system, not libpq, then says so: TCP must ask after the server by itself."""
    engine = make_engine(sqlalchemy.make_url(postgresql.url), 4.0)
    with engine.connect() as connection:
        opened: Any = connection.connection.dbapi_connection
        with socket.socket(fileno=os.dup(opened.fileno())) as link:
            assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 4
    assert driver_limits("pymysql", 4) == {"connect_timeout": 4, "read_timeout": 4, "write_timeout": 4}
    assert driver_limits("oracledb", 4) == {}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"url": "postgresql+psycopg://u:p@h/d"}, "must not hold a password; .*`password_file`"),
        ({"url": "postgresql+psycopg://u@h/d?password=p"}, "must not hold a password"),
        ({"url": "mssql+pymssql://u@h/d?a=1&PWD=p"}, "must not hold a password"),
        ({"url": "sqlite://"}, "must name a file"),
        ({"url": "sqlite:///queue.db"}, "must name a file"),
        ({"url": "h"}, "must begin with one of"),
        ({"url": "oracle://u@h/d"}, "must begin with one of"),
        ({"url": "postgresql+nosuchdriver://u@h/d"}, "must begin with one of"),
        ({"url": "postgresql+psycopg:///d"}, "must name a host"),
        ({"url": "postgresql+psycopg://h:1a/d"}, "must name a host"),
        ({"query": "DELETE FROM tickets"}, "SELECT"),
        ({"query": "SELECT count(*) FROM tickets"}, "must name the column 'class' that `mapping` reads"),
    ],
)
def test_wrong_sql_options(options: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert(sql("sqlite:////q.db") | options, AnyProbe)


@pytest.mark.parametrize(
    "query",
    [
        SELECT,
        f" {SELECT} ;\n",
        "with a as (select 1) select * from a",
        "SELECT 'it''s; not' AS x".replace(";", ","),
        "SELECT [class name], `n` FROM t WHERE created_at > '2027-01-01' AND update_time < 5",
        "SELECT 'delete' AS class",
    ],
)
def test_queries_that_read(query: str) -> None:
    assert check_select(query) == query.strip().rstrip(";").rstrip()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "UPDATE t SET a = 1",
        "SELECT 1; DROP TABLE t",
        "SELECT 1 DROP TABLE t",
        "SELECT * INTO x FROM t",
        "WITH a AS (DELETE FROM t RETURNING 1) SELECT * FROM a",
        "SELECT * FROM t FOR UPDATE",
        "SELECT 1 -- x",
        "SELECT 1 /*! INTO OUTFILE 'x' */",
        "SELECT $$a$$",
        "SELECT 'a\\' INTO OUTFILE '/x' '",
        "SELECT \"a'\" , 1 INTO x FROM t WHERE 'b' = ''",
        "SELECT [a'] , 1 INTO x FROM t WHERE c = ''",
        "SELECT a[']'] , 1 INTO x FROM t WHERE c = ''",
        "SELECT `a'` , 1 INTO x FROM t WHERE c = ''",
        "SELECT 'a",
        'SELECT "delete" FROM t',
        "EXEC sp_who",
        "SELECT * FROM OPENQUERY(other, 'DELETE FROM t')",
        "PRAGMA user_version",
    ],
)
def test_queries_that_may_do_more(query: str) -> None:
    with pytest.raises(ValueError, match="`query`"):
        check_select(query)


@given(
    st.text(st.sampled_from("'\"[]`;-/*$\\ a,=")), st.sampled_from(sorted(CHANGING)), st.text(st.sampled_from("' a="))
)
@example("SELECT a FROM t ", "into", " x")
def test_no_changing_word_outside_a_text_passes(before: str, word: str, after: str) -> None:
    query = f"SELECT {before} {word} {after}"
    try:
        check_select(query)
    except ValueError:
        return
    assert query.split(f" {word} ", maxsplit=1)[0].count("'") % 2 == 1
