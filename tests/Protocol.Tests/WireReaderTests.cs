namespace Iggy.Protocol.Tests;

public class WireReaderTests
{
    [Theory]
    [InlineData("01 04 07000000", "7")]
    [InlineData("01 04 00000000", "0")]
    [InlineData("02 02 3037", "07")] // digits are a name here
    public void Identifier_Sound_IsRead(string hex, string expected)
    {
        var reader = new WireReader(Bytes.Hex(hex));
        Assert.Equal(expected, reader.Identifier().ToString());
        Assert.Equal(IggyError.None, reader.Error);
        Assert.True(reader.IsAtEnd);
    }

    [Theory]
    [InlineData("", IggyError.InvalidCommand)]
    [InlineData("01", IggyError.InvalidCommand)]
    [InlineData("03 01 61", IggyError.InvalidCommand)] // unknown kind
    [InlineData("00 01 61", IggyError.InvalidCommand)]
    [InlineData("01 03 000000", IggyError.InvalidFormat)] // a number of three bytes
    [InlineData("01 05 0000000000", IggyError.InvalidFormat)]
    [InlineData("02 00", IggyError.InvalidFormat)] // an empty name
    [InlineData("01 04 000000", IggyError.InvalidCommand)] // cut
    [InlineData("02 03 6162", IggyError.InvalidCommand)]
    [InlineData("02 02 c328", IggyError.InvalidCommand)] // not UTF-8
    [InlineData("02 03 eda080", IggyError.InvalidCommand)] // half a surrogate pair
    public void Identifier_Unsound_IsRefused(string hex, IggyError expected)
    {
        var reader = new WireReader(Bytes.Hex(hex));
        Assert.Equal(default, reader.Identifier());
        Assert.Equal(expected, reader.Error);
    }

    [Theory]
    [InlineData("00", IggyError.InvalidFormat)]
    [InlineData("", IggyError.InvalidCommand)]
    [InlineData("02 61", IggyError.InvalidCommand)]
    [InlineData("01 ff", IggyError.InvalidCommand)]
    public void Name_Unsound_IsRefused(string hex, IggyError expected)
    {
        var reader = new WireReader(Bytes.Hex(hex));
        Assert.Equal("", reader.Name());
        Assert.Equal(expected, reader.Error);
    }

    [Fact]
    public void Str32_LengthOfFourGigabytes_IsRefused()
    {
        var reader = new WireReader(Bytes.Hex("ffffffff 6161"));
        Assert.Equal("", reader.Str32());
        Assert.Equal(IggyError.InvalidCommand, reader.Error);
    }

    [Fact]
    public void Reads_AfterAFault_GiveDefaultsAndKeepTheFirstFault()
    {
        var reader = new WireReader(Bytes.Hex("00 01 61 0102030405060708"));
        Assert.Equal("", reader.Name()); // InvalidFormat
        Assert.Equal("", reader.Name());
        Assert.Equal((0, 0, 0U, 0UL, 0f), (reader.U8(), reader.U16(), reader.U32(), reader.U64(), reader.F32()));
        Assert.Equal(IggyError.InvalidFormat, reader.Error);
        Assert.Equal(1, reader.Position);
    }

    // Goal: only 1 means "given"; everything else means the field is absent, and its four bytes are there all the same.
    [Theory]
    [InlineData("00 07000000", null)]
    [InlineData("01 07000000", 7U)]
    [InlineData("02 07000000", null)]
    public void OptionalPartition_ByFlag_IsGivenOrNot(string hex, uint? expected)
    {
        var reader = new WireReader(Bytes.Hex(hex));
        Assert.Equal(expected, reader.OptionalPartition());
        Assert.True(reader is { Error: IggyError.None, IsAtEnd: true });
    }

    [Theory]
    [InlineData("00 00", IggyError.InvalidCommand)] // kind
    [InlineData("04 00", IggyError.InvalidCommand)]
    [InlineData("01 01 00", IggyError.InvalidCommand)] // length
    [InlineData("02 03 000000", IggyError.InvalidCommand)]
    [InlineData("03 00", IggyError.None)] // a key without bytes: the released server takes it
    [InlineData("03 02 61", IggyError.InvalidCommand)]
    [InlineData("01 00", IggyError.None)]
    [InlineData("02 04 01000000", IggyError.None)]
    [InlineData("03 01 61", IggyError.None)]
    public void Partitioning_ByKindAndLength_IsJudged(string hex, IggyError expected)
    {
        var reader = new WireReader(Bytes.Hex(hex));
        _ = PartitioningView.Read(ref reader);
        Assert.Equal(expected, reader.Error);
    }

    [Theory]
    [InlineData("00 0104 00000000")]
    [InlineData("03 0104 00000000")]
    public void Consumer_UnknownKind_IsRefused(string hex)
    {
        var reader = new WireReader(Bytes.Hex(hex));
        _ = ConsumerView.Read(ref reader);
        Assert.Equal(IggyError.InvalidCommand, reader.Error);
    }

    [Theory]
    [InlineData("00 0000000000000000")]
    [InlineData("06 0000000000000000")]
    public void PollingStrategy_UnknownKind_IsRefused(string hex) =>
        Assert.Equal(IggyError.InvalidCommand, PollingStrategy.TryRead(Bytes.Hex(hex), out _));

    [Fact]
    public void FromText_Digits_AreANumberWhenTheyFit()
    {
        Assert.Equal(new Identifier(0), Identifier.FromText("000"));
        Assert.Equal(new Identifier(uint.MaxValue), Identifier.FromText("4294967295"));
        Assert.Equal(new Identifier("4294967296"), Identifier.FromText("4294967296"));
        Assert.Equal(new Identifier("-1"), Identifier.FromText("-1"));
        Assert.Equal(new Identifier(" 1"), Identifier.FromText(" 1"));
    }

    [Fact]
    public void Matches_ByNumberOrName_NeverByBoth()
    {
        Assert.True(new Identifier(7).Matches(7, "orders"));
        Assert.False(new Identifier(7).Matches(8, "7"));
        Assert.True(new Identifier("7").Matches(8, "7"));
        Assert.False(new Identifier("Orders").Matches(7, "orders"));
    }
}
