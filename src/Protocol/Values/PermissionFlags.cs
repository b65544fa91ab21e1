namespace Iggy.Protocol;

/// <summary>Permissions on the whole server. On the wire each is a byte, in the order of the bits here.</summary>
[Flags]
public enum GlobalPermissions : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Figures and clients.</summary>
    ManageServers = 1 << 0,

    /// <summary>Figures and clients, read.</summary>
    ReadServers = 1 << 1,

    /// <summary>Users, all.</summary>
    ManageUsers = 1 << 2,

    /// <summary>Users, read.</summary>
    ReadUsers = 1 << 3,

    /// <summary>Streams and all that is in them.</summary>
    ManageStreams = 1 << 4,

    /// <summary>Streams and topics, read.</summary>
    ReadStreams = 1 << 5,

    /// <summary>Topics, all.</summary>
    ManageTopics = 1 << 6,

    /// <summary>Topics, read.</summary>
    ReadTopics = 1 << 7,

    /// <summary>Polls and offsets.</summary>
    PollMessages = 1 << 8,

    /// <summary>Sends.</summary>
    SendMessages = 1 << 9,
}

/// <summary>Permissions on one stream. On the wire each is a byte, in the order of the bits here.</summary>
[Flags]
public enum StreamPermissionFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The stream and all that is in it.</summary>
    ManageStream = 1 << 0,

    /// <summary>The stream and its topics, read.</summary>
    ReadStream = 1 << 1,

    /// <summary>Its topics, all.</summary>
    ManageTopics = 1 << 2,

    /// <summary>Its topics, read.</summary>
    ReadTopics = 1 << 3,

    /// <summary>Polls and offsets.</summary>
    PollMessages = 1 << 4,

    /// <summary>Sends.</summary>
    SendMessages = 1 << 5,
}

/// <summary>Permissions on one topic. On the wire each is a byte, in the order of the bits here.</summary>
[Flags]
public enum TopicPermissionFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The topic, all.</summary>
    ManageTopic = 1 << 0,

    /// <summary>The topic, read.</summary>
    ReadTopic = 1 << 1,

    /// <summary>Polls and offsets.</summary>
    PollMessages = 1 << 2,

    /// <summary>Sends.</summary>
    SendMessages = 1 << 3,
}
