using System.Collections.Immutable;

namespace Iggy.Protocol.Classic;

/// <summary>A client as replies carry it.</summary>
/// <param name="ClientId">Not 0.</param>
/// <param name="UserId"><see cref="ProtocolLimits.NoUser"/> when it is not logged in.</param>
/// <param name="Transport">How it is connected.</param>
/// <param name="Address">Its <c>ip:port</c>.</param>
/// <param name="ConsumerGroupsCount">Groups it has joined.</param>
public readonly record struct ClientRecord(uint ClientId, uint UserId, TransportKind Transport, string Address, uint ConsumerGroupsCount)
    : IWireValue<ClientRecord>
{
    /// <inheritdoc/>
    public static ClientRecord Read(ref WireReader reader) =>
        new(reader.U32(), reader.U32(), (TransportKind)reader.U8(), reader.Str32(), reader.U32());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(ClientId);
        writer.U32(UserId);
        writer.U8((byte)Transport);
        writer.Str32(Address);
        writer.U32(ConsumerGroupsCount);
    }
}

/// <summary>A group that a client has joined: 12 bytes.</summary>
/// <param name="StreamId">The stream.</param>
/// <param name="TopicId">The topic.</param>
/// <param name="GroupId">The group.</param>
public readonly record struct ClientGroup(uint StreamId, uint TopicId, uint GroupId) : IWireValue<ClientGroup>
{
    internal const int SizeInBytes = 12;

    /// <inheritdoc/>
    public static ClientGroup Read(ref WireReader reader) => new(reader.U32(), reader.U32(), reader.U32());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        writer.U32(StreamId);
        writer.U32(TopicId);
        writer.U32(GroupId);
    }
}

/// <summary>Reply to <see cref="CommandCode.GetMe"/> and <see cref="GetClientRequest"/>.</summary>
/// <param name="Client">The client.</param>
/// <param name="Groups">As many as <see cref="ClientRecord.ConsumerGroupsCount"/> says.</param>
public sealed record ClientDetails(ClientRecord Client, ImmutableArray<ClientGroup> Groups) : IWireValue<ClientDetails>
{
    /// <inheritdoc/>
    public static ClientDetails Read(ref WireReader reader)
    {
        var client = ClientRecord.Read(ref reader);
        return new(client, WireRecords.Read<ClientGroup>(ref reader, client.ConsumerGroupsCount, ClientGroup.SizeInBytes));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The count is another.</exception>
    public void Write(WireWriter writer)
    {
        Client.Write(writer);
        WireRecords.Write(writer, Groups, Client.ConsumerGroupsCount);
    }
}
