namespace Iggy.Protocol.Classic;

/// <summary>Reads messages. Reply: <see cref="PollMessagesReply"/>, never empty. For the hot path read a <see cref="PollMessagesView"/> instead.</summary>
/// <param name="Address">Who and where; no partition means partition 0, for a group the member's next one.</param>
/// <param name="Strategy">Where to start.</param>
/// <param name="Count">Most messages to return.</param>
/// <param name="AutoCommit">Store the offset of the last message returned, before the reply.</param>
public readonly record struct PollMessagesRequest(ConsumerAddress Address, PollingStrategy Strategy, uint Count, bool AutoCommit)
    : IWireRequest<PollMessagesRequest>
{
    /// <inheritdoc/>
    public static CommandCode Code => CommandCode.PollMessages;

    /// <inheritdoc/>
    public static PollMessagesRequest Read(ref WireReader reader) =>
        new(ConsumerAddress.Read(ref reader), PollingStrategy.Read(ref reader), reader.U32(), reader.Boolean());

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        Address.Write(writer);
        Strategy.Write(writer);
        writer.U32(Count);
        writer.Boolean(AutoCommit);
    }
}

/// <summary>A <see cref="PollMessagesRequest"/> as it lies in a payload; allocates nothing and lives as long as the payload.</summary>
public readonly ref struct PollMessagesView
{
    /// <summary>Who and where.</summary>
    public ConsumerAddressView Address { get; private init; }

    /// <summary>Where to start.</summary>
    public PollingStrategy Strategy { get; private init; }

    /// <summary>Most messages to return.</summary>
    public uint Count { get; private init; }

    /// <summary>Store the offset of the last message returned, before the reply.</summary>
    public bool AutoCommit { get; private init; }

    /// <summary>Reads a payload.</summary>
    /// <returns>As every <c>TryRead</c>.</returns>
    public static IggyError TryRead(ReadOnlySpan<byte> payload, out PollMessagesView request) => TryRead(payload, out request, out _);

    /// <summary>As the other.</summary>
    /// <param name="payload">What to read.</param>
    /// <param name="request">What was read.</param>
    /// <param name="read">Bytes of it; released clients may send more.</param>
    public static IggyError TryRead(ReadOnlySpan<byte> payload, out PollMessagesView request, out int read)
    {
        var reader = new WireReader(payload);
        request = new()
        {
            Address = ConsumerAddressView.Read(ref reader),
            Strategy = PollingStrategy.Read(ref reader),
            Count = reader.U32(),
            AutoCommit = reader.Boolean(),
        };
        read = reader.Position;
        return reader.Error;
    }
}
