using System.Buffers;
using System.Text;
using CsCheck;
using Iggy.Protocol;
using Iggy.Ui.Messages;

namespace Iggy.Ui.Tests;

public sealed class PayloadTextTests
{
    [Theory]
    [InlineData("""{"a":1}""", nameof(PayloadView.Json))]
    [InlineData("""[1,2]""", nameof(PayloadView.Json))]
    [InlineData("{not json", nameof(PayloadView.Text))]
    [InlineData("grüße\n", nameof(PayloadView.Text))]
    [InlineData("a\0b", nameof(PayloadView.Hex))]
    public void Fitting_IsWhatItLooksLike(string payload, string expected) => Assert.Equal(expected, PayloadText.Fitting(Encoding.UTF8.GetBytes(payload)).ToString());

    [Fact]
    public void Show_OfBytesThatAreNoText_IsHex()
    {
        Assert.Equal(PayloadView.Hex, PayloadText.Fitting([0xff, 0xfe, 0x41]));
        Assert.StartsWith("00000000  ff fe 41", PayloadText.Show([0xff, 0xfe, 0x41], PayloadView.Auto), StringComparison.Ordinal);
        Assert.EndsWith("..A\n", PayloadText.Show([0xff, 0xfe, 0x41], PayloadView.Auto), StringComparison.Ordinal);
    }

    // Goal: a page stays small, whatever lies in a topic.
    [Theory]
    [InlineData(nameof(PayloadView.Auto))]
    [InlineData(nameof(PayloadView.Text))]
    [InlineData(nameof(PayloadView.Json))]
    [InlineData(nameof(PayloadView.Hex))]
    public void Show_OfAHugePayload_IsCut(string view)
    {
        var payload = Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Repeat("1", 4_000_000)) + "]");
        Assert.InRange(PayloadText.Show(payload, Enum.Parse<PayloadView>(view)).Length, 1000, PayloadText.MostShownBytes * 5 + 2);
        Assert.InRange(PayloadText.Glimpse(payload).Length, 100, 161);
    }

    // Goal: no bytes bring a page down. Method: any bytes at all, in each view.
    [Fact]
    public void AnyBytes_AreShown() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        foreach (var view in Enum.GetValues<PayloadView>())
            Assert.NotNull(PayloadText.Show(bytes, view));
        Assert.DoesNotContain('\n', PayloadText.Glimpse(bytes));
        Assert.NotNull(HeaderView.Read(bytes));
        Assert.True(PayloadText.TryReadHex(Convert.ToHexString(bytes), out var again));
        Assert.Equal(bytes, again);
    });

    [Fact]
    public void Headers_TypedIn_AreRead()
    {
        var block = new ArrayBufferWriter<byte>();
        Assert.True(HeaderView.TryWrite("shop: north : 1\n\n trace-id:  42 ", block, out _));
        Assert.Equal([new HeaderView("shop", "Text", "north : 1"), new HeaderView("trace-id", "Text", "42")], HeaderView.Read(block.WrittenSpan));
        Assert.False(HeaderView.TryWrite("no value:", new ArrayBufferWriter<byte>(), out var trouble));
        Assert.Contains("no value:", trouble, StringComparison.Ordinal);
    }

    // Goal: numbers of every kind are told as numbers.
    [Fact]
    public void Headers_OfEveryKind_AreToldInWords()
    {
        var block = new ArrayBufferWriter<byte>();
        var writer = new UserHeadersWriter(block);
        writer.Add("flag", true);
        writer.Add("small", (sbyte)-5);
        writer.Add("large", UInt128.MaxValue);
        writer.Add("half", 0.5);
        writer.AddRaw("raw", [1, 255]);
        Assert.Equal(["true", "-5", "340282366920938463463374607431768211455", "0.5", "0x01FF"], HeaderView.Read(block.WrittenSpan).Select(static header => header.Value));
    }

    // Goal: a dead letter goes back as it was. Method: what the client's hosting adds is added, and taken off.
    [Fact]
    public void DeadLetter_WithoutItsMarks_IsTheMessageAsItWas()
    {
        var own = new ArrayBufferWriter<byte>();
        new UserHeadersWriter(own).Add("shop", 7);
        var marked = new ArrayBufferWriter<byte>();
        marked.Write(own.WrittenSpan);
        var marks = new UserHeadersWriter(marked);
        marks.Add("iggy-dlq-topic", "orders");
        marks.Add("iggy-dlq-offset", 12ul);
        var message = new ConsoleMessage(0, 0, 0, 0, 0, default, 0, marked.WrittenMemory);
        Assert.True(DeadLetter.Is(message));
        Assert.Equal("12", message.Header(DeadLetter.Offset));
        Assert.Equal(own.WrittenSpan, DeadLetter.WithoutMarks(marked.WrittenMemory).Span);
    }
}
