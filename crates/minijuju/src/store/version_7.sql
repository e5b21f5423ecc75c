-- From version 6 of the tables to version 7: offers, consumed offers, relations across models, and SSH keys.
CREATE TABLE offer (
    model       TEXT NOT NULL,
    name        TEXT NOT NULL,
    uuid        TEXT NOT NULL UNIQUE,
    application TEXT NOT NULL,
    endpoints   TEXT NOT NULL, -- JSON: their names
    PRIMARY KEY (model, name),
    FOREIGN KEY (model, application) REFERENCES application ON DELETE CASCADE
);
CREATE TABLE saas (
    model     TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    name      TEXT NOT NULL,
    offer     TEXT NOT NULL, -- the offer's uuid; the offer may be gone
    source    TEXT NOT NULL, -- the uuid of the model that it is of, which may be gone, too
    url       TEXT NOT NULL,
    endpoints TEXT NOT NULL, -- JSON: name, interface and role of each
    life      TEXT NOT NULL DEFAULT 'alive',
    since     INTEGER NOT NULL,
    PRIMARY KEY (model, name)
);
CREATE TABLE crossing (
    offer             TEXT NOT NULL, -- its uuid
    model             TEXT NOT NULL REFERENCES model ON DELETE CASCADE, -- that consumes
    relation          INTEGER NOT NULL,
    application       TEXT NOT NULL, -- the consuming one
    saas              TEXT NOT NULL, -- what it knows the offered one as
    offering_model    TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    offering_relation INTEGER NOT NULL,
    offered           TEXT NOT NULL, -- the offered application
    proxy             TEXT NOT NULL, -- what it knows the consuming one as
    via               TEXT NOT NULL DEFAULT '', -- the networks that the consuming one's traffic comes from
    since             INTEGER NOT NULL,
    PRIMARY KEY (model, relation),
    UNIQUE (offering_model, offering_relation),
    FOREIGN KEY (model, relation) REFERENCES relation ON DELETE CASCADE
);
CREATE TABLE ssh_key (
    model TEXT NOT NULL REFERENCES model ON DELETE CASCADE,
    key   TEXT NOT NULL, -- as in authorized_keys
    PRIMARY KEY (model, key)
);
