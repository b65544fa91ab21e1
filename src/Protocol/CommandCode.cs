namespace Iggy.Protocol;

/// <summary>What a request asks for. Any other number is answered with <see cref="IggyError.InvalidCommand"/>.</summary>
/// <remarks>Source: apache/iggy server-0.8.0, <c>core/binary_protocol/src</c>.</remarks>
public enum CommandCode : uint
{
    /** <summary>No command; never sent.</summary> */ None = 0,
    /** <summary>Nothing but a sign of life; works before login.</summary> */ Ping = 1,
    /** <summary>Figures of the whole server.</summary> */ GetStats = 10,
    /** <summary>A ZIP archive for support.</summary> */ GetSnapshot = 11,
    /** <summary>Nodes, their addresses and roles.</summary> */ GetClusterMetadata = 12,
    /** <summary>Options that can be set. Newer dialect only.</summary> */ DescribeOptions = 13,
    /** <summary>Binds a connection to a session that is there. 0.12 only.</summary> */ BindSession = 15,
    /** <summary>Changes what is given of a stream, topic or user. 0.12 only.</summary> */ UpdateResource = 16,
    /** <summary>Changes of the metadata. 0.12 only.</summary> */ GetMetadataChanges = 17,
    /** <summary>The client that asks.</summary> */ GetMe = 20,
    /** <summary>One client.</summary> */ GetClient = 21,
    /** <summary>All clients.</summary> */ GetClients = 22,
    /** <summary>One user with its permissions.</summary> */ GetUser = 31,
    /** <summary>All users.</summary> */ GetUsers = 32,
    /** <summary>Adds a user.</summary> */ CreateUser = 33,
    /** <summary>Removes a user.</summary> */ DeleteUser = 34,
    /** <summary>Changes name or status of a user.</summary> */ UpdateUser = 35,
    /** <summary>Replaces the permissions of a user.</summary> */ UpdatePermissions = 36,
    /** <summary>Replaces the password of a user.</summary> */ ChangePassword = 37,
    /** <summary>Logs in by name and password.</summary> */ LoginUser = 38,
    /** <summary>Ends the login, not the connection.</summary> */ LogoutUser = 39,
    /** <summary>The own tokens.</summary> */ GetPersonalAccessTokens = 41,
    /** <summary>Adds a token.</summary> */ CreatePersonalAccessToken = 42,
    /** <summary>Removes a token.</summary> */ DeletePersonalAccessToken = 43,
    /** <summary>Logs in by token.</summary> */ LoginWithPersonalAccessToken = 44,
    /** <summary>Reads messages.</summary> */ PollMessages = 100,
    /** <summary>Appends messages.</summary> */ SendMessages = 101,
    /** <summary>Writes what a partition holds in memory.</summary> */ FlushUnsavedBuffer = 102,
    /** <summary>Who serves a partition. 0.12 only.</summary> */ GetPartitionRoute = 105,
    /** <summary>Reads messages, and may wait for them. 0.12 only.</summary> */ PollMessagesDeferred = 106,
    /** <summary>Ends the wait of another request; has no reply. 0.12 only.</summary> */ CancelDeferredRequest = 108,
    /** <summary>Reads from several partitions. 0.12 only.</summary> */ FetchMessages = 109,
    /** <summary>What is stored for a consumer.</summary> */ GetConsumerOffset = 120,
    /** <summary>Stores how far a consumer is.</summary> */ StoreConsumerOffset = 121,
    /** <summary>Forgets how far a consumer was.</summary> */ DeleteConsumerOffset = 122,
    /** <summary>One stream with its topics.</summary> */ GetStream = 200,
    /** <summary>All streams.</summary> */ GetStreams = 201,
    /** <summary>Adds a stream.</summary> */ CreateStream = 202,
    /** <summary>Removes a stream with all it holds.</summary> */ DeleteStream = 203,
    /** <summary>Renames a stream.</summary> */ UpdateStream = 204,
    /** <summary>Empties all topics of a stream.</summary> */ PurgeStream = 205,
    /** <summary>One topic with its partitions.</summary> */ GetTopic = 300,
    /** <summary>All topics of a stream.</summary> */ GetTopics = 301,
    /** <summary>Adds a topic.</summary> */ CreateTopic = 302,
    /** <summary>Removes a topic with all it holds.</summary> */ DeleteTopic = 303,
    /** <summary>Replaces name and settings of a topic.</summary> */ UpdateTopic = 304,
    /** <summary>Empties a topic.</summary> */ PurgeTopic = 305,
    /** <summary>Adds partitions after the last.</summary> */ CreatePartitions = 402,
    /** <summary>Removes the last partitions.</summary> */ DeletePartitions = 403,
    /** <summary>Removes the oldest closed segments of a partition.</summary> */ DeleteSegments = 503,
    /** <summary>One group with its members.</summary> */ GetConsumerGroup = 600,
    /** <summary>All groups of a topic.</summary> */ GetConsumerGroups = 601,
    /** <summary>Adds a group.</summary> */ CreateConsumerGroup = 602,
    /** <summary>Removes a group with its offsets.</summary> */ DeleteConsumerGroup = 603,
    /** <summary>Makes the client a member.</summary> */ JoinConsumerGroup = 604,
    /** <summary>Ends the membership.</summary> */ LeaveConsumerGroup = 605,
    /** <summary>What the client reads for a group. Newer dialect only.</summary> */ SyncConsumerGroup = 606,
}

/// <summary>Which codes belong where.</summary>
public static class CommandCodes
{
    private const uint LastCode = (uint)CommandCode.SyncConsumerGroup;

    // Asked for each new connection: a table, because Enum.IsDefined takes a search.
    private static readonly bool[] Classic = MakeTable();

    /// <summary>Whether 0.8.0 knows the code.</summary>
    public static bool IsClassic(this CommandCode code) => (uint)code <= LastCode && Classic[(uint)code];

    /// <summary>Whether the 0.12 line was the first to know the code.</summary>
    public static bool IsOf12(this CommandCode code) => code is >= CommandCode.BindSession and <= CommandCode.GetMetadataChanges
        or >= CommandCode.GetPartitionRoute and <= CommandCode.FetchMessages;

    private static bool[] MakeTable()
    {
        var table = new bool[LastCode + 1];
        foreach (var code in Enum.GetValues<CommandCode>())
            table[(uint)code] = code is not (CommandCode.None or CommandCode.DescribeOptions or CommandCode.SyncConsumerGroup) && !code.IsOf12();
        return table;
    }
}
