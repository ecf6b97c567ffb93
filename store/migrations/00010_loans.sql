-- +goose Up
-- What one record lends to the others of a common CVE: CVSS vectors, and now
-- weaknesses ("CWE-79,CWE-20"), under the type "CWE".

ALTER TABLE advisory_vector RENAME TO advisory_loan;
ALTER TABLE advisory_loan RENAME COLUMN score TO value;
DROP INDEX advisory_vector_advisory;
CREATE INDEX advisory_loan_advisory ON advisory_loan (advisory_id);
-- Records stored so far have lent no weaknesses: the next import or update
-- reads all anew.
UPDATE advisory SET hash = '';
UPDATE advisory_part SET etag = '', last_modified = '', cursor_time = 0;
DELETE FROM setting WHERE name LIKE 'imported %';

-- +goose Down
DELETE FROM advisory_loan WHERE type = 'CWE';
DROP INDEX advisory_loan_advisory;
CREATE INDEX advisory_vector_advisory ON advisory_loan (advisory_id);
ALTER TABLE advisory_loan RENAME COLUMN value TO score;
ALTER TABLE advisory_loan RENAME TO advisory_vector;
