\set ON_ERROR_STOP on
\getenv owner_password CRM_OWNER_PASSWORD
\getenv app_password CRM_APP_PASSWORD
\getenv system_password CRM_SYSTEM_PASSWORD
SELECT 'CREATE ROLE "crm_contracts_owner" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_contracts_owner') \gexec
ALTER ROLE "crm_contracts_owner" PASSWORD :'owner_password';
SELECT 'CREATE ROLE "crm_contracts_app" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_contracts_app') \gexec
ALTER ROLE "crm_contracts_app" PASSWORD :'app_password';
SELECT 'CREATE ROLE "crm_contracts_system" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_contracts_system') \gexec
ALTER ROLE "crm_contracts_system" PASSWORD :'system_password';
SELECT 'CREATE DATABASE "crm_contracts" OWNER "crm_contracts_owner"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'crm_contracts') \gexec
REVOKE ALL ON DATABASE "crm_contracts" FROM PUBLIC;
GRANT CONNECT ON DATABASE "crm_contracts" TO "crm_contracts_owner";
GRANT CONNECT ON DATABASE "crm_contracts" TO "crm_contracts_app";
GRANT CONNECT ON DATABASE "crm_contracts" TO "crm_contracts_system";
GRANT TEMPORARY ON DATABASE "crm_contracts" TO "crm_contracts_system";
SELECT 'CREATE ROLE "crm_forecast_owner" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_forecast_owner') \gexec
ALTER ROLE "crm_forecast_owner" PASSWORD :'owner_password';
SELECT 'CREATE ROLE "crm_forecast_app" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_forecast_app') \gexec
ALTER ROLE "crm_forecast_app" PASSWORD :'app_password';
SELECT 'CREATE ROLE "crm_forecast_system" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_forecast_system') \gexec
ALTER ROLE "crm_forecast_system" PASSWORD :'system_password';
SELECT 'CREATE DATABASE "crm_forecast" OWNER "crm_forecast_owner"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'crm_forecast') \gexec
REVOKE ALL ON DATABASE "crm_forecast" FROM PUBLIC;
GRANT CONNECT ON DATABASE "crm_forecast" TO "crm_forecast_owner";
GRANT CONNECT ON DATABASE "crm_forecast" TO "crm_forecast_app";
GRANT CONNECT ON DATABASE "crm_forecast" TO "crm_forecast_system";
GRANT TEMPORARY ON DATABASE "crm_forecast" TO "crm_forecast_system";
SELECT 'CREATE ROLE "crm_identity_owner" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_identity_owner') \gexec
ALTER ROLE "crm_identity_owner" PASSWORD :'owner_password';
SELECT 'CREATE ROLE "crm_identity_app" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_identity_app') \gexec
ALTER ROLE "crm_identity_app" PASSWORD :'app_password';
SELECT 'CREATE ROLE "crm_identity_system" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_identity_system') \gexec
ALTER ROLE "crm_identity_system" PASSWORD :'system_password';
SELECT 'CREATE DATABASE "crm_identity" OWNER "crm_identity_owner"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'crm_identity') \gexec
REVOKE ALL ON DATABASE "crm_identity" FROM PUBLIC;
GRANT CONNECT ON DATABASE "crm_identity" TO "crm_identity_owner";
GRANT CONNECT ON DATABASE "crm_identity" TO "crm_identity_app";
GRANT CONNECT ON DATABASE "crm_identity" TO "crm_identity_system";
GRANT TEMPORARY ON DATABASE "crm_identity" TO "crm_identity_system";
SELECT 'CREATE ROLE "crm_leads_owner" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_leads_owner') \gexec
ALTER ROLE "crm_leads_owner" PASSWORD :'owner_password';
SELECT 'CREATE ROLE "crm_leads_app" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_leads_app') \gexec
ALTER ROLE "crm_leads_app" PASSWORD :'app_password';
SELECT 'CREATE ROLE "crm_leads_system" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_leads_system') \gexec
ALTER ROLE "crm_leads_system" PASSWORD :'system_password';
SELECT 'CREATE DATABASE "crm_leads" OWNER "crm_leads_owner"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'crm_leads') \gexec
REVOKE ALL ON DATABASE "crm_leads" FROM PUBLIC;
GRANT CONNECT ON DATABASE "crm_leads" TO "crm_leads_owner";
GRANT CONNECT ON DATABASE "crm_leads" TO "crm_leads_app";
GRANT CONNECT ON DATABASE "crm_leads" TO "crm_leads_system";
GRANT TEMPORARY ON DATABASE "crm_leads" TO "crm_leads_system";
SELECT 'CREATE ROLE "crm_opportunities_owner" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_opportunities_owner') \gexec
ALTER ROLE "crm_opportunities_owner" PASSWORD :'owner_password';
SELECT 'CREATE ROLE "crm_opportunities_app" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_opportunities_app') \gexec
ALTER ROLE "crm_opportunities_app" PASSWORD :'app_password';
SELECT 'CREATE ROLE "crm_opportunities_system" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_opportunities_system') \gexec
ALTER ROLE "crm_opportunities_system" PASSWORD :'system_password';
SELECT 'CREATE DATABASE "crm_opportunities" OWNER "crm_opportunities_owner"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'crm_opportunities') \gexec
REVOKE ALL ON DATABASE "crm_opportunities" FROM PUBLIC;
GRANT CONNECT ON DATABASE "crm_opportunities" TO "crm_opportunities_owner";
GRANT CONNECT ON DATABASE "crm_opportunities" TO "crm_opportunities_app";
GRANT CONNECT ON DATABASE "crm_opportunities" TO "crm_opportunities_system";
GRANT TEMPORARY ON DATABASE "crm_opportunities" TO "crm_opportunities_system";
SELECT 'CREATE ROLE "crm_reporting_owner" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_reporting_owner') \gexec
ALTER ROLE "crm_reporting_owner" PASSWORD :'owner_password';
SELECT 'CREATE ROLE "crm_reporting_app" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_reporting_app') \gexec
ALTER ROLE "crm_reporting_app" PASSWORD :'app_password';
SELECT 'CREATE ROLE "crm_reporting_system" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_reporting_system') \gexec
ALTER ROLE "crm_reporting_system" PASSWORD :'system_password';
SELECT 'CREATE DATABASE "crm_reporting" OWNER "crm_reporting_owner"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'crm_reporting') \gexec
REVOKE ALL ON DATABASE "crm_reporting" FROM PUBLIC;
GRANT CONNECT ON DATABASE "crm_reporting" TO "crm_reporting_owner";
GRANT CONNECT ON DATABASE "crm_reporting" TO "crm_reporting_app";
GRANT CONNECT ON DATABASE "crm_reporting" TO "crm_reporting_system";
GRANT TEMPORARY ON DATABASE "crm_reporting" TO "crm_reporting_system";
SELECT 'CREATE ROLE "crm_webhooks_owner" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_webhooks_owner') \gexec
ALTER ROLE "crm_webhooks_owner" PASSWORD :'owner_password';
SELECT 'CREATE ROLE "crm_webhooks_app" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_webhooks_app') \gexec
ALTER ROLE "crm_webhooks_app" PASSWORD :'app_password';
SELECT 'CREATE ROLE "crm_webhooks_system" LOGIN NOSUPERUSER NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_webhooks_system') \gexec
ALTER ROLE "crm_webhooks_system" PASSWORD :'system_password';
SELECT 'CREATE DATABASE "crm_webhooks" OWNER "crm_webhooks_owner"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'crm_webhooks') \gexec
REVOKE ALL ON DATABASE "crm_webhooks" FROM PUBLIC;
GRANT CONNECT ON DATABASE "crm_webhooks" TO "crm_webhooks_owner";
GRANT CONNECT ON DATABASE "crm_webhooks" TO "crm_webhooks_app";
GRANT CONNECT ON DATABASE "crm_webhooks" TO "crm_webhooks_system";
GRANT TEMPORARY ON DATABASE "crm_webhooks" TO "crm_webhooks_system";
