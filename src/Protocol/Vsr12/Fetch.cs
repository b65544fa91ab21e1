using System.Collections.Immutable;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Vsr12;

/// <summary>One partition of a fetch. 33 bytes.</summary>
/// <param name="PartitionId">From 0, each once.</param>
/// <param name="Strategy">At an offset, or after the stored one.</param>
/// <param name="MaxBytes">Most bytes of its part of the reply.</param>
/// <param name="Incarnation">As in the header of a poll.</param>
/// <param name="OwnerGeneration">As in the header of a poll.</param>
public readonly record struct FetchTarget(uint PartitionId, PollingStrategy Strategy, uint MaxBytes, ulong Incarnation, ulong OwnerGeneration) : IWireValue<FetchTarget>
{
    /// <summary>Bytes of a target.</summary>
    public const int SizeInBytes = 33;

    /// <inheritdoc/>
    public static FetchTarget Read(ref WireReader reader) => new(reader.U32(), PollingStrategy.Read(ref reader), reader.U32(), reader.U64(), reader.U64());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(PartitionId);
        Strategy.Write(writer);
        writer.U32(MaxBytes);
        writer.U64(Incarnation);
        writer.U64(OwnerGeneration);
    }
}

/// <summary>Reads from several partitions of one topic. Reply: <see cref="FetchSection"/>s and their records.</summary>
/// <param name="Consumer">Who reads.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Patience">Of all targets together.</param>
/// <param name="Count">Most messages of all targets together.</param>
/// <param name="AutoCommit">Store the offset of the last message of each target, before the reply.</param>
/// <param name="Targets">1 to 1000.</param>
public sealed record FetchRequest(
    Consumer Consumer, Identifier Stream, Identifier Topic, ReadPatience Patience, uint Count, bool AutoCommit, ImmutableArray<FetchTarget> Targets)
    : IWireRequest<FetchRequest>
{
    /// <summary>Most targets of one request.</summary>
    public const int MostTargets = 1000;

    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.FetchMessages;

    /// <inheritdoc/>
    public static FetchRequest Read(ref WireReader reader)
    {
        var (consumer, stream, topic) = (Consumer.Read(ref reader), reader.Identifier(), reader.Identifier());
        var (wait, timeout, minCount, count, maxBytes) = (reader.U64(), reader.U64(), reader.U32(), reader.U32(), reader.U32());
        var (autoCommit, targets) = (reader.U8(), reader.U32());
        if (targets > MostTargets || autoCommit > 1)
            reader.Fail(IggyError.InvalidCommand);
        FetchRequest request = new(
            consumer, stream, topic, new(wait, minCount, maxBytes, timeout), count, autoCommit == 1,
            reader.Error is IggyError.None ? WireRecords.Read<FetchTarget>(ref reader, targets, FetchTarget.SizeInBytes) : []);
        if (!request.IsValid() || !reader.IsAtEnd)
            reader.Fail(IggyError.InvalidCommand);
        return request;
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        Consumer.Write(writer);
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.U64(Patience.WaitMicros);
        writer.U64(Patience.TimeoutMicros);
        writer.U32(Patience.MinCount);
        writer.U32(Count);
        writer.U32(Patience.MaxBytes);
        writer.Boolean(AutoCommit);
        writer.U32((uint)Targets.Length);
        writer.Records(Targets.AsSpan());
    }

    private bool IsValid()
    {
        if (Targets.IsEmpty || !Patience.IsValid(Count, demandsSpare: true))
            return false;
        var seen = new HashSet<uint>(Targets.Length);
        foreach (var target in Targets)
        {
            if (target.Strategy.Kind is not (PollingKind.Offset or PollingKind.Next) || target.MaxBytes < ReadPatience.LeastBytes || target.MaxBytes > Patience.MaxBytes
                || !seen.Add(target.PartitionId))
                return false;
        }
        return true;
    }
}

/// <summary>What became of one target: an entry of the table in front of all records. 56 bytes.</summary>
/// <param name="PartitionId">Of the target.</param>
/// <param name="Status">Why nothing was read, if it is one.</param>
/// <param name="CurrentOffset">Offset of the partition's last message; 0 when it is empty.</param>
/// <param name="MessagesCount">Messages of this target.</param>
/// <param name="Context">As in front of a poll's records.</param>
/// <param name="NextOffset">Where the next fetch of this partition starts.</param>
/// <param name="RecordsBytes">Bytes of its records.</param>
public readonly record struct FetchSection(
    uint PartitionId, IggyError Status, ulong CurrentOffset, uint MessagesCount, PartitionContext Context, ulong NextOffset, uint RecordsBytes) : IWireValue<FetchSection>
{
    /// <summary>Bytes of an entry.</summary>
    public const int SizeInBytes = 56;

    /// <inheritdoc/>
    public static FetchSection Read(ref WireReader reader) => new(
        reader.U32(), (IggyError)reader.U32(), reader.U64(), reader.U32(), PartitionContext.Read(ref reader), reader.U64(), reader.U32());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(PartitionId);
        writer.U32((uint)Status);
        writer.U64(CurrentOffset);
        writer.U32(MessagesCount);
        Context.Write(writer);
        writer.U64(NextOffset);
        writer.U32(RecordsBytes);
    }
}

/// <summary>The table of a fetch's reply: u32 count, then the entries; the records of all of them follow in the same order.</summary>
/// <param name="Sections">At most one a target.</param>
public sealed record FetchTable(ImmutableArray<FetchSection> Sections) : IWireValue<FetchTable>
{
    /// <inheritdoc/>
    public static FetchTable Read(ref WireReader reader) => new(WireRecords.Read<FetchSection>(ref reader, reader.U32(), FetchSection.SizeInBytes));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32((uint)Sections.Length);
        writer.Records(Sections.AsSpan());
    }
}
