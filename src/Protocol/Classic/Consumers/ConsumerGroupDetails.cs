using System.Collections.Immutable;

namespace Iggy.Protocol.Classic;

/// <summary>A consumer group as replies carry it; the name starts at byte 12.</summary>
/// <param name="Id">From 0.</param>
/// <param name="PartitionsCount">Partitions of the topic.</param>
/// <param name="MembersCount">Members now.</param>
/// <param name="Name">1 to 255 bytes.</param>
public readonly record struct ConsumerGroupRecord(uint Id, uint PartitionsCount, uint MembersCount, string Name) : IWireValue<ConsumerGroupRecord>
{
    /// <inheritdoc/>
    public static ConsumerGroupRecord Read(ref WireReader reader) => new(reader.U32(), reader.U32(), reader.U32(), reader.Name());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(Id);
        writer.U32(PartitionsCount);
        writer.U32(MembersCount);
        writer.Name(Name);
    }
}

/// <summary>A member of a group: u32 id, u32 count, the ids of its partitions.</summary>
/// <param name="Id">Given by the group, from 0; not the client id.</param>
/// <param name="Partitions">What it reads; empty when there are more members than partitions.</param>
public sealed record ConsumerGroupMember(uint Id, ImmutableArray<uint> Partitions) : IWireValue<ConsumerGroupMember>
{
    internal const int MinSizeInBytes = 8;

    /// <inheritdoc/>
    public static ConsumerGroupMember Read(ref WireReader reader)
    {
        var id = reader.U32();
        var partitions = ImmutableArray.CreateBuilder<uint>(reader.Count(sizeof(uint)));
        for (var left = partitions.Capacity; left > 0; left--)
            partitions.Add(reader.U32());
        return new(id, partitions.DrainToImmutable());
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(Id);
        writer.U32((uint)Partitions.Length);
        foreach (var partition in Partitions)
            writer.U32(partition);
    }
}

/// <summary>Reply to <see cref="GetConsumerGroupRequest"/>: a group and its members.</summary>
/// <param name="Group">The group.</param>
/// <param name="Members">As many as <see cref="ConsumerGroupRecord.MembersCount"/> says.</param>
public sealed record ConsumerGroupDetails(ConsumerGroupRecord Group, ImmutableArray<ConsumerGroupMember> Members)
    : IWireValue<ConsumerGroupDetails>
{
    /// <inheritdoc/>
    public static ConsumerGroupDetails Read(ref WireReader reader)
    {
        var group = ConsumerGroupRecord.Read(ref reader);
        return new(group, WireRecords.Read<ConsumerGroupMember>(ref reader, group.MembersCount, ConsumerGroupMember.MinSizeInBytes));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The count is another.</exception>
    public void Write(WireWriter writer)
    {
        Group.Write(writer);
        WireRecords.Write(writer, Members, Group.MembersCount);
    }
}
