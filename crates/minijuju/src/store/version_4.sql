-- From version 3 of the tables to version 4: the kind of a task and the ID of its processes get their own columns. They
-- were in the action's name and in the results.
ALTER TABLE task RENAME COLUMN unit TO receiver;
ALTER TABLE task ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN context TEXT;
UPDATE task SET kind = CASE
    WHEN action <> 'juju-exec' THEN 'action'
    WHEN receiver LIKE '%/%' THEN 'exec-unit'
    ELSE 'exec-machine'
END;
UPDATE task SET context = json_extract(results, '$.context') WHERE completed IS NULL;
-- Only an action can have results with that name; a command on a machine cannot.
UPDATE task SET results = json_remove(results, '$.context') WHERE completed IS NULL OR kind = 'exec-machine';
UPDATE task SET action = '' WHERE kind <> 'action';
