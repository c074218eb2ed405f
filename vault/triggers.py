"""The timeline is append-only in the database itself: DDL per dialect, used by the first migration."""

from __future__ import annotations

APPEND_ONLY = ("timeline_entries", "timeline_payloads")


def append_only_ddl(dialect: str) -> list[str]:
    """Statements that make every UPDATE, DELETE (and TRUNCATE) on the timeline's tables fail.

    `dialect` is "sqlite" or "postgresql"; raises ValueError for any other.
    """
    if dialect == "sqlite":
        return [_sqlite(table, verb) for table in APPEND_ONLY for verb in ("UPDATE", "DELETE")]
    if dialect == "postgresql":
        refuse = (
            "CREATE FUNCTION timeline_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the timeline is append-only'; END $$"
        )
        return [refuse, *(statement for table in APPEND_ONLY for statement in _postgresql(table))]
    raise ValueError(f"no triggers for {dialect}")


def _sqlite(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END"
    )


def _postgresql(table: str) -> list[str]:
    # Row triggers for what names rows, a statement trigger for TRUNCATE, which has no rows.
    return [
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION timeline_refuse()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION timeline_refuse()",
    ]
