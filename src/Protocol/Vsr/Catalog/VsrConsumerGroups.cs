using System.Collections.Immutable;

namespace Iggy.Protocol.Vsr;

/// <summary>Asks what the client reads for a group. Reply: <see cref="SyncConsumerGroupReply"/>, or nothing for no member.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Group">The group.</param>
public readonly record struct SyncConsumerGroupRequest(Identifier Stream, Identifier Topic, Identifier Group) : IWireRequest<SyncConsumerGroupRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.SyncConsumerGroup;

    /// <inheritdoc/>
    public static SyncConsumerGroupRequest Read(ref WireReader reader) => new(reader.Identifier(), reader.Identifier(), reader.Identifier());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.Identifier(Stream);
        writer.Identifier(Topic);
        writer.Identifier(Group);
    }
}

/// <summary>What a member reads.</summary>
/// <param name="Generation">Grows with every change of the group.</param>
/// <param name="Partitions">May be none.</param>
public sealed record SyncConsumerGroupReply(ulong Generation, ImmutableArray<uint> Partitions) : IWireValue<SyncConsumerGroupReply>
{
    /// <inheritdoc/>
    public static SyncConsumerGroupReply Read(ref WireReader reader)
    {
        var generation = reader.U64();
        var partitions = ImmutableArray.CreateBuilder<uint>(reader.Count(sizeof(uint)));
        for (var left = partitions.Capacity; left > 0; left--)
            partitions.Add(reader.U32());
        return new(generation, partitions.DrainToImmutable());
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U64(Generation);
        writer.U32((uint)Partitions.Length);
        foreach (var partition in Partitions)
            writer.U32(partition);
    }
}
