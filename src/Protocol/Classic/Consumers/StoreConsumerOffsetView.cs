namespace Iggy.Protocol.Classic;

/// <summary>A <see cref="StoreConsumerOffsetRequest"/> as it lies in a payload; allocates nothing and lives as long as the payload.</summary>
public readonly ref struct StoreConsumerOffsetView
{
    /// <summary>Who and where.</summary>
    public ConsumerAddressView Address { get; private init; }

    /// <summary>Of the last message handled.</summary>
    public ulong Offset { get; private init; }

    /// <summary>Reads a payload.</summary>
    /// <returns>As every <c>TryRead</c>.</returns>
    public static IggyError TryRead(ReadOnlySpan<byte> payload, out StoreConsumerOffsetView request)
    {
        var reader = new WireReader(payload);
        request = new() { Address = ConsumerAddressView.Read(ref reader), Offset = reader.U64() };
        return reader.Error;
    }
}
