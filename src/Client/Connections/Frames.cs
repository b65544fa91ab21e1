using Iggy.Primitives;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Connections;

/// <summary>Whole request frames of the classic dialect.</summary>
internal static class Frames
{
    /// <summary>Encodes a request.</summary>
    /// <returns>The frame, owned by the caller.</returns>
    /// <exception cref="ArgumentException">A value that the protocol can't carry.</exception>
    public static PooledBuffer Encode<TBody>(CommandCode code, TBody body) where TBody : IWireValue<TBody>
    {
        var frame = Begin();
        try
        {
            body.Write(new WireWriter(frame));
            return Finish(frame, code);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    /// <summary>A buffer with room for the head.</summary>
    public static PooledBuffer Begin()
    {
        var frame = new PooledBuffer();
        frame.GetSpan(RequestHead.SizeInBytes)[..RequestHead.SizeInBytes].Clear();
        frame.Advance(RequestHead.SizeInBytes);
        return frame;
    }

    /// <summary>Writes the head, now that the length is known.</summary>
    public static PooledBuffer Finish(PooledBuffer frame, CommandCode code)
    {
        RequestHead.Write(frame.WrittenSpan, code, (uint)(frame.Length - RequestHead.SizeInBytes));
        return frame;
    }
}

/// <summary>A reply that is bytes and nothing else.</summary>
internal readonly record struct RawBytes(byte[] Bytes) : IWireValue<RawBytes>
{
    /// <inheritdoc/>
    public static RawBytes Read(ref WireReader reader) => new(reader.Rest().ToArray());

    /// <inheritdoc/>
    public void Write(WireWriter writer) => writer.Bytes(Bytes);
}

/// <summary>The body of a command that has none.</summary>
internal readonly struct NoBody : IWireValue<NoBody>
{
    /// <inheritdoc/>
    public static NoBody Read(ref WireReader reader) => default;

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
    }
}
