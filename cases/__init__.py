"""Case records: organs, officers, cases, parties and notices."""
