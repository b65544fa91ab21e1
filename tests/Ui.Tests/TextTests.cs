using Iggy.Grains.Interfaces.Topics;
using Iggy.Ui.Formats;

namespace Iggy.Ui.Tests;

public sealed class TextTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(10_485_760, "10 MiB")]
    [InlineData(ulong.MaxValue, "16 EiB")]
    public void Bytes_AreToldInBinaryUnits(ulong bytes, string expected) => Assert.Equal(expected, Text.Bytes(bytes));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.25, "0.25")]
    [InlineData(999, "999")]
    [InlineData(1500, "1.5 k")]
    [InlineData(2_500_000, "2.5 M")]
    public void Rates_HaveThreeDigits(double rate, string expected) => Assert.Equal(expected, Text.Rate(rate));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(0.25, "250 ms")]
    [InlineData(1.5, "1.5 s")]
    [InlineData(90, "1 min 30 s")]
    [InlineData(7260, "2 h 1 min")]
    [InlineData(180_000, "2 d 2 h")]
    public void Seconds_AreToldInTheirLargestUnits(double seconds, string expected) => Assert.Equal(expected, Text.Seconds(seconds));

    [Theory]
    [InlineData(0, "–")]
    [InlineData(1_700_000_000_123_456, "2023-11-14 22:13:20.123456")]
    [InlineData(ulong.MaxValue, "9999-12-31 23:59:59.999999")]
    public void ExactTime_IsUtc_AndNeverFails(ulong micros, string expected) => Assert.Equal(expected, Text.ExactTime(micros));

    [Theory]
    [InlineData("2026-01-31", true, 1_769_817_600_000_000)]
    [InlineData("2026-01-31 12:00", true, 1_769_860_800_000_000)]
    [InlineData("2026-01-31T13:00:00+01:00", true, 1_769_860_800_000_000)]
    [InlineData("1960-01-01", false, 0)]
    [InlineData("soon", false, 0)]
    public void Times_AreReadAsUtc(string text, bool isOne, ulong micros)
    {
        Assert.Equal(isOne, Text.TryParseTime(text, out var read));
        Assert.Equal(micros, read);
    }

    // Goal: a form that is opened and saved changes nothing. Method: whatever the settings are, their text is read as the same.
    [Theory]
    [InlineData(604_800_000_000)]
    [InlineData(5_400_000_000)]
    [InlineData(1_234_567)]
    [InlineData(1_500_000)]
    [InlineData(ulong.MaxValue)]
    public void TopicForm_OpenedAndSaved_ChangesNothing(ulong expiry)
    {
        var topic = new TopicEntry(1, Guid.Empty, "t", 0, new TopicSettings(expiry, 123_456_789, TopicSettings.Gzip, 1));
        Assert.True(TopicForm.Of(topic).TryRead(out var settings, out var trouble), trouble);
        Assert.Equal(topic.Settings, settings);
    }

    [Theory]
    [InlineData("a while", "")]
    [InlineData("", "large")]
    [InlineData("0 s", "")]
    public void TopicForm_WithNonsense_SaysWhatIsWrong(string expiry, string size)
    {
        Assert.False(new TopicForm { Name = "t", Expiry = expiry, MaxSize = size }.TryRead(out _, out var trouble));
        Assert.NotNull(trouble);
    }
}
