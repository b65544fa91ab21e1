-- Metadata of one Iggy.NET server in SQLite: the state of its rare grains (streams, topics, users), one row a grain.
-- Run as a whole, in one transaction, when the file is new or was made by another text than this; so each statement may be repeated.
-- Message bytes and consumer offsets are not here: they lie in the partition folders.

CREATE TABLE IF NOT EXISTS GrainState
(
    ServiceId       TEXT    NOT NULL,
    StateName       TEXT    NOT NULL, -- 'streams', 'stream', 'topic', 'users', 'user'; 'streams.0': a page of the list
    KeyHigh         INTEGER NOT NULL, -- first half of a GUID key; 0 for numbers
    KeyLow          INTEGER NOT NULL, -- second half of a GUID key; the number
    KeyText         TEXT    NOT NULL, -- for text keys; empty otherwise
    Version         INTEGER NOT NULL, -- from 1, +1 with every write; what a writer must have seen
    Payload         BLOB,             -- JSON, UTF-8, and a last line with its XXH3-64
    ModifiedAt      TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), -- for people only
    PRIMARY KEY (ServiceId, StateName, KeyHigh, KeyLow, KeyText)
);

-- The name and columns of this table, the keys in it and the @ names in its texts are Orleans' own: it reads them at start.
CREATE TABLE IF NOT EXISTS OrleansQuery
(
    QueryKey  TEXT NOT NULL PRIMARY KEY,
    QueryText TEXT NOT NULL
);

-- One statement, so that it is atomic without a transaction that a failure could leave open on a pooled connection.
-- No version: the row must be new. A version: the row must have it. No row comes back when somebody else was faster.
INSERT OR REPLACE INTO OrleansQuery (QueryKey, QueryText) VALUES ('WriteToStorageKey', '
INSERT INTO GrainState (ServiceId, StateName, KeyHigh, KeyLow, KeyText, Version, Payload)
SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''''), 1, @PayloadBinary
WHERE @GrainStateVersion IS NULL OR EXISTS
    (SELECT 1 FROM GrainState WHERE ServiceId = @ServiceId AND StateName = @GrainTypeString AND KeyHigh = @GrainIdN0
        AND KeyLow = @GrainIdN1 AND KeyText = coalesce(@GrainIdExtensionString, ''''))
ON CONFLICT (ServiceId, StateName, KeyHigh, KeyLow, KeyText) DO UPDATE
SET Payload = excluded.Payload, Version = Version + 1, ModifiedAt = excluded.ModifiedAt
WHERE Version = @GrainStateVersion
RETURNING Version AS NewGrainStateVersion;');

INSERT OR REPLACE INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadFromStorageKey', '
SELECT Payload AS PayloadBinary, Version AS Version FROM GrainState
WHERE ServiceId = @ServiceId AND StateName = @GrainTypeString AND KeyHigh = @GrainIdN0 AND KeyLow = @GrainIdN1
    AND KeyText = coalesce(@GrainIdExtensionString, '''');');

INSERT OR REPLACE INTO OrleansQuery (QueryKey, QueryText) VALUES ('ClearStorageKey', '
UPDATE GrainState SET Payload = NULL, Version = Version + 1
WHERE ServiceId = @ServiceId AND StateName = @GrainTypeString AND KeyHigh = @GrainIdN0 AND KeyLow = @GrainIdN1
    AND KeyText = coalesce(@GrainIdExtensionString, '''') AND Version = @GrainStateVersion
RETURNING Version AS NewGrainStateVersion;');

-- Used instead of the one above, because rows of deleted streams and topics must not pile up.
INSERT OR REPLACE INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteStorageKey', '
DELETE FROM GrainState
WHERE ServiceId = @ServiceId AND StateName = @GrainTypeString AND KeyHigh = @GrainIdN0 AND KeyLow = @GrainIdN1
    AND KeyText = coalesce(@GrainIdExtensionString, '''') AND Version = @GrainStateVersion
RETURNING Version + 1 AS NewGrainStateVersion;');

PRAGMA user_version = 3; -- the layout's number: a server refuses a file with a higher one
