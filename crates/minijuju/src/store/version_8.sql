-- From version 7 of the tables to version 8: suspended relations, and the time when an offer was removed.
ALTER TABLE relation ADD COLUMN suspended TEXT;
ALTER TABLE saas ADD COLUMN gone INTEGER;
-- An offer is removed by itself, with its application or with its model. Record the time for its consumers.
CREATE TRIGGER offer_gone AFTER DELETE ON offer BEGIN
    UPDATE saas SET gone = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) WHERE offer = OLD.uuid;
END;
