using Iggy.Ui.Messages;

namespace Iggy.Ui.Tests;

public sealed class TailBufferTests
{
    [Fact]
    public void Add_BeyondTheMessages_KeepsTheNewest()
    {
        var buffer = new TailBuffer();
        for (var i = 0UL; i < TailBuffer.MostMessages * 3; i++)
            buffer.Add(Message(i, 10));
        Assert.Equal(TailBuffer.MostMessages, buffer.Count);
        Assert.Equal((ulong)TailBuffer.MostMessages * 3 - 1, buffer.Messages.First().Offset);
        Assert.Equal((ulong)TailBuffer.MostMessages * 3, buffer.Shown);
    }

    [Fact]
    public void Add_BeyondTheBytes_KeepsTheNewest_AndOneAtLeast()
    {
        var buffer = new TailBuffer();
        for (var i = 0UL; i < 100; i++)
        {
            buffer.Add(Message(i, 20_000));
            Assert.InRange(buffer.Bytes, 1, TailBuffer.MostBytes);
        }
        buffer.Add(Message(100, TailBuffer.MostBytes + 1));
        Assert.Equal(100ul, Assert.Single(buffer.Messages).Offset);
    }

    [Fact]
    public void Clear_BeginsAnew()
    {
        var buffer = new TailBuffer();
        buffer.Add(Message(1, 10));
        buffer.LeaveOut(5);
        buffer.Refuse();
        Assert.Equal((1ul, 5ul, 1ul), (buffer.Shown, buffer.LeftOut, buffer.Unwanted));
        buffer.Clear();
        Assert.Equal((0, 0, 0ul, 0ul, 0ul), (buffer.Count, buffer.Bytes, buffer.Shown, buffer.LeftOut, buffer.Unwanted));
    }

    [Theory]
    [InlineData("", "", "", true)]
    [InlineData("shop", "", "", true)]
    [InlineData("shop", "nor", "", true)]
    [InlineData("", "north", "", true)]
    [InlineData("shop", "south", "", false)]
    [InlineData("region", "", "", false)]
    [InlineData("", "", "tea", true)]
    [InlineData("shop", "north", "coffee", false)]
    public void Filter_FitsByHeaderAndText(string name, string value, string text, bool expected)
    {
        var headers = new System.Buffers.ArrayBufferWriter<byte>();
        Assert.True(HeaderView.TryWrite("shop: north", headers, out _));
        var message = new ConsoleMessage(0, 0, 0, 0, 0, "a cup of tea"u8.ToArray(), 12, headers.WrittenMemory);
        Assert.Equal(expected, new MessageFilter(name, value, text).Fits(message));
    }

    private static ConsoleMessage Message(ulong offset, int bytes) => new(0, offset, 0, 0, 0, new byte[bytes], bytes, default);
}
