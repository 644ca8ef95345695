-- Judges compare answers to prompt sets as they compare battles; what they are asked about is really there.
ALTER TABLE verdicts ADD FOREIGN KEY (prompt_id) REFERENCES set_prompts;
ALTER TABLE judge_jobs
    ADD FOREIGN KEY (prompt_id) REFERENCES set_prompts,
    ADD CHECK ((prompt_id IS NULL) = (answer_ids IS NULL)),
    ADD CHECK (cardinality(answer_ids) = 2);

-- Attacks on judges are made within what they may spend, as runs are.
ALTER TABLE judge_trials
    ADD COLUMN budget_tokens bigint CHECK (budget_tokens >= 0),
    ADD COLUMN budget_cost double precision CHECK (budget_cost >= 0),
    ADD COLUMN tokens bigint;
