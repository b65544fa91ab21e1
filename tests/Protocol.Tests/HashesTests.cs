using System.Text;

namespace Iggy.Protocol.Tests;

public class HashesTests
{
    [Theory]
    [InlineData("", 46947589)]
    [InlineData("iggy", 2520218128)]
    [InlineData("127.0.0.1:50000", 163361442)]
    [InlineData("127.0.0.1:54321", 0x9DF7E1E5)]
    [InlineData("user-1", 2755638957)]
    [InlineData("billing", 1795796488)]
    [InlineData("a", 1426945110)]
    [InlineData("abc", 852579327)]
    [InlineData("orders", 3887170907)]
    [InlineData("user-42", 1635883646)]
    [InlineData("\u0001\0\0\0", 4089149075)]
    public void Xxh32_OfKnownText_IsKnown(string text, uint expected) => Assert.Equal(expected, Hashes.Xxh32(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("", 0x2D06800538D394C2)]
    [InlineData("iggy", 0xB421037ED388F177)]
    public void Xxh3_OfKnownText_IsKnown(string text, ulong expected) => Assert.Equal(expected, Hashes.Xxh3(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("user-1", 2, 1)]
    [InlineData("user-1", 3, 0)]
    [InlineData("", 3, 1)]
    [InlineData("", 10, 9)]
    [InlineData("a", 3, 0)]
    [InlineData("a", 10, 0)]
    [InlineData("abc", 3, 0)]
    [InlineData("abc", 10, 7)]
    [InlineData("orders", 3, 2)]
    [InlineData("orders", 10, 7)]
    [InlineData("user-42", 3, 2)]
    [InlineData("user-42", 10, 6)]
    [InlineData("\u0001\0\0\0", 3, 2)]
    [InlineData("\u0001\0\0\0", 10, 5)]
    public void PartitionForKey_OfKnownKey_IsKnown(string key, uint count, uint expected) =>
        Assert.Equal(expected, Hashes.PartitionForKey(Encoding.UTF8.GetBytes(key), count));

    [Fact]
    public void PartitionForKey_WithoutPartitions_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Hashes.PartitionForKey("key"u8, 0));

    // Goal: a named consumer and the number of its name are one consumer, whichever form of the identifier is at hand.
    [Fact]
    public void ConsumerNumber_NamedAndNumbered_ShareOneSpace()
    {
        const uint Billing = 1795796488;
        Assert.Equal(Billing, Hashes.ConsumerNumber("billing"u8));
        Assert.Equal(Billing, Hashes.ConsumerNumber(new Identifier("billing")));
        Assert.Equal(Billing, Hashes.ConsumerNumber(new Identifier(Billing)));

        var named = new WireReader([2, 7, .. "billing"u8]);
        Assert.Equal(Billing, Hashes.ConsumerNumber(named.IdentifierView()));
        var numbered = new WireReader([1, 4, 0x08, 0xAE, 0x09, 0x6B]);
        Assert.Equal(Billing, Hashes.ConsumerNumber(numbered.IdentifierView()));
    }
}
