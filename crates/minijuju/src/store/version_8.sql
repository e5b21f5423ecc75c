-- From version 7 of the tables to version 8: relations that are suspended, and since when an offer is gone.
ALTER TABLE relation ADD COLUMN suspended TEXT;
ALTER TABLE saas ADD COLUMN gone INTEGER;
-- An offer goes by itself, with its application or with its model; who consumes it knows since when it is gone.
CREATE TRIGGER offer_gone AFTER DELETE ON offer BEGIN
    UPDATE saas SET gone = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) WHERE offer = OLD.uuid;
END;
