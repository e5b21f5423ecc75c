-- From version 8 to 9: the names that Juju uses for cross-model relations.
ALTER TABLE crossing RENAME TO cross_model_relation;
ALTER TABLE cross_model_relation RENAME COLUMN offered TO offering_application;
ALTER TABLE cross_model_relation RENAME COLUMN proxy TO consuming_proxy;
ALTER TABLE cross_model_relation RENAME COLUMN via TO egress_subnets;
DROP TRIGGER offer_gone;
ALTER TABLE saas RENAME COLUMN gone TO terminated;
CREATE TRIGGER offer_removed AFTER DELETE ON offer BEGIN
    UPDATE saas SET terminated = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) WHERE offer = OLD.uuid;
END;
