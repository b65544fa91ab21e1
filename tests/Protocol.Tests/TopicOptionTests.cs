using System.Text;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Tests;

/// <summary>What options of topics may say.</summary>
public class TopicOptionTests
{
    [Theory]
    [InlineData("durability", "replicated", IggyError.None)]
    [InlineData("durability", "PERSISTED", IggyError.None)]
    [InlineData("consumer_offset_durability", "Persisted", IggyError.None)]
    [InlineData("consumer_offset_durability", "REPLICATED", IggyError.None)]
    [InlineData("durability", "none", IggyError.InvalidOptionValue)]
    [InlineData("durability", " persisted", IggyError.InvalidOptionValue)]
    [InlineData("consumer_offset_durability", "fsync", IggyError.InvalidOptionValue)]
    [InlineData("Durability", "persisted", IggyError.UnsupportedOptionKey)]
    public void Durability_OfATopic_IsOneOfTwoWordsInAnyCase(string key, string value, IggyError expected)
    {
        Assert.Equal(expected, TopicOptions.TryRead(Block(key, UserHeaderKind.Text, Encoding.ASCII.GetBytes(value)), out var options));
        var persisted = value.Equals("persisted", StringComparison.OrdinalIgnoreCase) ? DurabilityOption.Persisted : DurabilityOption.Replicated;
        if (expected is IggyError.None)
            Assert.Equal(key is "durability" ? new() { Durability = persisted } : new TopicOptions { ConsumerOffsetDurability = persisted }, options);
    }

    [Fact]
    public void Durability_OfAnotherType_IsRefused() =>
        Assert.Equal(IggyError.InvalidOptionValue, TopicOptions.TryRead(Block("durability", UserHeaderKind.Boolean, [1]), out _));

    [Theory]
    [InlineData("message_expiry")]
    [InlineData("max_topic_size")]
    [InlineData("segment_size")]
    public void Zero_OfANumber_IsAsIfItWereNotThere(string key)
    {
        Assert.Equal(IggyError.None, TopicOptions.TryRead(Block(key, UserHeaderKind.UInt64, new byte[8]), out var number));
        Assert.Equal(TopicOptions.None, number);
        Assert.Equal(IggyError.None, TopicOptions.TryRead(Block(key, UserHeaderKind.Text, "0"u8), out var text));
        Assert.Equal(TopicOptions.None, text);
    }

    // What pre-releases call it is taken from them and told where it was set, and offered to nobody.
    [Fact]
    public void EnforceFsync_OfAPreRelease_IsTakenAndNotOffered()
    {
        Assert.Equal(IggyError.None, TopicOptions.TryRead(Block("enforce_fsync", UserHeaderKind.Boolean, [1]), out var options));
        Assert.Equal(new TopicOptions { EnforceFsync = true }, options);
        Assert.Equal("enforce_fsync", Assert.Single(options.ToPairs()).Key);
        Assert.Equal(9, DescribeOptionsReply.Of(OptionScope.Topic).Options.Length);
        Assert.DoesNotContain(TopicOptions.None.ToDerivedPairs(TopicOptions.Defaults), pair => pair.Key == "enforce_fsync");
    }

    [Fact]
    public void Durability_InAnUpdate_IsRefused()
    {
        var update = new VsrUpdateTopicRequest(new(0), new(0), "t", new TopicOptions { Durability = DurabilityOption.Persisted });
        Assert.Equal(IggyError.InvalidOptionValue, WireValues.TryRead<VsrUpdateTopicRequest>(Bytes.Of(update), out _));
    }

    private static byte[] Block(string key, UserHeaderKind kind, ReadOnlySpan<byte> value)
    {
        var copy = value.ToArray();
        return Bytes.Of(writer => OptionsBlock.Write(writer, [new WireOption(key, kind, [.. copy])]));
    }
}
