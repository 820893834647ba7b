"""Indexes that an interrupted CREATE INDEX CONCURRENTLY left behind.

No query uses one, a UNIQUE one keeps nothing unique, and IF NOT EXISTS passes over it.
https://www.postgresql.org/docs/17/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from typing import Any

import psycopg

_INVALID = """
    SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relkind = 'i'
      AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
    ORDER BY i.indexrelid
"""
"""One that is being built at this moment is left out, and so is a partitioned one that waits for its partitions."""


def invalid(connection: psycopg.Connection[Any]) -> list[str]:
    """The names of this database's invalid indexes."""
    found = [str(row[0]) for row in connection.execute(_INVALID).fetchall()]
    connection.commit()
    return found
