-- Boards that judges have a part in: of verdicts alone, or of votes with verdicts beside them. They have no releases.
ALTER TABLE boards DROP CONSTRAINT boards_source_check;
ALTER TABLE boards
    ADD CONSTRAINT boards_source_check CHECK (source IN ('battles', 'imported', 'judge', 'combined')),
    ADD CONSTRAINT boards_released_check CHECK (source NOT IN ('judge', 'combined') OR calendar = 'at once');
