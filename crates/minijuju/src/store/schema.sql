-- minijuju's tables. Times are milliseconds since 1970. Comments mark the columns with JSON.

-- The user's client settings: the current model, the controller's identity.
CREATE TABLE client (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE model (
    uuid           TEXT PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    created        INTEGER NOT NULL,
    config         TEXT NOT NULL DEFAULT '{}', -- JSON: what was set
    constraints    TEXT NOT NULL DEFAULT '{}', -- JSON
    next_machine   INTEGER NOT NULL DEFAULT 0,
    next_relation  INTEGER NOT NULL DEFAULT 0,
    next_operation INTEGER NOT NULL DEFAULT 1,
    next_storage   INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE application (
    model            TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    name             TEXT NOT NULL,
    charm            TEXT NOT NULL,              -- the charm's name
    revision         INTEGER NOT NULL,           -- counts the local charms of that name in the model
    charm_version    INTEGER NOT NULL DEFAULT 0, -- counts refreshes: units compare it with what they run
    force_charm      INTEGER NOT NULL DEFAULT 0, -- units in error take a new charm, too
    archive          TEXT NOT NULL,              -- the .charm file, in the data folder
    metadata         TEXT NOT NULL,              -- JSON: the charm's metadata, config and actions
    config           TEXT NOT NULL DEFAULT '{}', -- JSON: what was set
    trust            INTEGER NOT NULL DEFAULT 0,
    exposed          TEXT,                       -- JSON: endpoints, or NULL where not exposed
    life             TEXT NOT NULL DEFAULT 'alive',
    leader           INTEGER,                    -- the leading unit's number
    next_unit        INTEGER NOT NULL DEFAULT 0,
    workload_version TEXT NOT NULL DEFAULT '',
    storage          TEXT NOT NULL DEFAULT '{}', -- JSON: storage directives given at deploy
    constraints      TEXT NOT NULL DEFAULT '{}', -- JSON
    leader_settings  TEXT NOT NULL DEFAULT '{}', -- JSON: the leader's settings from leader-set
    PRIMARY KEY (model, name)
);

CREATE TABLE machine (
    model   TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    id      TEXT NOT NULL,
    life    TEXT NOT NULL DEFAULT 'alive',
    address TEXT NOT NULL DEFAULT '',
    base    TEXT NOT NULL,
    PRIMARY KEY (model, id)
);

CREATE TABLE unit (
    model            TEXT NOT NULL,
    application      TEXT NOT NULL,
    number           INTEGER NOT NULL,
    machine          TEXT NOT NULL,
    principal        TEXT NOT NULL DEFAULT '',   -- a subordinate's principal unit
    life             TEXT NOT NULL DEFAULT 'alive',
    workload_version TEXT NOT NULL DEFAULT '',
    resolved         TEXT NOT NULL DEFAULT '',   -- '', 'retry-hooks', 'no-hooks', or 'force' for all later hooks
    fired            TEXT NOT NULL DEFAULT '[]', -- JSON: hooks requested by `fire`
    agent            TEXT NOT NULL DEFAULT '{}', -- JSON: the state of the unit agent
    charm_state      TEXT NOT NULL DEFAULT '{}', -- JSON: the charm's state from state-set
    PRIMARY KEY (model, application, number),
    FOREIGN KEY (model, application) REFERENCES application ON DELETE CASCADE
);

-- Kinds: application; workload and agent (of a unit); machine and instance (of a machine).
CREATE TABLE status (
    model   TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    entity  TEXT NOT NULL,
    status  TEXT NOT NULL,
    message TEXT NOT NULL,
    data    TEXT NOT NULL DEFAULT '{}', -- JSON
    since   INTEGER NOT NULL,
    PRIMARY KEY (model, kind, entity)
);

-- The history of statuses, oldest first.
CREATE TABLE status_history (
    id      INTEGER PRIMARY KEY,
    model   TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    entity  TEXT NOT NULL,
    status  TEXT NOT NULL,
    message TEXT NOT NULL,
    data    TEXT NOT NULL DEFAULT '{}', -- JSON
    since   INTEGER NOT NULL
);
CREATE INDEX status_history_entity ON status_history (model, entity, id);

CREATE TABLE port (
    model    TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    unit     TEXT NOT NULL,
    endpoint TEXT NOT NULL, -- '' for all
    protocol TEXT NOT NULL,
    low      INTEGER NOT NULL,
    high     INTEGER NOT NULL,
    PRIMARY KEY (model, unit, endpoint, protocol, low, high)
);

CREATE TABLE relation (
    model     TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    id        INTEGER NOT NULL,
    life      TEXT NOT NULL DEFAULT 'alive',
    interface TEXT NOT NULL,
    scope     TEXT NOT NULL, -- 'global' or 'container'
    suspended TEXT, -- the reason, if it is suspended
    PRIMARY KEY (model, id)
);

-- A relation has two of these, a peer relation one.
CREATE TABLE endpoint (
    model       TEXT NOT NULL,
    relation    INTEGER NOT NULL,
    application TEXT NOT NULL,
    name        TEXT NOT NULL,
    role        TEXT NOT NULL, -- 'provider', 'requirer' or 'peer'
    PRIMARY KEY (model, relation, application, name),
    FOREIGN KEY (model, relation) REFERENCES relation ON DELETE CASCADE
);

-- One databag: of an application, or of a unit. A unit's row exists from when it enters the relation's scope.
CREATE TABLE databag (
    model    TEXT NOT NULL,
    relation INTEGER NOT NULL,
    owner    TEXT NOT NULL,
    settings TEXT NOT NULL DEFAULT '{}', -- JSON
    version  INTEGER NOT NULL DEFAULT 0, -- grows with each change
    in_scope INTEGER NOT NULL DEFAULT 1, -- a departed unit's databag stays readable until the relation is removed
    PRIMARY KEY (model, relation, owner),
    FOREIGN KEY (model, relation) REFERENCES relation ON DELETE CASCADE
);

CREATE TABLE secret (
    model       TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    id          TEXT NOT NULL,
    owner       TEXT NOT NULL, -- 'model', or an application's or a unit's name
    name        TEXT NOT NULL DEFAULT '', -- of a user's secret
    label       TEXT NOT NULL DEFAULT '', -- the owner's
    description TEXT NOT NULL DEFAULT '',
    rotation    TEXT NOT NULL DEFAULT 'never',
    expires     INTEGER,
    rotates     INTEGER,
    auto_prune  INTEGER NOT NULL DEFAULT 0,
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    PRIMARY KEY (model, id)
);

CREATE TABLE secret_revision (
    model    TEXT NOT NULL,
    secret   TEXT NOT NULL,
    revision INTEGER NOT NULL,
    content  TEXT NOT NULL, -- JSON
    created  INTEGER NOT NULL,
    expires  INTEGER,
    PRIMARY KEY (model, secret, revision),
    FOREIGN KEY (model, secret) REFERENCES secret ON DELETE CASCADE
);

CREATE TABLE secret_grant (
    model    TEXT NOT NULL,
    secret   TEXT NOT NULL,
    grantee  TEXT NOT NULL, -- an application's or a unit's name
    relation INTEGER,       -- the relation that it is granted for
    PRIMARY KEY (model, secret, grantee),
    FOREIGN KEY (model, secret) REFERENCES secret ON DELETE CASCADE
);

-- The revision that a consumer tracks.
CREATE TABLE secret_consumer (
    model    TEXT NOT NULL,
    secret   TEXT NOT NULL,
    consumer TEXT NOT NULL, -- an application's or a unit's name
    label    TEXT NOT NULL DEFAULT '',
    revision INTEGER NOT NULL,
    PRIMARY KEY (model, secret, consumer),
    FOREIGN KEY (model, secret) REFERENCES secret ON DELETE CASCADE
);

CREATE TABLE storage (
    model   TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    id      TEXT NOT NULL, -- NAME/NUMBER
    unit    TEXT NOT NULL, -- '' if detached
    kind    TEXT NOT NULL,
    pool    TEXT NOT NULL,
    size    INTEGER NOT NULL, -- MiB
    life    TEXT NOT NULL DEFAULT 'alive',
    location TEXT NOT NULL DEFAULT '',
    machine TEXT NOT NULL DEFAULT '', -- '' if it is on none
    detaching INTEGER NOT NULL DEFAULT 0, -- it is being detached
    since   INTEGER NOT NULL DEFAULT 0, -- attached or detached; 0 while pending
    PRIMARY KEY (model, id)
);

CREATE TABLE resource (
    model       TEXT NOT NULL,
    application TEXT NOT NULL,
    name        TEXT NOT NULL,
    path        TEXT NOT NULL, -- the file, in the data folder
    filename    TEXT NOT NULL,
    added       INTEGER NOT NULL,
    fingerprint TEXT NOT NULL DEFAULT '', -- the SHA-384 of its content
    size        INTEGER NOT NULL DEFAULT 0, -- bytes
    PRIMARY KEY (model, application, name),
    FOREIGN KEY (model, application) REFERENCES application ON DELETE CASCADE
);

-- The resources that units have fetched, as they were at that time.
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

CREATE TABLE task (
    model     TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    id        INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    receiver  TEXT NOT NULL,              -- a unit's name, or a machine's number
    kind      TEXT NOT NULL,              -- 'action', 'exec-unit', 'exec-machine' or 'run-commands'
    action    TEXT NOT NULL,              -- the action's name; '' for a command
    params    TEXT NOT NULL DEFAULT '{}', -- JSON
    status    TEXT NOT NULL,
    message   TEXT NOT NULL DEFAULT '',
    results   TEXT NOT NULL DEFAULT '{}', -- JSON
    log       TEXT NOT NULL DEFAULT '[]', -- JSON: [time, message]
    context   TEXT,                       -- the JUJU_CONTEXT_ID of its processes while it runs
    enqueued  INTEGER NOT NULL,
    started   INTEGER,
    completed INTEGER,
    PRIMARY KEY (model, id)
);

CREATE TABLE log (
    id      INTEGER PRIMARY KEY,
    model   TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    time    INTEGER NOT NULL,
    entity  TEXT NOT NULL, -- unit-APP-N, machine-N
    level   INTEGER NOT NULL,
    module  TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX log_model ON log (model, id);

-- Offers of a model.
CREATE TABLE offer (
    model       TEXT NOT NULL,
    name        TEXT NOT NULL,
    uuid        TEXT NOT NULL UNIQUE,
    application TEXT NOT NULL,
    endpoints   TEXT NOT NULL, -- JSON: their names
    PRIMARY KEY (model, name),
    FOREIGN KEY (model, application) REFERENCES application ON DELETE CASCADE
);

-- Offers that a model consumes.
CREATE TABLE saas (
    model      TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    name       TEXT NOT NULL,
    offer      TEXT NOT NULL, -- the offer's uuid; the offer may be gone
    source     TEXT NOT NULL, -- the uuid of the offering model; it may be gone, too
    url        TEXT NOT NULL,
    endpoints  TEXT NOT NULL, -- JSON: name, interface and role of each
    life       TEXT NOT NULL DEFAULT 'alive',
    since      INTEGER NOT NULL,
    terminated INTEGER, -- when its offer was removed
    PRIMARY KEY (model, name)
);

-- An offer is removed by itself, with its application or with its model. Record the time for its consumers.
CREATE TRIGGER offer_removed AFTER DELETE ON offer BEGIN
    UPDATE saas SET terminated = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) WHERE offer = OLD.uuid;
END;

-- Cross-model relations. Each is one relation in each model, and their databags are kept the same.
CREATE TABLE cross_model_relation (
    offer                TEXT NOT NULL, -- its uuid
    model                TEXT NOT NULL REFERENCES model ON DELETE CASCADE, -- the consuming model
    relation             INTEGER NOT NULL,
    application          TEXT NOT NULL, -- the consuming application
    saas                 TEXT NOT NULL, -- the offered application's name in the consuming model
    offering_model       TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    offering_relation    INTEGER NOT NULL,
    offering_application TEXT NOT NULL,
    consuming_proxy      TEXT NOT NULL, -- the consuming application's name in the offering model
    egress_subnets       TEXT NOT NULL DEFAULT '', -- the networks of the consuming application's traffic
    since                INTEGER NOT NULL,
    PRIMARY KEY (model, relation),
    UNIQUE (offering_model, offering_relation),
    FOREIGN KEY (model, relation) REFERENCES relation ON DELETE CASCADE
);

-- SSH keys from add-ssh-key. They have no effect.
CREATE TABLE ssh_key (
    model TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    key   TEXT NOT NULL, -- as in authorized_keys
    PRIMARY KEY (model, key)
);
