using CsCheck;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>Nothing that comes over the wire makes a decoder throw. A span can't be left, so what would read outside throws too.</summary>
public class HostileInputTests
{
    // Goal: a cut request is refused. Method: every captured one, at every byte before its last field ends.
    [Fact]
    public void Requests_CutAtEveryByte_AreRefused()
    {
        foreach (var vector in Vectors.Requests.Where(vector => RequestCodecs.All.ContainsKey(vector.Code)))
        {
            var decode = RequestCodecs.All[vector.Code];
            var whole = decode(vector.Payload);
            var fieldsEnd = whole.Error is IggyError.None ? whole.Written.Length : vector.Payload.Length;
            for (var length = 0; length < fieldsEnd; length++)
                Assert.True(decode(vector.Payload.AsSpan(0, length)).Error is not IggyError.None, $"{vector.Where} cut at {length}");
        }
    }

    // Lists are whole after each record, so a cut need not be a fault there; it must not throw.
    [Fact]
    public void Replies_CutAtEveryByte_DoNotThrow()
    {
        foreach (var vector in Vectors.Replies.Where(vector => ReplyCodecs.All.ContainsKey(vector.Code)))
        {
            for (var length = 0; length < vector.Payload.Length; length++)
            {
                var (error, written) = ReplyCodecs.All[vector.Code](vector.Payload.AsSpan(0, length));
                Assert.True(error is not IggyError.None || written.AsSpan().SequenceEqual(vector.Payload.AsSpan(0, length)), $"{vector.Where} cut at {length}");
            }
        }
    }

    [Fact]
    public void Requests_RandomBytes_DoNotThrow() => Gen.Byte.Array[0, 200].Sample(payload =>
    {
        foreach (var decode in RequestCodecs.All.Values)
            AssertRefusedOrKept(decode(payload), payload);
    });

    // Random bytes seldom get far, so sound requests are spoilt in one place as well.
    [Fact]
    public void Requests_OneByteSpoilt_DoNotThrow() =>
        Gen.Select(Gen.Int[0, Vectors.Requests.Count - 1], Gen.Int[0, 2000], Gen.Byte).Sample((line, at, value) =>
        {
            var vector = Vectors.Requests[line];
            if (vector.Payload.Length == 0 || !RequestCodecs.All.TryGetValue(vector.Code, out var decode))
                return;
            byte[] spoilt = [.. vector.Payload];
            spoilt[at % spoilt.Length] = value;
            AssertRefusedOrKept(decode(spoilt), spoilt);
        }, iter: 5000);

    [Fact]
    public void Replies_RandomBytes_DoNotThrow() => Gen.Byte.Array[0, 200].Sample(payload =>
    {
        foreach (var decode in ReplyCodecs.All.Values)
            Assert.True(decode(payload) is var (error, written) && (error is IggyError.None || written.Length == 0));
    });

    [Fact]
    public void Messages_RandomBytes_DoNotThrow() => Gen.Byte.Array[0, 400].Sample(block =>
    {
        var total = 0;
        var messages = new ClassicMessageEnumerator(block);
        while (messages.MoveNext())
            total += messages.Current.Bytes.Length;
        return (messages.Error is IggyError.None) == (total == block.Length);
    });

    [Fact]
    public void UserHeaders_RandomBytes_DoNotThrow() => Gen.Byte.Array[0, 60].Sample(block =>
    {
        var total = 0;
        var headers = new UserHeaderEnumerator(block);
        while (headers.MoveNext())
            total += 10 + headers.Key.Bytes.Length + headers.Value.Bytes.Length;
        return (headers.Error is IggyError.None) == (total == block.Length);
    });

    // Goal: a count is judged by what is there before anything is allocated by it.
    [Theory]
    [InlineData(CommandCode.GetClusterMetadata, "00000000ffffffff")]
    [InlineData(CommandCode.GetTopic, "000000000000000000000000ffffffff000000000000000000000000000000000000000000000000000000000000000000000161")]
    [InlineData(CommandCode.GetStream, "000000000000000000000000ffffffff000000000000000000000000000000000161")]
    [InlineData(CommandCode.GetConsumerGroup, "0000000000000000ffffffff0161")]
    [InlineData(CommandCode.GetConsumerGroup, "000000000000000001000000016100000000ffffffff")]
    [InlineData(CommandCode.GetMe, "000000000000000001000000 00ffffffff")]
    public void Replies_HugeCount_AreRefused(CommandCode code, string hex)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var (error, _) = ReplyCodecs.All[code](Bytes.Hex(hex));
        Assert.Equal(IggyError.InvalidCommand, error);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
    }

    private static void AssertRefusedOrKept(Decoded decoded, byte[] payload) =>
        Assert.True(decoded.Error is not IggyError.None || decoded.Written.Length <= payload.Length, $"{Convert.ToHexString(payload)} became {Convert.ToHexString(decoded.Written)}");
}
