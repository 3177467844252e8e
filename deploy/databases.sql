-- One PostgreSQL, two databases: Prefect's records for people to look at, and the ledger, which is the truth.
CREATE DATABASE prefect;
CREATE DATABASE closeloop;
