-- From version 5 of the tables to version 6: resources get the fingerprint and size of their content, and a table of the
-- resources that units have fetched. For existing resources, both are read from the file.
ALTER TABLE resource ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
ALTER TABLE resource ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
CREATE TABLE unit_resource (
    model       TEXT NOT NULL,
    application TEXT NOT NULL,
    unit        TEXT NOT NULL,
    name        TEXT NOT NULL,
    added       INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    size        INTEGER NOT NULL,
    PRIMARY KEY (model, unit, name),
    FOREIGN KEY (model, application) REFERENCES application ON DELETE CASCADE
);
