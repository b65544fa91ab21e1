-- Metadata of one Iggy.NET server in PostgreSQL: the same rows as in sqlite.sql, one row a grain.
-- Run as a whole, in one transaction, when the database is new or was made by another text than this; so each statement may be repeated.

CREATE TABLE IF NOT EXISTS GrainState
(
    ServiceId       text        NOT NULL,
    StateName       text        NOT NULL, -- 'streams', 'stream', 'topic', 'users', 'user'
    KeyHigh         bigint      NOT NULL, -- first half of a GUID key; 0 for numbers
    KeyLow          bigint      NOT NULL, -- second half of a GUID key; the number
    KeyText         text        NOT NULL, -- for text keys; empty otherwise
    Version         integer     NOT NULL, -- from 1, +1 with every write; what a writer must have seen
    Payload         bytea,                -- JSON, UTF-8, and a last line with its XXH3-64
    ModifiedAt      timestamptz NOT NULL DEFAULT now(), -- for people only
    PRIMARY KEY (ServiceId, StateName, KeyHigh, KeyLow, KeyText)
);

-- One row: what made these tables, and whose they are.
CREATE TABLE IF NOT EXISTS IggyMetadata
(
    Single          boolean     NOT NULL PRIMARY KEY DEFAULT true CHECK (Single),
    Layout          bigint      NOT NULL, -- a server refuses a database with a higher one
    ScriptNumber    bigint      NOT NULL, -- hash of the text that made them
    NodeId          text                  -- node.id of the data folder whose partitions they describe
);

-- The name and columns of this table, the keys in it and the @ names in its texts are Orleans' own: it reads them at start.
CREATE TABLE IF NOT EXISTS OrleansQuery
(
    QueryKey        text        NOT NULL PRIMARY KEY,
    QueryText       text        NOT NULL
);

DELETE FROM OrleansQuery;

-- No version: the row must be new. A version: the row must have it. No row comes back when somebody else was faster.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('WriteToStorageKey', '
INSERT INTO GrainState (ServiceId, StateName, KeyHigh, KeyLow, KeyText, Version, Payload)
SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(CAST(@GrainIdExtensionString AS text), ''''), 1, @PayloadBinary
WHERE CAST(@GrainStateVersion AS integer) IS NULL OR EXISTS
    (SELECT 1 FROM GrainState WHERE ServiceId = @ServiceId AND StateName = @GrainTypeString AND KeyHigh = @GrainIdN0
        AND KeyLow = @GrainIdN1 AND KeyText = coalesce(CAST(@GrainIdExtensionString AS text), ''''))
ON CONFLICT (ServiceId, StateName, KeyHigh, KeyLow, KeyText) DO UPDATE
SET Payload = excluded.Payload, Version = GrainState.Version + 1, ModifiedAt = excluded.ModifiedAt
WHERE GrainState.Version = CAST(@GrainStateVersion AS integer)
RETURNING Version AS NewGrainStateVersion;');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadFromStorageKey', '
SELECT Payload AS PayloadBinary, Version AS Version FROM GrainState
WHERE ServiceId = @ServiceId AND StateName = @GrainTypeString AND KeyHigh = @GrainIdN0 AND KeyLow = @GrainIdN1
    AND KeyText = coalesce(CAST(@GrainIdExtensionString AS text), '''');');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ClearStorageKey', '
UPDATE GrainState SET Payload = NULL, Version = Version + 1
WHERE ServiceId = @ServiceId AND StateName = @GrainTypeString AND KeyHigh = @GrainIdN0 AND KeyLow = @GrainIdN1
    AND KeyText = coalesce(CAST(@GrainIdExtensionString AS text), '''') AND Version = CAST(@GrainStateVersion AS integer)
RETURNING Version AS NewGrainStateVersion;');

-- Used instead of the one above, because rows of deleted streams and topics must not pile up.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteStorageKey', '
DELETE FROM GrainState
WHERE ServiceId = @ServiceId AND StateName = @GrainTypeString AND KeyHigh = @GrainIdN0 AND KeyLow = @GrainIdN1
    AND KeyText = coalesce(CAST(@GrainIdExtensionString AS text), '''') AND Version = CAST(@GrainStateVersion AS integer)
RETURNING Version + 1 AS NewGrainStateVersion;');
