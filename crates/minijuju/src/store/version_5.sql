-- From version 4 of the tables to version 5: storage gets its machine, the time of its attachment, and whether it is being
-- detached.
ALTER TABLE storage ADD COLUMN machine TEXT NOT NULL DEFAULT '';
ALTER TABLE storage ADD COLUMN detaching INTEGER NOT NULL DEFAULT 0;
ALTER TABLE storage ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE storage SET
    machine = coalesce(
        (SELECT machine FROM unit
         WHERE unit.model = storage.model AND unit.application || '/' || unit.number = storage.unit), ''),
    since = coalesce((SELECT created FROM model WHERE uuid = storage.model), 0);
CREATE TABLE status_history (
    id      INTEGER PRIMARY KEY,
    model   TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    entity  TEXT NOT NULL,
    status  TEXT NOT NULL,
    message TEXT NOT NULL,
    data    TEXT NOT NULL DEFAULT '{}',
    since   INTEGER NOT NULL
);
CREATE INDEX status_history_entity ON status_history (model, entity, id);
INSERT INTO status_history (model, kind, entity, status, message, data, since)
    SELECT model, kind, entity, status, message, data, since FROM status;
