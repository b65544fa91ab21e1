namespace Iggy.Protocol;

/// <summary>Kept and reported with a topic; the server never compresses.</summary>
public enum CompressionAlgorithm : byte
{
    /// <summary>None.</summary>
    None = 1,

    /// <summary>Gzip.</summary>
    Gzip = 2,
}

/// <summary>Whether a user may log in.</summary>
public enum UserStatus : byte
{
    /// <summary>Yes.</summary>
    Active = 1,

    /// <summary>No.</summary>
    Inactive = 2,
}

/// <summary>How a client reaches the server.</summary>
public enum TransportKind : byte
{
    /// <summary>TCP, with or without TLS.</summary>
    Tcp = 1,

    /// <summary>QUIC.</summary>
    Quic = 2,

    /// <summary>HTTP.</summary>
    Http = 3,

    /// <summary>WebSocket, with or without TLS.</summary>
    WebSocket = 4,

    /// <summary>gRPC. The protocol has no number for it: on the wire it is told as <see cref="Http"/>, which every client knows.</summary>
    Grpc = 5,
}

/// <summary>What a node does in its cluster. Clients move to the healthy leader.</summary>
public enum ClusterNodeRole : byte
{
    /// <summary>Takes requests.</summary>
    Leader = 0,

    /// <summary>Follows.</summary>
    Follower = 1,
}

/// <summary>How a node is. Released clients fail to decode any other value.</summary>
public enum ClusterNodeStatus : byte
{
    /// <summary>Serves.</summary>
    Healthy = 0,

    /// <summary>Comes up.</summary>
    Starting = 1,

    /// <summary>Goes down.</summary>
    Stopping = 2,

    /// <summary>Does not answer.</summary>
    Unreachable = 3,

    /// <summary>Taken out by an operator.</summary>
    Maintenance = 4,
}

/// <summary>Packing of a snapshot archive.</summary>
public enum SnapshotCompression : byte
{
    /// <summary>As it is.</summary>
    Stored = 1,

    /// <summary>Deflate.</summary>
    Deflated = 2,

    /// <summary>Bzip2.</summary>
    Bzip2 = 3,

    /// <summary>Zstandard.</summary>
    Zstd = 4,

    /// <summary>LZMA.</summary>
    Lzma = 5,

    /// <summary>XZ.</summary>
    Xz = 6,
}

/// <summary>One part of a snapshot archive.</summary>
public enum SnapshotType : byte
{
    /// <summary>Files and their sizes.</summary>
    FilesystemOverview = 1,

    /// <summary>Processes of the machine.</summary>
    ProcessList = 2,

    /// <summary>Processor, memory, disk.</summary>
    ResourceUsage = 3,

    /// <summary>A fixed text, for tests.</summary>
    Test = 4,

    /// <summary>The server's log.</summary>
    ServerLogs = 5,

    /// <summary>The server's configuration.</summary>
    ServerConfig = 6,

    /// <summary>Everything; stands alone.</summary>
    All = 100,
}
