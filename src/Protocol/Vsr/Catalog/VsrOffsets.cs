using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Vsr;

/// <summary>When an offset counts as stored. A single server treats all alike.</summary>
public enum OffsetAck : byte
{
    /// <summary>When the leader has it.</summary>
    Leader = 0,

    /// <summary>When most servers have it.</summary>
    Quorum = 1,
}

/// <summary>A request to store or forget an offset, as it lies in a body: as in the classic dialect, then a byte of <see cref="OffsetAck"/>.</summary>
public readonly ref struct VsrOffsetView
{
    /// <summary>Who and where. The partition must be given.</summary>
    public ConsumerAddressView Address { get; private init; }

    /// <summary>Of the last message handled; 0 in a request to forget it.</summary>
    public ulong Offset { get; private init; }

    /// <summary>Reads the body of a store.</summary>
    /// <param name="body">What to read.</param>
    /// <param name="request">What was read.</param>
    /// <param name="mayBeExternal">Whether <see cref="ConsumerKind.External"/> is known.</param>
    /// <returns>As every <c>TryRead</c>; <see cref="IggyError.InvalidCommand"/> also for an unknown acknowledgement.</returns>
    public static IggyError TryReadStore(ReadOnlySpan<byte> body, out VsrOffsetView request, bool mayBeExternal = false)
    {
        var reader = new WireReader(body);
        request = new() { Address = ConsumerAddressView.Read(ref reader, mayBeExternal), Offset = reader.U64() };
        return ReadAck(ref reader);
    }

    /// <summary>Reads the body of a delete.</summary>
    /// <param name="body">What to read.</param>
    /// <param name="request">What was read.</param>
    /// <param name="mayBeExternal">Whether <see cref="ConsumerKind.External"/> is known.</param>
    /// <returns>As <see cref="TryReadStore"/>.</returns>
    public static IggyError TryReadDelete(ReadOnlySpan<byte> body, out VsrOffsetView request, bool mayBeExternal = false)
    {
        var reader = new WireReader(body);
        request = new() { Address = ConsumerAddressView.Read(ref reader, mayBeExternal) };
        return ReadAck(ref reader);
    }

    private static IggyError ReadAck(ref WireReader reader)
    {
        if ((OffsetAck)reader.U8() > OffsetAck.Quorum)
            reader.Fail(IggyError.InvalidCommand);
        return reader.Error;
    }
}
