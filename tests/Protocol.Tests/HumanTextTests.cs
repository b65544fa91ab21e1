using System.Globalization;
using CsCheck;
using Iggy.Protocol.Texts;

namespace Iggy.Protocol.Tests;

/// <summary>Durations and sizes as people write them.</summary>
public sealed class HumanTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("30 s", 30_000_000)]
    [InlineData("1 m", 60_000_000)]
    [InlineData("7 days", 7 * 86_400_000_000L)]
    [InlineData("1day 2h 3s", 93_603_000_000L)]
    [InlineData("1day2h3s", 93_603_000_000L)]
    [InlineData(" 5ms ", 5_000)]
    [InlineData("12us", 12)]
    [InlineData("12µs", 12)]
    [InlineData("999 ns", 0)]
    [InlineData("1M", 2_630_016_000_000L)]
    [InlineData("2 weeks", 14 * 86_400_000_000L)]
    public void Duration_WellFormed_IsItsSum(string text, long micros)
    {
        Assert.True(HumanDuration.TryParseMicros(text, out var parsed));
        Assert.Equal((ulong)micros, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5 s")]
    [InlineData("5 parsecs")]
    [InlineData("5 s,")]
    [InlineData("600 years")] // beyond 64 bits of nanoseconds
    [InlineData("500 years 100 years")]
    [InlineData("99999999999999999999 s")]
    public void Duration_Malformed_IsRefused(string text) => Assert.False(HumanDuration.TryParseMicros(text, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("512", 512)]
    [InlineData("2 MB", 2_000_000)]
    [InlineData("2MB", 2_000_000)]
    [InlineData("1 MiB", 1_048_576)]
    [InlineData("1gib", 1_073_741_824)]
    [InlineData("1.5 KiB", 1_536)]
    [InlineData("100 KB", 100_000)]
    [InlineData("4 GB", 4_000_000_000)]
    public void Size_WellFormed_IsItsBytes(string text, long bytes)
    {
        Assert.True(HumanSize.TryParseBytes(text, out var parsed));
        Assert.Equal((ulong)bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MB")]
    [InlineData("-1 MB")]
    [InlineData("1 MBit")]
    [InlineData("1 2 MB")]
    [InlineData("16 EiB")] // 2^64
    [InlineData("1e3 MB")]
    public void Size_Malformed_IsRefused(string text) => Assert.False(HumanSize.TryParseBytes(text, out _));

    // Goal: no text from the environment throws or overflows. Method: random text near the grammar, and every whole number of bytes.
    [Fact]
    public void AnyText_NeverThrows() =>
        Gen.String["0123456789. smhdMKGiBwyeEn-"].Sample(text =>
        {
            _ = HumanDuration.TryParseMicros(text, out _);
            _ = HumanSize.TryParseBytes(text, out _);
        });

    [Fact]
    public void Size_AnyNumberOfBytes_IsItself() =>
        Gen.ULong.Sample(bytes => HumanSize.TryParseBytes(bytes.ToString(CultureInfo.InvariantCulture), out var parsed) && parsed == bytes);
}
