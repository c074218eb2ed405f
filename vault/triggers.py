"""The timeline is append-only in the database itself: DDL per dialect, used by the first migration."""

from __future__ import annotations

APPEND_ONLY = ("timeline_entries", "timeline_payloads")


def append_only_ddl(dialect: str) -> list[str]:
    """Statements that make every UPDATE, DELETE (and TRUNCATE) on the timeline's tables fail.

    `dialect` is "sqlite" or "postgresql"; raises ValueError for any other.
    """
    if dialect == "sqlite":
        return [statement for table in APPEND_ONLY for statement in _sqlite(table)]
    if dialect == "postgresql":
        refuse = (
            "CREATE FUNCTION timeline_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the timeline is append-only'; END $$"
        )
        return [refuse, *(statement for table in APPEND_ONLY for statement in _postgresql(table))]
    raise ValueError(f"no triggers for {dialect}")


def _sqlite(table: str) -> list[str]:
    refuse = "SELECT RAISE(ABORT, 'the timeline is append-only');"
    # INSERT OR REPLACE deletes the old row without firing its DELETE trigger.
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE case_id = NEW.case_id AND seq = NEW.seq)"  # noqa: S608
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refuse} END",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse} END",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {exists} BEGIN {refuse} END",
    ]


def _postgresql(table: str) -> list[str]:
    # Row triggers for what names rows, a statement trigger for TRUNCATE, which has no rows.
    return [
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION timeline_refuse()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION timeline_refuse()",
    ]
