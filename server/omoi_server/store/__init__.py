"""The only room that knows SQL: tables, the writer, queries, the bell."""
