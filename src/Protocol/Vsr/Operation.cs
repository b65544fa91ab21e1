namespace Iggy.Protocol.Vsr;

/// <summary>What a frame asks for: the command, or that the command stands elsewhere in the header.</summary>
/// <remarks>Source: apache/iggy of August 2026, protocol crate 0.11.0-edge.4.</remarks>
public enum Operation : byte
{
    /** <summary>None; never sent.</summary> */ None = 0,
    /** <summary>Log in.</summary> */ Register = 1,
    /** <summary>A command that changes nothing; its code stands in the header.</summary> */ NonReplicated = 2,
    /** <summary>Log out.</summary> */ Logout = 3,
    /** <summary>As upstream answers a topic creation; never from a client.</summary> */ TopicCreated = 64,
    /** <summary>As upstream answers a creation of partitions; never from a client.</summary> */ PartitionsCreated = 65,
    /** <summary>As upstream answers a removal of segments; never from a client.</summary> */ SegmentsDeleted = 68,
    /** <summary>As upstream answers a change of a stream; never from a client.</summary> */ StreamUpdated = 72,
    /** <summary>As upstream answers a change of a topic; never from a client.</summary> */ TopicUpdated = 73,
    /** <summary>As upstream answers a change of a user; never from a client.</summary> */ UserUpdated = 74,
    /** <summary>Adds a stream.</summary> */ CreateStream = 128,
    /** <summary>Renames a stream.</summary> */ UpdateStream = 129,
    /** <summary>Removes a stream.</summary> */ DeleteStream = 130,
    /** <summary>Empties a stream.</summary> */ PurgeStream = 131,
    /** <summary>Adds a topic.</summary> */ CreateTopic = 132,
    /** <summary>Changes a topic.</summary> */ UpdateTopic = 133,
    /** <summary>Removes a topic.</summary> */ DeleteTopic = 134,
    /** <summary>Empties a topic.</summary> */ PurgeTopic = 135,
    /** <summary>Adds partitions.</summary> */ CreatePartitions = 136,
    /** <summary>Removes partitions.</summary> */ DeletePartitions = 137,
    /** <summary>Removes closed segments.</summary> */ DeleteSegments = 138,
    /** <summary>Adds a group.</summary> */ CreateConsumerGroup = 139,
    /** <summary>Removes a group.</summary> */ DeleteConsumerGroup = 140,
    /** <summary>Adds a user.</summary> */ CreateUser = 141,
    /** <summary>Changes a user.</summary> */ UpdateUser = 142,
    /** <summary>Removes a user.</summary> */ DeleteUser = 143,
    /** <summary>Replaces a password.</summary> */ ChangePassword = 144,
    /** <summary>Replaces permissions.</summary> */ UpdatePermissions = 145,
    /** <summary>Adds a token.</summary> */ CreatePersonalAccessToken = 146,
    /** <summary>Removes a token.</summary> */ DeletePersonalAccessToken = 147,
    /** <summary>Becomes a member.</summary> */ JoinConsumerGroup = 148,
    /** <summary>Is no member any more.</summary> */ LeaveConsumerGroup = 149,
    /** <summary>Changes what is given of a stream, topic or user. 0.12 only.</summary> */ UpdateResource = 150,
    /** <summary>Appends messages.</summary> */ SendMessages = 160,
    /** <summary>Stores an offset.</summary> */ StoreConsumerOffset = 161,
    /** <summary>Forgets an offset.</summary> */ DeleteConsumerOffset = 162,
}

/// <summary>What follows from an operation.</summary>
public static class Operations
{
    // By operation, from 128; where the operation is not known, None.
    private static readonly CommandCode[] Codes = MakeCodes();

    /// <summary>Changes the metadata: numbered and carried out once.</summary>
    public static bool IsMetadata(this Operation operation) => operation is >= Operation.CreateStream and <= Operation.UpdateResource;

    /// <summary>Belongs to one partition: carried out as often as it is sent.</summary>
    public static bool IsPartition(this Operation operation) => operation is >= Operation.SendMessages and <= Operation.DeleteConsumerOffset;

    /// <summary>Only between servers.</summary>
    public static bool IsInternal(this Operation operation) => (byte)operation is >= 64 and <= 127;

    /// <summary>Whether a reply with this operation begins with a result section. SDKs decide by the operation of the reply.</summary>
    public static bool IsFramed(this Operation operation) => operation is Operation.Register or Operation.StoreConsumerOffset or Operation.DeleteConsumerOffset
        || operation.IsInternal()
        || (operation.IsMetadata() && operation is not Operation.DeleteSegments);

    /// <summary>The command of an operation that stands for one; else <see cref="CommandCode.None"/>.</summary>
    public static CommandCode ToCommand(this Operation operation) =>
        operation >= Operation.CreateStream && (int)(operation - Operation.CreateStream) < Codes.Length ? Codes[operation - Operation.CreateStream] : CommandCode.None;

    /// <summary>The operation by which a command travels: its own, or <see cref="Operation.NonReplicated"/>.</summary>
    public static Operation Of(CommandCode code)
    {
        if (code is CommandCode.LogoutUser)
            return Operation.Logout;
        var index = Array.IndexOf(Codes, code);
        return index >= 0 && code is not CommandCode.None ? Operation.CreateStream + (byte)index : Operation.NonReplicated;
    }

    // The two enums use one set of names, so that the table can't hold a wrong pair.
    private static CommandCode[] MakeCodes()
    {
        var codes = new CommandCode[Operation.DeleteConsumerOffset - Operation.CreateStream + 1];
        foreach (var operation in Enum.GetValues<Operation>())
        {
            if (operation >= Operation.CreateStream)
                codes[operation - Operation.CreateStream] = Enum.Parse<CommandCode>(operation.ToString());
        }
        return codes;
    }
}
