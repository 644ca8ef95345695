-- What a release was tested for before it came out, and what it was made with; releases from before have neither.
ALTER TABLE releases ADD COLUMN self_test jsonb, ADD COLUMN bill jsonb;
