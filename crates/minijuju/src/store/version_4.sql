-- From version 3 of the tables to version 4: what a task is and which processes are its own have columns, and no longer
-- stand in the action's name and among the results.
ALTER TABLE task RENAME COLUMN unit TO receiver;
ALTER TABLE task ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN context TEXT;
UPDATE task SET kind = CASE
    WHEN action <> 'juju-exec' THEN 'action'
    WHEN receiver LIKE '%/%' THEN 'exec-unit'
    ELSE 'exec-machine'
END;
UPDATE task SET context = json_extract(results, '$.context') WHERE completed IS NULL;
-- A command on a machine has no results of that name; an action may.
UPDATE task SET results = json_remove(results, '$.context') WHERE completed IS NULL OR kind = 'exec-machine';
UPDATE task SET action = '' WHERE kind <> 'action';
