using System.Buffers;
using Iggy.Gateway.Wire.Transports;

namespace Iggy.Gateway.Tests;

public sealed class ReplyBufferTests
{
    [Fact]
    public void Write_FarMoreThanTheFirstArray_KeepsHeadroomAndBytes()
    {
        using var reply = new ReplyBuffer(8);
        var payload = new byte[300_000];
        new Random(1).NextBytes(payload);
        foreach (var chunk in payload.Chunk(777))
            reply.Write(chunk);
        Assert.Equal(payload.Length, reply.PayloadBytes);
        Assert.Equal(payload, reply.Frame[8..].ToArray());

        reply.Clear();
        Assert.Equal(0, reply.PayloadBytes);
        Assert.Equal(8, reply.Frame.Length);
        reply.Write<byte>([1, 2]);
        Assert.Equal([1, 2], reply.Frame[8..].ToArray());
    }

    [Fact]
    public void Advance_OutsideOfWhatWasGiven_Throws()
    {
        using var reply = new ReplyBuffer(8);
        var room = reply.GetSpan(1).Length;
        Assert.Throws<ArgumentOutOfRangeException>(() => reply.Advance(room + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => reply.Advance(-1));
    }
}
