using System.Collections.Immutable;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Vsr;

/// <summary>A topic as replies carry it: the classic fields without the number of copies, then the options that were set and those that hold else.</summary>
/// <param name="Topic">The topic; its number of copies is not sent, and reads as 1.</param>
/// <param name="Explicit">Options that a client has set.</param>
/// <param name="Derived">What holds for the others.</param>
public readonly record struct VsrTopicRecord(TopicRecord Topic, ImmutableArray<WireOption> Explicit, ImmutableArray<WireOption> Derived)
    : IWireValue<VsrTopicRecord>
{
    /// <summary>The fixed fields, a name of one byte and two empty blocks.</summary>
    internal const int MinSizeInBytes = 59;

    /// <inheritdoc/>
    public static VsrTopicRecord Read(ref WireReader reader)
    {
        var (id, createdAt, partitions, expiry) = (reader.U32(), reader.U64(), reader.U32(), reader.U64());
        var (compression, maxSize, size, messages, name) = ((CompressionAlgorithm)reader.U8(), reader.U64(), reader.U64(), reader.U64(), reader.Name());
        return new(
            new TopicRecord(id, createdAt, partitions, expiry, compression, maxSize, ReplicationFactor: 1, size, messages, name),
            OptionsBlock.ReadPrefixed(ref reader),
            OptionsBlock.ReadPrefixed(ref reader));
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(Topic.Id);
        writer.U64(Topic.CreatedAtMicros);
        writer.U32(Topic.PartitionsCount);
        writer.U64(Topic.MessageExpiryMicros);
        writer.U8((byte)Topic.Compression);
        writer.U64(Topic.MaxTopicSizeBytes);
        writer.U64(Topic.SizeBytes);
        writer.U64(Topic.MessagesCount);
        writer.Name(Topic.Name);
        OptionsBlock.WritePrefixed(writer, Explicit);
        OptionsBlock.WritePrefixed(writer, Derived);
    }

    /// <inheritdoc/>
    public bool Equals(VsrTopicRecord other) =>
        Topic == other.Topic && OptionsBlock.AreEqual(Explicit, other.Explicit) && OptionsBlock.AreEqual(Derived, other.Derived);

    /// <inheritdoc/>
    public override int GetHashCode() => Topic.GetHashCode();
}

/// <summary>A topic and its partitions.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partitions">As many as the record says, by ascending id.</param>
public sealed record VsrTopicDetails(VsrTopicRecord Topic, ImmutableArray<PartitionRecord> Partitions) : IWireValue<VsrTopicDetails>
{
    /// <inheritdoc/>
    public static VsrTopicDetails Read(ref WireReader reader)
    {
        var topic = VsrTopicRecord.Read(ref reader);
        return new(topic, WireRecords.Read<PartitionRecord>(ref reader, topic.Topic.PartitionsCount, PartitionRecord.SizeInBytes));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The count is another.</exception>
    public void Write(WireWriter writer)
    {
        Topic.Write(writer);
        WireRecords.Write(writer, Partitions, Topic.Topic.PartitionsCount);
    }
}

/// <summary>The topics of a stream: u32 count, then the records.</summary>
/// <param name="Topics">By ascending id.</param>
public sealed record VsrTopicList(ImmutableArray<VsrTopicRecord> Topics) : IWireValue<VsrTopicList>
{
    /// <inheritdoc/>
    public static VsrTopicList Read(ref WireReader reader) => new(WireRecords.Read<VsrTopicRecord>(ref reader, reader.U32(), VsrTopicRecord.MinSizeInBytes));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32((uint)Topics.Length);
        writer.Records(Topics.AsSpan());
    }
}

/// <summary>Adds a topic. Reply: <see cref="VsrTopicDetails"/>.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="PartitionsCount">0 to 1000.</param>
/// <param name="Name">1 to 255 bytes.</param>
/// <param name="Options">What is set.</param>
public readonly record struct VsrCreateTopicRequest(Identifier Stream, uint PartitionsCount, string Name, TopicOptions Options)
    : IWireRequest<VsrCreateTopicRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.CreateTopic;

    /// <inheritdoc/>
    public static VsrCreateTopicRequest Read(ref WireReader reader) =>
        new(reader.Identifier(), reader.U32(), reader.Name(), ReadOptions(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.U32(PartitionsCount);
        writer.Name(Name);
        OptionsBlock.Write(writer, Options.ToPairs());
    }

    internal static TopicOptions ReadOptions(ref WireReader reader)
    {
        if (TopicOptions.TryRead(reader.Rest(), out var options) is var fault and not IggyError.None)
            reader.Fail(fault);
        return options;
    }
}

/// <summary>Changes the name of a topic and the settings that are given; the others stay.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Name">1 to 255 bytes, the present one to keep it.</param>
/// <param name="Options">What is set; those that hold for good are <see cref="IggyError.InvalidOptionValue"/>.</param>
public readonly record struct VsrUpdateTopicRequest(Identifier Stream, Identifier Topic, string Name, TopicOptions Options) : IWireRequest<VsrUpdateTopicRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.UpdateTopic;

    /// <inheritdoc/>
    public static VsrUpdateTopicRequest Read(ref WireReader reader)
    {
        VsrUpdateTopicRequest request = new(reader.Identifier(), reader.Identifier(), reader.Name(), VsrCreateTopicRequest.ReadOptions(ref reader));
        if (request.Options.HasFixed)
            reader.Fail(IggyError.InvalidOptionValue);
        return request;
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.Name(Name);
        OptionsBlock.Write(writer, Options.ToPairs());
    }
}
