using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>Compares a worked example, a whole frame in hex, with what the codecs make of it, in both directions.</summary>
internal static class Example
{
    /// <summary>2025-11-24 16:00 UTC, the time of the examples.</summary>
    public const ulong T = 1_764_000_000_000_000;

    public static readonly Identifier Orders = new("orders");

    public static readonly Identifier Events = new("events");

    public static readonly Consumer One = new(ConsumerKind.Single, new(1));

    public static void Request<T>(string hex, T expected) where T : struct, IWireRequest<T>
    {
        var payload = RequestPayload(hex, T.Code);
        Assert.Equal(IggyError.None, WireValues.TryRead<T>(payload, out var request));
        Assert.Equivalent(expected, request, strict: true);
        Assert.Equal(payload, Bytes.Of(expected));
    }

    public static void Reply<T>(string hex, T expected) where T : IWireValue<T>
    {
        var payload = ReplyPayload(hex);
        Assert.Equal(IggyError.None, WireValues.TryRead<T>(payload, out var reply));
        Assert.Equivalent(expected, reply, strict: true);
        Assert.Equal(payload, Bytes.Of(expected));
    }

    public static void Empty(string hex, CommandCode code) => Assert.Empty(RequestPayload(hex, code));

    public static void Error(string hex, IggyError expected)
    {
        var frame = Bytes.Hex(hex);
        Assert.Equal(new ReplyHead(expected, 0), ReplyHead.Read(frame));
        Assert.Equal(frame, ReplyHeadOf(expected, 0));
    }

    public static byte[] RequestPayload(string hex, CommandCode code)
    {
        var frame = Bytes.Hex(hex);
        var head = RequestHead.Read(frame);
        Assert.True(head.HasCode);
        Assert.Equal(code, head.Code);
        Assert.Equal((uint)(frame.Length - RequestHead.SizeInBytes), head.PayloadBytes);

        var written = new byte[RequestHead.SizeInBytes];
        RequestHead.Write(written, code, head.PayloadBytes);
        Assert.Equal(frame[..RequestHead.SizeInBytes], written);
        return frame[RequestHead.SizeInBytes..];
    }

    public static byte[] ReplyPayload(string hex)
    {
        var frame = Bytes.Hex(hex);
        var head = new ReplyHead(IggyError.None, (uint)(frame.Length - ReplyHead.SizeInBytes));
        Assert.Equal(head, ReplyHead.Read(frame));
        Assert.Equal(frame[..ReplyHead.SizeInBytes], ReplyHeadOf(head.Status, head.PayloadBytes));
        return frame[ReplyHead.SizeInBytes..];
    }

    private static byte[] ReplyHeadOf(IggyError status, uint payloadBytes)
    {
        var head = new byte[ReplyHead.SizeInBytes];
        ReplyHead.Write(head, status, payloadBytes);
        return head;
    }
}
