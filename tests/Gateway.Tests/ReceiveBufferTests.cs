using CsCheck;
using Iggy.Gateway.Wire.Transports;

namespace Iggy.Gateway.Tests;

public sealed class ReceiveBufferTests
{
    // Goal: whatever the chunks and whatever is asked for, the bytes come out in order and none is lost. Method: random chunks, and a random
    // walk of peeks, consumes, skips and abandons over them, against the plain concatenation.
    [Fact]
    public void Fill_AnyChunksAndRequests_KeepsEveryByteInOrder() =>
        Gen.Select(Gen.Int[1, 90_000].Array[1, 12], Gen.Select(Gen.Int[0, 3], Gen.Int[0, 200_000]).Array[1, 30]).SampleAsync(async (sizes, steps) =>
        {
            var stream = new ScriptedStream();
            var whole = new byte[sizes.Sum()];
            new Random(sizes.Length).NextBytes(whole);
            var at = 0;
            foreach (var size in sizes)
            {
                stream.Client(whole[at..(at + size)]);
                at += size;
            }
            stream.ClientLeaves();

            using var buffer = new ReceiveBuffer(stream);
            var position = 0;
            foreach (var (kind, wanted) in steps)
            {
                if (kind == 0)
                {
                    buffer.Abandon();
                    continue;
                }
                var isThere = kind == 1 ? await buffer.SkipAsync(wanted) : await buffer.FillAsync(wanted);
                if (isThere != wanted <= whole.Length - position)
                    return false;
                if (!isThere)
                    return true;
                if (kind > 1 && !buffer.Peek(wanted).Span.SequenceEqual(whole.AsSpan(position, wanted)))
                    return false;
                if (kind == 2)
                    buffer.Consume(wanted);
                position += kind is 1 or 2 ? wanted : 0;
            }
            return true;
        });

    [Fact]
    public async Task Abandon_LentBytes_StayAsTheyWere()
    {
        var stream = new ScriptedStream();
        stream.Client([1, 2, 3, 4], [5, 6, 7, 8]);
        using var buffer = new ReceiveBuffer(stream);
        Assert.True(await buffer.FillAsync(4));
        var lent = buffer.Peek(4);
        buffer.Consume(4);
        buffer.Abandon();
        Assert.True(await buffer.FillAsync(4));
        Assert.Equal([1, 2, 3, 4], lent.ToArray());
        Assert.Equal([5, 6, 7, 8], buffer.Peek(4).ToArray());
    }

    [Fact]
    public void PeekAndConsume_MoreThanIsThere_Throw()
    {
        using var buffer = new ReceiveBuffer(new ScriptedStream());
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Peek(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Consume(1));
    }
}
