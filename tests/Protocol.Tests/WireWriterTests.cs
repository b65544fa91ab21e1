using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>What can't be sent is the caller's mistake and is told before it leaves.</summary>
public class WireWriterTests
{
    [Fact]
    public void Name_OfBadLength_Throws()
    {
        Assert.Throws<ArgumentException>(() => Bytes.Of(new CreateStreamRequest("")));
        Assert.Throws<ArgumentException>(() => Bytes.Of(new CreateStreamRequest(new string('a', 256))));
        Assert.Throws<ArgumentException>(() => Bytes.Of(new CreateStreamRequest(new string('ä', 128))));
        Assert.Equal(256, Bytes.Of(new CreateStreamRequest(new string('a', 255))).Length);
    }

    [Fact]
    public void Name_HalfASurrogatePair_Throws() => Assert.ThrowsAny<ArgumentException>(() => Bytes.Of(new CreateStreamRequest("\ud800")));

    [Fact]
    public void Key_OfBadLength_Throws()
    {
        Assert.Throws<ArgumentException>(() => Partitioning.ByKey(default));
        Assert.Throws<ArgumentException>(() => Partitioning.ByKey(new byte[256]));
        Assert.Throws<InvalidOperationException>(() => Bytes.Of(default(Partitioning).Write));
    }

    [Fact]
    public void Send_OfBadMessages_Throws()
    {
        Assert.Throws<ArgumentException>(() => Send());
        Assert.Throws<ArgumentException>(() => Send(new OutgoingMessage(new byte[64_000_001], default, 0, 0)));
        Assert.Throws<ArgumentException>(() => Send(new OutgoingMessage(default, new byte[100_001], 0, 0)));
    }

    // 34 times the same 64 MB: more than a frame can hold, without holding it.
    [Fact]
    public void Send_OfTooManyBytes_Throws()
    {
        var message = new OutgoingMessage(new byte[64_000_000], default, 0, 0);
        Assert.Throws<ArgumentException>(() => Send([.. Enumerable.Repeat(message, 34)]));
    }

    [Fact]
    public void Details_CountAndRecordsDiffer_Throws() => Assert.Throws<InvalidOperationException>(
        () => Bytes.Of(new ConsumerGroupDetails(new(0, 1, MembersCount: 2, "workers"), [new(0, [0])])));

    [Fact]
    public void ReplyHead_ThatClientsTripOver_Throws()
    {
        var head = new byte[ReplyHead.SizeInBytes];
        Assert.Throws<ArgumentOutOfRangeException>(() => ReplyHead.Write(head, IggyError.None, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ReplyHead.Write(head, IggyError.Error, 8));
    }

    [Theory]
    [InlineData("00000000 01000000", false, 0U)]
    [InlineData("03000000 01000000", false, 0U)]
    [InlineData("04000000 01000000", true, 0U)]
    [InlineData("ffffffff 01000000", true, uint.MaxValue - 4)]
    public void RequestHead_ByLength_HasACodeOrNot(string hex, bool hasCode, uint payloadBytes)
    {
        var head = RequestHead.Read(Bytes.Hex(hex));
        Assert.Equal((hasCode, payloadBytes), (head.HasCode, head.PayloadBytes));
    }

    [Fact]
    public void RequestHead_LongerThanItsField_Throws() =>
        Assert.Throws<OverflowException>(() => RequestHead.Write(new byte[8], CommandCode.SendMessages, uint.MaxValue - 3));

    private static byte[] Send(params OutgoingMessage[] messages) =>
        Bytes.Of(writer => SendMessagesWriter.Write(writer, new(1), new(1), Partitioning.Balanced, messages));
}
