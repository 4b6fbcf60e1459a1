-- The plan of record, for ODBC (Excel: Data > Get Data > From ODBC) and every other program that speaks SQL.
-- Runs unchanged on SQLite and PostgreSQL. Read only: nothing but SELECT is needed, and nothing else should be granted.

-- name: latest
-- The version published last.
SELECT version, cycle, published_at, published_by, currency, first_bucket, last_bucket
FROM sop_plan_versions
WHERE status = 'PUBLISHED'
ORDER BY number DESC
LIMIT 1;

-- name: plan
-- Every number of the version published last, in the order of the plan.
SELECT v.version, v.currency, l.measure, l.family, l.bucket, l.quantity, l.value
FROM sop_plan_lines AS l
JOIN sop_plan_versions AS v ON v.version = l.version
WHERE v.number = (SELECT MAX(number) FROM sop_plan_versions WHERE status = 'PUBLISHED')
ORDER BY l.position;

-- name: revenue and margin
-- Money by family and bucket of the version published last.
SELECT l.family, l.bucket,
       SUM(CASE WHEN l.measure = 'revenue' THEN l.value END) AS revenue,
       SUM(CASE WHEN l.measure = 'margin' THEN l.value END) AS margin
FROM sop_plan_lines AS l
JOIN sop_plan_versions AS v ON v.version = l.version
WHERE v.number = (SELECT MAX(number) FROM sop_plan_versions WHERE status = 'PUBLISHED')
  AND l.measure IN ('revenue', 'margin')
GROUP BY l.family, l.bucket
ORDER BY l.family, l.bucket;

-- name: versions side by side
-- How the revenue of each bucket has moved from version to version.
SELECT l.bucket, v.version, SUM(l.value) AS revenue
FROM sop_plan_lines AS l
JOIN sop_plan_versions AS v ON v.version = l.version
WHERE v.status = 'PUBLISHED' AND l.measure = 'revenue'
GROUP BY l.bucket, v.version, v.number
ORDER BY l.bucket, v.number;
