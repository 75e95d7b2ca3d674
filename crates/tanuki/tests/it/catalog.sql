-- What a PostgreSQL database says of the schema in it, a line each; tables
-- with the prefix tanuki_ left out.
SELECT line FROM (
  SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
         || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
         || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') AS line,
         1 AS kind, c.relname::text AS owner, a.attnum::int AS place
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid),
         2, conrelid::regclass || ' ' || conname, 0
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL
  SELECT 'index ' || replace(indexdef, 'public.', ''), 3, indexname::text, 0
  FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'tanuki\_%'
  UNION ALL
  SELECT 'enum ' || t.typname || ' ' || string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder),
         4, t.typname::text, 0
  FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname
) catalog
WHERE owner NOT LIKE 'tanuki\_%'
ORDER BY kind, owner COLLATE "C", place;
