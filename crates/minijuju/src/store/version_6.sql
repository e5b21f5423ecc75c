-- From version 5 of the tables to version 6: resources know their content's fingerprint and size, and which of them a unit has
-- fetched. Of those that are there, both are read from the file.
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
