using System.Collections.Immutable;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Vsr12;

/// <summary>A stream as replies carry it.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Options">Of the stream.</param>
public readonly record struct OptionedStream(StreamRecord Stream, OptionSets Options) : IWireValue<OptionedStream>
{
    /// <inheritdoc/>
    public static OptionedStream Read(ref WireReader reader) => new(StreamRecord.Read(ref reader), OptionSets.Read(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        Stream.Write(writer);
        Options.Write(writer);
    }
}

/// <summary>A stream and its topics.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topics">As many as the record says, by ascending id.</param>
public sealed record OptionedStreamDetails(OptionedStream Stream, ImmutableArray<OptionedTopic> Topics) : IWireValue<OptionedStreamDetails>
{
    /// <inheritdoc/>
    public static OptionedStreamDetails Read(ref WireReader reader)
    {
        var stream = OptionedStream.Read(ref reader);
        return new(stream, WireRecords.Read<OptionedTopic>(ref reader, stream.Stream.TopicsCount, OptionedTopic.MinSizeInBytes));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The count is another.</exception>
    public void Write(WireWriter writer)
    {
        Stream.Write(writer);
        WireRecords.Write(writer, Topics, Stream.Stream.TopicsCount);
    }
}

/// <summary>A topic as replies carry it: expiry, compression and largest size stand among the options alone.</summary>
/// <param name="Id">From 0 in each stream.</param>
/// <param name="CreatedAtMicros">Since the Unix epoch.</param>
/// <param name="PartitionsCount">Partitions.</param>
/// <param name="SizeBytes">Of all messages.</param>
/// <param name="MessagesCount">Messages kept.</param>
/// <param name="Name">1 to 255 bytes.</param>
/// <param name="Options">All that holds.</param>
public readonly record struct OptionedTopic(
    uint Id, ulong CreatedAtMicros, uint PartitionsCount, ulong SizeBytes, ulong MessagesCount, string Name, OptionSets Options) : IWireValue<OptionedTopic>
{
    /// <summary>The fixed fields, a name of one byte and two empty blocks.</summary>
    internal const int MinSizeInBytes = 34 + OptionSets.MinSizeInBytes;

    /// <inheritdoc/>
    public static OptionedTopic Read(ref WireReader reader) =>
        new(reader.U32(), reader.U64(), reader.U32(), reader.U64(), reader.U64(), reader.Name(), OptionSets.Read(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(Id);
        writer.U64(CreatedAtMicros);
        writer.U32(PartitionsCount);
        writer.U64(SizeBytes);
        writer.U64(MessagesCount);
        writer.Name(Name);
        Options.Write(writer);
    }
}

/// <summary>A partition as replies carry it: its figures, its history, and the nodes that hold it, one byte each.</summary>
/// <param name="Partition">The figures.</param>
/// <param name="Context">Incarnation and position; no owner.</param>
/// <param name="Members">Nodes that hold it.</param>
/// <param name="InSyncMembers">Those of them that have all of it.</param>
public readonly record struct PlacedPartition(PartitionRecord Partition, PartitionContext Context, ImmutableArray<byte> Members, ImmutableArray<byte> InSyncMembers)
    : IWireValue<PlacedPartition>
{
    internal const int MinSizeInBytes = 66;

    /// <inheritdoc/>
    public static PlacedPartition Read(ref WireReader reader) => new(
        PartitionRecord.Read(ref reader), PartitionContext.Read(ref reader), [.. reader.Bytes(reader.U8())], [.. reader.Bytes(reader.U8())]);

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        Partition.Write(writer);
        Context.Write(writer);
        writer.U8((byte)Members.Length);
        writer.Bytes(Members.AsSpan());
        writer.U8((byte)InSyncMembers.Length);
        writer.Bytes(InSyncMembers.AsSpan());
    }

    /// <inheritdoc/>
    public bool Equals(PlacedPartition other) => Partition == other.Partition && Context == other.Context
        && Members.AsSpan().SequenceEqual(other.Members.AsSpan()) && InSyncMembers.AsSpan().SequenceEqual(other.InSyncMembers.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Partition, Context);
}

/// <summary>A topic and its partitions.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partitions">As many as the record says, by ascending id.</param>
public sealed record OptionedTopicDetails(OptionedTopic Topic, ImmutableArray<PlacedPartition> Partitions) : IWireValue<OptionedTopicDetails>
{
    /// <inheritdoc/>
    public static OptionedTopicDetails Read(ref WireReader reader)
    {
        var topic = OptionedTopic.Read(ref reader);
        return new(topic, WireRecords.Read<PlacedPartition>(ref reader, topic.PartitionsCount, PlacedPartition.MinSizeInBytes));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The count is another.</exception>
    public void Write(WireWriter writer)
    {
        Topic.Write(writer);
        WireRecords.Write(writer, Partitions, Topic.PartitionsCount);
    }
}

/// <summary>The topics of a stream: u32 count, then the records.</summary>
/// <param name="Topics">By ascending id.</param>
public sealed record OptionedTopics(ImmutableArray<OptionedTopic> Topics) : IWireValue<OptionedTopics>
{
    /// <inheritdoc/>
    public static OptionedTopics Read(ref WireReader reader) => new(WireRecords.Read<OptionedTopic>(ref reader, reader.U32(), OptionedTopic.MinSizeInBytes));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32((uint)Topics.Length);
        writer.Records(Topics.AsSpan());
    }
}

/// <summary>A user as lists carry it.</summary>
/// <param name="User">The user.</param>
/// <param name="Options">Of the user.</param>
public readonly record struct OptionedUser(UserRecord User, OptionSets Options) : IWireValue<OptionedUser>
{
    /// <inheritdoc/>
    public static OptionedUser Read(ref WireReader reader) => new(UserRecord.Read(ref reader), OptionSets.Read(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        User.Write(writer);
        Options.Write(writer);
    }
}

/// <summary>A user and what it may do.</summary>
/// <param name="User">The user.</param>
/// <param name="Permissions">Null for nothing that needs a permission.</param>
public sealed record OptionedUserDetails(OptionedUser User, Permissions? Permissions) : IWireValue<OptionedUserDetails>
{
    /// <inheritdoc/>
    public static OptionedUserDetails Read(ref WireReader reader) => new(OptionedUser.Read(ref reader), Permissions.ReadInDetails(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        User.Write(writer);
        Permissions.WriteInDetails(writer, Permissions);
    }
}

/// <summary>Adds a stream. Reply: <see cref="OptionedStream"/>.</summary>
/// <param name="Name">1 to 255 bytes.</param>
/// <param name="Options">As sent; which of them are known is judged where the command is carried out.</param>
public readonly record struct CreateOptionedStreamRequest(string Name, ImmutableArray<WireOption> Options) : IWireRequest<CreateOptionedStreamRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.CreateStream;

    /// <inheritdoc/>
    public static CreateOptionedStreamRequest Read(ref WireReader reader) => new(reader.Name(), OptionsBlock.ReadToEnd(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Name(Name);
        OptionsBlock.Write(writer, Options);
    }

    /// <inheritdoc/>
    public bool Equals(CreateOptionedStreamRequest other) => Name == other.Name && OptionsBlock.AreEqual(Options, other.Options);

    /// <inheritdoc/>
    public override int GetHashCode() => Name?.GetHashCode(StringComparison.Ordinal) ?? 0;
}

/// <summary>Adds a topic. Reply: <see cref="OptionedTopicDetails"/>. The same body as in the 0.11 line, with the options of this one.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="PartitionsCount">0 to 1000.</param>
/// <param name="Name">1 to 255 bytes.</param>
/// <param name="Options">What is set.</param>
public readonly record struct CreateOptionedTopicRequest(Identifier Stream, uint PartitionsCount, string Name, TopicOptions Options)
    : IWireRequest<CreateOptionedTopicRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.CreateTopic;

    /// <inheritdoc/>
    public static CreateOptionedTopicRequest Read(ref WireReader reader)
    {
        var (stream, partitionsCount, name) = (reader.Identifier(), reader.U32(), reader.Name());
        reader.Fail(TopicOptions.TryRead(reader.Rest(), OptionLines.V12, out var options));
        return new(stream, partitionsCount, name, options);
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.U32(PartitionsCount);
        writer.Name(Name);
        OptionsBlock.Write(writer, Options.ToPairs(OptionLines.V12));
    }
}
