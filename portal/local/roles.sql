-- The roles of Countenance and its database. Run as superuser with psql, again whenever you like:
--
--   COUNTENANCE_OWNER_PASSWORD=… COUNTENANCE_APP_PASSWORD=… psql -v ON_ERROR_STOP=1 -f portal/local/roles.sql postgres
--
-- countenance_owner   owns the database and runs migrations (DATABASE_OWNER_URL)
-- countenance_app     what the portal and the workers connect as (DATABASE_URL); row-level security binds it
-- portal_office       taken by countenance_app for one transaction at a time, for the officers' desk
-- portal_backup       dumps every row; nobody signs in as it without a grant of its own

\set QUIET on
\getenv owner_password COUNTENANCE_OWNER_PASSWORD
\getenv app_password COUNTENANCE_APP_PASSWORD
SET client_min_messages = warning;

SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY['countenance_owner', 'countenance_app', 'portal_office', 'portal_backup']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE countenance_owner LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE countenance_app LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS PASSWORD :'app_password';
ALTER ROLE portal_office NOLOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS;
ALTER ROLE portal_backup NOLOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE BYPASSRLS;

-- Without INHERIT the wider view of portal_office has to be taken on purpose, with SET LOCAL ROLE.
GRANT portal_office TO countenance_app WITH INHERIT FALSE, SET TRUE;

-- What stands in template1 stands in every database made from now on: the vector extension (only a superuser
-- can create it) and what the runtime role may do with tables that the owner creates.
\connect template1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector;
GRANT USAGE ON SCHEMA public TO countenance_app, portal_office, portal_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE countenance_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO countenance_app;
ALTER DEFAULT PRIVILEGES FOR ROLE countenance_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO countenance_app;
ALTER DEFAULT PRIVILEGES FOR ROLE countenance_owner IN SCHEMA public
    GRANT SELECT ON TABLES TO portal_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE countenance_owner IN SCHEMA public
    GRANT SELECT ON SEQUENCES TO portal_backup;

-- A session in template1 would keep CREATE DATABASE from copying it.
\connect postgres
SELECT 'CREATE DATABASE countenance OWNER countenance_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'countenance')
\gexec
