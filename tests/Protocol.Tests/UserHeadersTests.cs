using System.Buffers;

namespace Iggy.Protocol.Tests;

public class UserHeadersTests
{
    // Goal: each of the 15 kinds is written as in the capture of a released client, and read again.
    [Fact]
    public void AllKinds_Written_AreWhatAClientSends()
    {
        var written = Block(headers =>
        {
            headers.AddRaw("h-Raw", [1, 2]);
            headers.Add("h-String", "abc");
            headers.Add("h-Bool", true);
            headers.Add("h-Int8", (sbyte)-1);
            headers.Add("h-Int16", (short)-2);
            headers.Add("h-Int32", 42);
            headers.Add("h-Int64", -5L);
            headers.Add("h-Int128", new Int128(0x0101010101010101, 0x0101010101010101));
            headers.Add("h-Uint8", (byte)8);
            headers.Add("h-Uint16", (ushort)16);
            headers.Add("h-Uint32", 32U);
            headers.Add("h-Uint64", 64UL);
            headers.Add("h-Uint128", new UInt128(0x0202020202020202, 0x0202020202020202));
            headers.Add("h-Float", 1.5f);
            headers.Add("h-Double", 2.5);
        });
        var captured = Assert.Single(Vectors.Requests, vector => vector.Note.Contains("h-Uint128", StringComparison.Ordinal)).Payload;
        Assert.True(captured.AsSpan().IndexOf(written) > 0, Convert.ToHexString(written));

        var walk = new UserHeaderEnumerator(written);
        var kinds = new List<UserHeaderKind>();
        while (walk.MoveNext())
            kinds.Add(walk.Value.Kind);
        Assert.Equal(Enum.GetValues<UserHeaderKind>(), kinds);
    }

    [Fact]
    public void TryGet_OfItsType_GivesTheValue()
    {
        var walk = new UserHeaderEnumerator(Block(headers => headers.Add("n", -7)));
        Assert.True(walk.MoveNext());
        Assert.True(walk.Key.TryGetText(out var key));
        Assert.Equal("n", key);
        Assert.True(walk.Value.TryGet<int>(out var value));
        Assert.Equal(-7, value);
        Assert.False(walk.Value.TryGet<uint>(out _));
        Assert.False(walk.Value.TryGet<long>(out _));
        Assert.False(walk.Value.TryGet<Guid>(out _));
        Assert.False(walk.Value.TryGetText(out _));
    }

    [Theory]
    [InlineData("00 01000000 61 02 01000000 61", IggyError.InvalidHeaderKind)]
    [InlineData("10 01000000 61 02 01000000 61", IggyError.InvalidHeaderKind)]
    [InlineData("02 00000000    02 01000000 61", IggyError.InvalidHeaderKey)]
    [InlineData("02 01000000 ff 02 01000000 61", IggyError.InvalidHeaderKey)] // not UTF-8
    [InlineData("06 03000000 616161 02 01000000 61", IggyError.InvalidHeaderKey)] // an i32 of three bytes
    [InlineData("02 ffffffff 61 02 01000000 61", IggyError.InvalidHeaderKey)]
    [InlineData("02 01000000 61 02 00000000", IggyError.InvalidHeaderValue)]
    [InlineData("02 01000000 61 03 01000000 02", IggyError.InvalidHeaderValue)] // a boolean of 2
    [InlineData("02 01000000 61 02 02000000 61", IggyError.InvalidHeaderValue)] // cut
    [InlineData("02 01000000 61", IggyError.InvalidHeaderValue)]
    public void MoveNext_AtAFault_EndsWithItsCode(string hex, IggyError expected)
    {
        var walk = new UserHeaderEnumerator(Bytes.Hex(hex));
        Assert.False(walk.MoveNext());
        Assert.Equal(expected, walk.Error);
        Assert.False(walk.MoveNext());
    }

    [Fact]
    public void Add_WhatIsNoHeader_Throws()
    {
        Assert.Throws<ArgumentException>(() => Block(headers => headers.Add("", "value")));
        Assert.Throws<ArgumentException>(() => Block(headers => headers.Add("key", "")));
        Assert.Throws<ArgumentException>(() => Block(headers => headers.AddRaw("key", new byte[256])));
        Assert.Throws<ArgumentException>(() => Block(headers => headers.Add("key", Guid.Empty)));
    }

    private static byte[] Block(Action<UserHeadersWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new UserHeadersWriter(output));
        return output.WrittenSpan.ToArray();
    }
}
