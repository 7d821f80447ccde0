"""Random changes to statements: dressing, other names, pieces of attacks, and nesting."""

from __future__ import annotations

import re
from random import Random

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

_WORD = re.compile(
    r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|\$\w*\$|\w+|->>|->|::|\s+|.", re.DOTALL
)
_GAPS = (" ", "\n", "\t", " /* a */ ", "  ", " -- b\n", " /* ; */ ", " --'\n", " /* ' */ ")
NAMES = tuple(
    """user_id email phone full_name gender country device_os status properties event_name
    event_time csat_score created_at channel x y u e t dim_users fct_support control rowid
    max min n main warehouse plan""".split()
)
TABLES = tuple(
    """dim_users fct_events fct_support fct_subscriptions fct_messages control.approvals secrets_t
    v_pii main.secrets_t warehouse.control.rules 'secret.csv' "secret.csv" read_text('secret.txt')
    read_csv('secret.csv') t_macro() duckdb_tables() information_schema.tables duckdb_settings()
    range(3) generate_series(1,3) glob('*') query('FROM_secrets_t') pragma_storage_info('dim_users')
    (SUMMARIZE_dim_users) (SELECT_*_FROM_dim_users) (TABLE_dim_users) (FROM_v_pii)
    """.split()
)
VALUES = (
    "email",
    "u.email",
    "dim_users.email",
    "main.dim_users.email",
    "t.email",
    "x.email",
    "(email)",
    "(SELECT max(email) FROM dim_users)",
    "(SELECT email)",
    "(SELECT max(u.email))",
    "email::VARCHAR",
    "lower(email)",
    "email || ''",
    "properties",
    "properties ->> 'email'",
    "properties -> '$'",
    "properties ->> '$.plan'",
    "e.properties ->> 'email'",
    "json_extract_string(properties, 'email')",
    "getenv('HOME')",
    "COLUMNS('em.*')",
    "COLUMNS(*)",
    "#1",
    "#2",
    "u",
    "dim_users",
    "t",
    "t.*",
    "*",
    "u.*",
    "row(u)",
    "struct_pack(a := email)",
    "{'a': email}",
    "[email]",
    "(email, 1)",
    "rowid",
    "my_macro(user_id)",
    "nextval('seq')",
    "currval('seq')",
    "write_log('x')",
    "stats(email)",
    "current_setting('threads')",
    "getvariable('kept')",
    "sleep_ms(1)",
    "random()",
    "hash(u)",
    "row_number() OVER (ORDER BY email)",
    "count(*) OVER (PARTITION BY gender)",
    "max(email)",
    "arg_max(user_id, email)",
    "list(user_id ORDER BY email)",
    "count(DISTINCT phone)",
    "string_agg(country, ',' ORDER BY email)",
    "list_transform([1], x -> email)",
    "[y || email FOR y IN ['a']]",
    "CASE WHEN email > 'm' THEN 1 END",
    "coalesce(NULL, phone)",
    "count(*) FILTER (WHERE gender = 'a')",
    "EXISTS (SELECT 1 FROM secrets_t)",
    "(SELECT count(*) FROM control.approvals)",
    "(SELECT count(*) FROM 'secret.csv')",
    "age(date_of_birth)",
    "user_id",
    "country",
    "event_name",
    "status",
    "1",
    "'x'",
    "NULL",
    "count(*)",
    "max(user_id)",
    "x",
    "y",
    "n",
    "e.user_id",
    "u.user_id",
)
_WRAPS = (
    "SELECT * FROM ({0}) t",
    "SELECT t.* FROM ({0}) AS t",
    "SELECT count(*) FROM ({0}) t",
    "SELECT x FROM ({0}) AS t(x)",
    "SELECT x, y FROM ({0}) AS t(x, y)",
    "SELECT email FROM ({0}) t",
    "SELECT t FROM ({0}) t",
    "SELECT email FROM ({0}) AS dim_users(email)",
    "WITH q AS ({0}) SELECT * FROM q",
    "WITH q(email) AS ({0}) SELECT email FROM q",
    "WITH dim_users AS ({0}) SELECT * FROM dim_users",
    "WITH email AS ({0}) SELECT email FROM email",
    "WITH dim_users AS ({0}) SELECT u.email FROM main.dim_users u",
    "WITH q AS MATERIALIZED ({0}) SELECT count(*) FROM q",
    "WITH secrets_t AS ({0}) FROM secrets_t",
    "WITH q AS (SELECT 1 AS a) {0}",
    "WITH dim_users AS (SELECT 1 AS email, 2 AS user_id) {0}",
    "WITH fct_events AS (FROM dim_users) {0}",
    "WITH RECURSIVE q AS ({0}) FROM q",
    "SELECT user_id FROM dim_users WHERE user_id IN ({0})",
    "SELECT ({0}) AS x",
    "SELECT user_id FROM dim_users u WHERE EXISTS ({0})",
    "({0})",
    "(({0}))",
    "{0};",
    "FROM ({0})",
    "SELECT user_id FROM dim_users u ORDER BY ({0})",
    "({0}) ORDER BY email",
    "{0} ORDER BY email",
    "{0} ORDER BY 1",
    "{0} ORDER BY lower(email)",
    "{0} ORDER BY ALL",
    "{0} LIMIT 2",
    "{0} LIMIT 50%",
    "{0} UNION ALL {0}",
    "{0} EXCEPT SELECT email FROM dim_users",
    "{0} INTERSECT {0}",
    "{0} UNION ALL BY NAME SELECT email FROM dim_users",
    "SELECT * FROM ({0}) NATURAL JOIN dim_users",
    "SELECT t.email FROM ({0}) t JOIN dim_users USING (user_id)",
    "EXPLAIN {0}",
    "SUMMARIZE {0}",
    "SELECT email FROM ({0}) t JOIN dim_users u USING (user_id)",
    "DESCRIBE {0}",
    "SELECT u.user_id FROM dim_users u JOIN ({0}) t ON u.user_id = t.user_id ORDER BY email",
    "SELECT user_id FROM ({0}) t WHERE (SELECT email) > 'P'",
    "COPY ({0}) TO 'canary.csv'",
    "SELECT u.user_id, x.* FROM dim_users u, LATERAL ({0}) x",
    "CREATE TABLE canary AS {0}",
    "SELECT * FROM ({0}) PIVOT (count(*) FOR country IN ('US'))",
    "{0} QUALIFY row_number() OVER () = 1",
    "{0} USING SAMPLE 5 ROWS",
    "{0} HAVING max(email) > 'P'",
    "{0} FOR UPDATE",
    "{0}; DROP TABLE secrets_t",
    "PIVOT ({0}) ON country USING count(*)",
    "{0} GROUP BY email",
    "{0} WHERE email > 'P'",
)


def mutated(corpus: list[str], random: Random) -> str:
    """One statement of the corpus after one to four random changes."""
    sql = random.choice(corpus)
    for _ in range(random.randint(1, 4)):
        sql = random.choice(_CHANGES)(sql, corpus, random)
    return sql[:6_000]


def _dressed(sql: str, _: list[str], random: Random) -> str:
    """Other blanks, comments and letter case, never in a string."""
    parts = []
    for word in _WORD.findall(sql):
        if word.isspace() and random.random() < 0.3:
            parts.append(random.choice(_GAPS))
        elif word.isidentifier() and random.random() < 0.2:
            parts.append(random.choice((word.upper(), word.title(), f'"{word}"')))
        else:
            parts.append(word)
    return "".join(parts)


def _renamed(sql: str, _: list[str], random: Random) -> str:
    """One word becomes another name, a table or a value."""
    words = _WORD.findall(sql)
    places = [place for place, word in enumerate(words) if word.isidentifier()]
    if places:
        pool = random.choice((NAMES, NAMES, TABLES, VALUES))
        words[random.choice(places)] = random.choice(pool).replace("_FROM_", " FROM ")
    return "".join(words)


def _rearranged(sql: str, _: list[str], random: Random) -> str:
    """Words are left out, said twice, or trade places."""
    words = _WORD.findall(sql)
    if len(words) < 3:
        return sql
    here, there = random.randrange(len(words)), random.randrange(len(words))
    match random.randrange(3):
        case 0:
            del words[here]
        case 1:
            words.insert(there, words[here])
        case _:
            words[here], words[there] = words[there], words[here]
    return "".join(words)


def _wrapped(sql: str, _: list[str], random: Random) -> str:
    return random.choice(_WRAPS).replace("{0}", sql.rstrip("; \n"))


def _aliased(sql: str, _: list[str], random: Random) -> str:
    """A value of the SELECT list gets a name that means something else."""
    name = random.choice(NAMES)
    return re.sub(r"(?i)\s+FROM\s", f" AS {name} FROM ", sql, count=1)


def _added(sql: str, _: list[str], random: Random) -> str:
    """One more value in the SELECT list."""
    value = random.choice(VALUES)
    return re.sub(r"(?i)^(\s*SELECT\s)", lambda found: f"{found[1]}{value}, ", sql, count=1)


def _spliced(sql: str, corpus: list[str], random: Random) -> str:
    """A piece of another statement, or of an attack, in place of a piece of this one."""
    try:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
        other = sqlglot.parse_one(random.choice(corpus), dialect="duckdb")
        target = random.choice(list(tree.walk()))
        same = [node for node in other.walk() if isinstance(node, type(target))]
        pieces = same or list(other.find_all(exp.Column, exp.Func, exp.Subquery, exp.Table))
        if target is tree or not pieces:
            return sql
        target.replace(random.choice(pieces).copy())
        return tree.sql("duckdb")
    except (SqlglotError, ValueError, TypeError, AttributeError, RecursionError, KeyError):
        return sql


_CHANGES = (
    _dressed,
    _renamed,
    _renamed,
    _rearranged,
    _wrapped,
    _wrapped,
    _aliased,
    _added,
    _spliced,
)
