using Iggy.Cli.Values;

namespace Iggy.Cli.Tests;

/// <summary>Durations, sizes and times as text.</summary>
public sealed class ValueTests
{
    [Theory]
    [InlineData("", 0ul)]
    [InlineData("server_default", 0ul)]
    [InlineData("never", ulong.MaxValue)]
    [InlineData("UNLIMITED", ulong.MaxValue)]
    [InlineData("15s", 15_000_000ul)]
    [InlineData("1day2hours 30min", 95_400_000_000ul)]
    [InlineData("2 weeks", 1_209_600_000_000ul)]
    [InlineData("5ms 7us", 5_007ul)]
    [InlineData("1year", 31_557_600_000_000ul)]
    [InlineData("1M", 2_630_016_000_000ul)] // a month, as in the server's configuration
    public void ParseExpiry_Known_IsMicroseconds(string text, ulong micros) => Assert.Equal(micros, Durations.ParseExpiry([text]));

    [Theory]
    [InlineData("15")]
    [InlineData("s")]
    [InlineData("1 parsec")]
    [InlineData("1d2")]
    [InlineData("-1s")]
    [InlineData("99999999999999999999s")]
    [InlineData("30501000w")]
    [InlineData("18446744073709551615us")]
    public void ParseExpiry_AnythingElse_IsRefused(string text) => Assert.Throws<CommandException>(() => Durations.ParseExpiry([text]));

    [Theory]
    [InlineData(1ul)]
    [InlineData(93_600_000_000ul)]
    [InlineData(18_446_744_073_709_551ul)]
    public void Format_IsReadBack(ulong micros) => Assert.Equal(micros, Durations.ParseExpiry([Durations.Format(micros)]));

    [Theory]
    [InlineData("server_default", 0ul)]
    [InlineData("unlimited", ulong.MaxValue)]
    [InlineData("5", 5ul)]
    [InlineData("1.5 KB", 1_500ul)]
    [InlineData("10GB", 10_000_000_000ul)]
    [InlineData("1 GiB", 1ul << 30)]
    [InlineData("512mib", 512ul << 20)]
    [InlineData("2 PB", 2_000_000_000_000_000ul)]
    public void ByteSize_Known_IsBytes(string text, ulong bytes) => Assert.Equal(bytes, ByteSizes.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("big")]
    [InlineData("1 XB")]
    [InlineData("-1")]
    [InlineData("1.2.3")]
    [InlineData("99999999TB")]
    public void ByteSize_AnythingElse_IsRefused(string text) => Assert.Throws<CommandException>(() => ByteSizes.Parse(text));

    [Theory]
    [InlineData(0ul, "1970-01-01 00:00:00.000000")]
    [InlineData(1_758_000_000_123_456ul, "2025-09-16 05:20:00.123456")]
    [InlineData(ulong.MaxValue, "never")]
    public void Time_IsUtc(ulong micros, string text) => Assert.Equal(text, Texts.Time(micros));

    [Theory]
    [InlineData(0ul, "0 B")]
    [InlineData(1_500ul, "1.5 KB")]
    [InlineData(ulong.MaxValue, "18.45 EB")]
    public void Size_HasAUnit(ulong bytes, string text) => Assert.Equal(text, Texts.Size(bytes));

    [Fact]
    public void WithoutControls_CannotSteerATerminal() => Assert.Equal("a·[31mb\tc·", Texts.WithoutControls("a\u001b[31mb\tc\n"));
}
