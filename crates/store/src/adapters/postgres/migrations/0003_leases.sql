-- Which worker has taken a job, and until when: it is given to no other before that. Both are empty when nobody has it.
ALTER TABLE jobs ADD COLUMN holder uuid, ADD COLUMN held_until timestamptz;
-- A lease changes no index: with room on the page it costs little.
ALTER TABLE jobs SET (fillfactor = 70);
