using CsCheck;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Tests;

/// <summary>Nothing that comes over the wire in the newer dialect makes a decoder throw, or take memory for a number.</summary>
public class VsrHostileInputTests
{
    private delegate IggyError Decoding(ReadOnlySpan<byte> body);

    private static readonly Dictionary<string, Decoding> Decoders = new()
    {
        ["register"] = static body => RegisterRequest.TryRead(body, out var request) && (request.Password is not null || request.Token is not null)
            ? IggyError.None : IggyError.InvalidFormat,
        ["create-topic"] = static body => WireValues.TryRead<VsrCreateTopicRequest>(body, out _),
        ["update-topic"] = static body => WireValues.TryRead<VsrUpdateTopicRequest>(body, out _),
        ["send"] = static body => VsrSendRequest.TryRead(body, out var request) is var error and not IggyError.None
            ? error
            : Batch.Check(body[request.BatchRange], request.MessagesCount) is var wrong and not IggyError.None ? wrong : Batch.CheckFrames(body[request.BatchRange]),
        ["poll-reply"] = static body => VsrPollReply.TryRead(body, out _),
        ["store-offset"] = static body => VsrOffsetView.TryReadStore(body, out _),
        ["delete-offset"] = static body => VsrOffsetView.TryReadDelete(body, out _),
        ["sync"] = static body => WireValues.TryRead<SyncConsumerGroupReply>(body, out _),
        ["sync-request"] = static body => WireValues.TryRead<SyncConsumerGroupRequest>(body, out _),
        ["describe"] = static body => WireValues.TryRead<DescribeOptionsRequest>(body, out _),
        ["describe-reply"] = static body => WireValues.TryRead<DescribeOptionsReply>(body, out _),
        ["stream"] = static body => WireValues.TryRead<VsrStreamDetails>(body, out _),
        ["topic"] = static body => WireValues.TryRead<VsrTopicDetails>(body, out _),
        ["topics"] = static body => WireValues.TryRead<VsrTopicList>(body, out _),
        ["user"] = static body => WireValues.TryRead<VsrUserDetails>(body, out _),
        ["confirmations"] = static body => WireValues.TryRead<VsrSendReply>(body, out _),
        ["options"] = static body => TopicOptions.TryRead(body, out _),
        ["result"] = static body =>
        {
            var reader = new WireReader(body);
            return ResultSection.Read(ref reader);
        },
    };

    [Fact]
    public void Bodies_RandomBytes_DoNotThrow() => Gen.Byte.Array[0, 400].Sample(body =>
    {
        foreach (var decode in Decoders.Values)
            decode(body);
    });

    [Theory]
    [InlineData("register")]
    [InlineData("create-topic")]
    [InlineData("send")]
    [InlineData("poll-reply")]
    public void Examples_CutOrSpoiltAnywhere_DoNotThrow(string name)
    {
        var body = VsrExample.Body(name);
        for (var length = 0; length < body.Length; length++)
        {
            Decoders[name](body.AsSpan(0, length));
            foreach (var value in new byte[] { 0, 1, 0x7f, 0xff })
            {
                byte[] spoilt = [.. body];
                spoilt[length] = value;
                Decoders[name](spoilt);
            }
        }
    }

    // Goal: a batch that was cut or changed anywhere is refused: there is no byte that no check covers.
    [Fact]
    public void Send_CutOrChangedAnywhere_IsRefused()
    {
        var body = VsrExample.Body("send");
        for (var at = 0; at < body.Length; at++)
        {
            Assert.NotEqual(IggyError.None, Decoders["send"](body.AsSpan(0, at)));
            byte[] changed = [.. body];
            changed[at] ^= 0x20;
            if (at is >= 4 and < 22)
                continue; // the address: another topic is as good as this one
            Assert.NotEqual(IggyError.None, Decoders["send"](changed));
        }
    }

    [Theory] // each count claims four billion records
    [InlineData("sync", "0300000000000000ffffffff")]
    [InlineData("topics", "ffffffff")]
    [InlineData("confirmations", "ffffffff00000000")]
    [InlineData("describe-reply", "ffffffff")]
    [InlineData("result", "ffffffff")]
    [InlineData("stream", "000000000000000000000000ffffffff00000000000000000000000000000000016100000000")]
    [InlineData("topic", "000000000000000000000000ffffffff0000000000000000010000000000000000000000000000000000000000000000000161 00000000 00000000")]
    [InlineData("options", "02ffffffff")]
    [InlineData("poll-reply", "0000000000000000000000 00ffffffff")]
    public void Bodies_HugeCount_AreRefusedWithoutMemory(string name, string hex)
    {
        var body = Bytes.Hex(hex);
        Decoders[name](body);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.NotEqual(IggyError.None, Decoders[name](body));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000);
    }

    // Goal: a record that claims more messages than its bytes can hold takes nothing from the pool.
    [Fact]
    public void Batch_HugeCount_IsRefused()
    {
        var batch = VsrExample.Body("send")[26..];
        BitConverter.TryWriteBytes(batch.AsSpan(48), uint.MaxValue);
        Assert.Equal(IggyError.InvalidCommand, Batch.Check(batch, uint.MaxValue));
    }

    [Theory]
    [InlineData("message_expiry", "1h 30m", IggyError.None)]
    [InlineData("message_expiry", "1h30m", IggyError.None)]
    [InlineData("message_expiry", "never", IggyError.None)]
    [InlineData("message_expiry", "h", IggyError.InvalidOptionValue)]
    [InlineData("message_expiry", "999999999999999999999d", IggyError.InvalidOptionValue)]
    [InlineData("max_topic_size", "512 MiB", IggyError.None)]
    [InlineData("max_topic_size", "18446744073709551615 GiB", IggyError.InvalidOptionValue)]
    [InlineData("segment_size", "1 MiB", IggyError.None)]
    [InlineData("segment_size", "1 KiB", IggyError.InvalidOptionValue)]
    [InlineData("segment_size", "2 GiB", IggyError.InvalidOptionValue)]
    [InlineData("enforce_fsync", "true", IggyError.None)]
    [InlineData("enforce_fsync", "yes", IggyError.InvalidOptionValue)]
    [InlineData("messages_required_to_save", "0", IggyError.InvalidOptionValue)]
    [InlineData("messages_required_to_save", "16777216", IggyError.None)]
    [InlineData("compression_algorithm", "gzip", IggyError.None)]
    [InlineData("compression_algorithm", "zstd", IggyError.InvalidOptionValue)]
    [InlineData("colour", "red", IggyError.UnsupportedOptionKey)]
    public void TopicOption_AsText_IsJudged(string key, string value, IggyError expected)
    {
        var block = Bytes.Of(writer => OptionsBlock.Write(writer, [new(key, UserHeaderKind.Text, [.. System.Text.Encoding.UTF8.GetBytes(value)])]));
        Assert.Equal(expected, TopicOptions.TryRead(block, out _));
    }

    [Fact]
    public void Options_TooManyTwiceOrTooLarge_AreRefused()
    {
        static byte[] Block(IEnumerable<string> keys) => Bytes.Of(writer => OptionsBlock.Write(writer, [.. keys.Select(key => new WireOption(key, UserHeaderKind.Raw, [1]))]));
        Assert.Equal(IggyError.None, OptionsBlock.TryRead(Block(Enumerable.Range(0, 1024).Select(i => $"k{i}")), out _));
        Assert.Equal(IggyError.OptionsBlockTooLarge, OptionsBlock.TryRead(Block(Enumerable.Range(0, 1025).Select(i => $"k{i}")), out _));
        Assert.Equal(IggyError.OptionsBlockTooLarge, OptionsBlock.TryRead(new byte[100_001], out _));
        Assert.Equal(IggyError.InvalidCommand, OptionsBlock.TryRead(Block(["same", "same"]), out _));
        Assert.Equal(IggyError.UnsupportedOptionKey, OptionsBlock.CheckEmpty(Block(["any"])));
        Assert.Equal(IggyError.None, OptionsBlock.CheckEmpty([]));
    }
}
