-- Metadata of one Iggy.NET server, or of a cluster of them, in PostgreSQL: the same rows as in sqlite.sql, one row a grain.
-- Run as a whole, in one transaction, when the database is new or was made by another text than this; so each statement may be repeated.

CREATE TABLE IF NOT EXISTS GrainState
(
    ServiceId       text        NOT NULL,
    StateName       text        NOT NULL, -- 'streams', 'stream', 'topic', 'users', 'user'; 'streams.0': a page of the list
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
    NodeId          text                  -- node.id of the data folder whose partitions they describe, as long as there is one only
);

ALTER TABLE IggyMetadata ADD COLUMN IF NOT EXISTS Cluster text; -- the name of the cluster whose they are; none for one server

-- The servers of a cluster: their data folders, for a server may come and go.
CREATE TABLE IF NOT EXISTS IggyNode
(
    NodeId          text        NOT NULL PRIMARY KEY, -- node.id of the data folder
    Slot            smallint    NOT NULL UNIQUE,      -- 0 to 254, first part of the client ids that it gives
    JoinedAt        timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE IggyNode ADD COLUMN IF NOT EXISTS LinkAddress text; -- where it listens for the links of the others, from its last start

-- What all servers of a cluster must know alike and nobody else may.
CREATE TABLE IF NOT EXISTS IggySecret
(
    Name            text        NOT NULL PRIMARY KEY,
    Value           bytea       NOT NULL
);

-- Which servers keep a partition. A row changes only from one Version to the next, and by whoever saw the former.
CREATE SEQUENCE IF NOT EXISTS PartitionRegisterChange;
CREATE TABLE IF NOT EXISTS PartitionRegister
(
    PartitionKey    text        NOT NULL PRIMARY KEY, -- topic incarnation/sequence
    Epoch           bigint      NOT NULL,             -- raised by every claim; 0: has replicas, and nobody has led it
    Leader          text        NOT NULL,             -- a NodeId: the one that writes
    LeaderGeneration bigint     NOT NULL,             -- which of its starts claimed the epoch; 0: in one copy, or claimed by nobody yet
    Voters          text[]      NOT NULL,             -- the ones that have it
    Learners        text[]      NOT NULL DEFAULT ARRAY[]::text[],
    PurgeEpoch      bigint      NOT NULL DEFAULT 0,
    Version         bigint      NOT NULL,
    Change          bigint      NOT NULL DEFAULT nextval('PartitionRegisterChange') -- what is above this was changed later
);
CREATE INDEX IF NOT EXISTS PartitionRegisterByChange ON PartitionRegister (Change);

-- Which servers run: read and written by Orleans. One version over all rows, so that two changes at a time cannot both hold.
CREATE TABLE IF NOT EXISTS ClusterVersion
(
    DeploymentId    text        NOT NULL PRIMARY KEY, -- the cluster's name
    Version         integer     NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS ClusterMember
(
    DeploymentId    text        NOT NULL,
    Address         text        NOT NULL,
    Port            integer     NOT NULL,
    Generation      integer     NOT NULL, -- another one with each start
    SiloName        text        NOT NULL, -- its node.id
    HostName        text        NOT NULL,
    Status          integer     NOT NULL, -- 6: dead
    ProxyPort       integer,
    SuspectTimes    text,
    StartTime       timestamptz NOT NULL,
    IAmAliveTime    timestamptz NOT NULL,
    PRIMARY KEY (DeploymentId, Address, Port, Generation)
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

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('GatewaysQueryKey', '
SELECT Address, ProxyPort, Generation FROM ClusterMember WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0;');

-- The version comes back also where there is no member.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('MembershipReadRowKey', '
SELECT m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version
FROM ClusterVersion v LEFT JOIN ClusterMember m ON m.DeploymentId = v.DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
WHERE v.DeploymentId = @DeploymentId;');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('MembershipReadAllKey', '
SELECT m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version
FROM ClusterVersion v LEFT JOIN ClusterMember m ON m.DeploymentId = v.DeploymentId
WHERE v.DeploymentId = @DeploymentId;');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('InsertMembershipVersionKey', '
WITH made AS (INSERT INTO ClusterVersion (DeploymentId) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
SELECT count(*) > 0 FROM made;');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpdateIAmAlivetimeKey', '
UPDATE ClusterMember SET IAmAliveTime = @IAmAliveTime
WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation;');

-- A member is written only together with a step of the version, and only by whoever saw the one before. True when both were.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('InsertMembershipKey', '
WITH step AS
(
    UPDATE ClusterVersion SET Version = Version + 1
    WHERE DeploymentId = @DeploymentId AND Version = @Version AND NOT EXISTS
        (SELECT 1 FROM ClusterMember WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
    RETURNING 1
),
made AS
(
    INSERT INTO ClusterMember (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
    SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM step
    RETURNING 1
)
SELECT count(*) > 0 FROM made;');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpdateMembershipKey', '
WITH step AS
(
    UPDATE ClusterVersion SET Version = Version + 1
    WHERE DeploymentId = @DeploymentId AND Version = @Version AND EXISTS
        (SELECT 1 FROM ClusterMember WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
    RETURNING 1
),
changed AS
(
    UPDATE ClusterMember SET Status = @Status, SuspectTimes = @SuspectTimes, IAmAliveTime = @IAmAliveTime
    FROM step
    WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation
    RETURNING 1
)
SELECT count(*) > 0 FROM changed;');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteMembershipTableEntriesKey', '
DELETE FROM ClusterMember WHERE DeploymentId = @DeploymentId;
DELETE FROM ClusterVersion WHERE DeploymentId = @DeploymentId;');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('CleanupDefunctSiloEntriesKey', '
DELETE FROM ClusterMember WHERE DeploymentId = @DeploymentId AND Status = 6 AND IAmAliveTime < @IAmAliveTime AND StartTime < @IAmAliveTime;');
