using System.Globalization;
using Iggy.Grains.Interfaces.Topics;

namespace Iggy.Ui.Formats;

/// <summary>How numbers, sizes and times are told, everywhere in the console.</summary>
internal static class Text
{
    private static readonly string[] _units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A count, whole, with thousands apart.</summary>
    public static string Count(ulong value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count, whole, with thousands apart.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A size in binary units, three digits of it.</summary>
    public static string Bytes(ulong bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1024 && unit < _units.Length - 1)
            (value, unit) = (value / 1024, unit + 1);
        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 ? value.ToString("0", CultureInfo.InvariantCulture) : Digits(value))} {_units[unit]}");
    }

    /// <summary>A rate, three digits of it.</summary>
    public static string Rate(double perSecond) => perSecond switch
    {
        < 0.005 => "0",
        < 1000 => Digits(perSecond),
        < 1_000_000 => Digits(perSecond / 1000) + " k",
        _ => Digits(perSecond / 1_000_000) + " M",
    };

    /// <summary>A span, in its two largest units.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalMilliseconds: < 1 } => "0 s",
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.#} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Minutes} min {span.Seconds} s"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Hours} h {span.Minutes} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalDays} d {span.Hours} h"),
    };

    /// <summary>A span of seconds.</summary>
    public static string Seconds(double seconds) => Span(TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2)));

    /// <summary>A short span of seconds, three digits of it.</summary>
    public static string Latency(double seconds) => seconds switch
    {
        <= 0 => "–",
        < 0.001 => Digits(seconds * 1e6) + " µs",
        < 1 => Digits(seconds * 1e3) + " ms",
        _ => Digits(seconds) + " s",
    };

    /// <summary>A moment in UTC, by the second; a dash for none.</summary>
    public static string Time(ulong micros) => micros == 0 ? "–" : Moment(micros).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A moment in UTC, by the microsecond.</summary>
    public static string ExactTime(ulong micros) => micros == 0 ? "–" : Moment(micros).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    /// <summary>Reads a moment in UTC: a date, with a time or without.</summary>
    public static bool TryParseTime(string text, out ulong micros)
    {
        micros = 0;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment) || moment < DateTimeOffset.UnixEpoch)
            return false;
        micros = (ulong)((moment - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        return true;
    }

    /// <summary>A span as forms take it, exactly.</summary>
    public static string Plain(ulong micros) => micros switch
    {
        0 => "",
        _ when micros % 86_400_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{micros / 86_400_000_000} days"),
        _ when micros % 3_600_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{micros / 3_600_000_000} h"),
        _ when micros % 60_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{micros / 60_000_000} m"),
        _ when micros % 1_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{micros / 1_000_000} s"),
        _ when micros % 1000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{micros / 1000} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{micros} us"),
    };

    /// <summary>How long messages are kept.</summary>
    public static string Expiry(ulong micros) => micros == TopicSettings.Never ? "for ever" : Span(TimeSpan.FromMicroseconds(Math.Min(micros, 1e15)));

    /// <summary>How large a topic may grow.</summary>
    public static string MaxSize(ulong bytes) => bytes == TopicSettings.Unlimited ? "unlimited" : Bytes(bytes);

    /// <summary>One or many of something.</summary>
    public static string Of(ulong count, string one, string many) => $"{Count(count)} {(count == 1 ? one : many)}";

    private static DateTime Moment(ulong micros) => micros < 253_402_300_800_000_000 ? DateTime.UnixEpoch.AddTicks((long)micros * TimeSpan.TicksPerMicrosecond) : DateTime.MaxValue;

    private static string Digits(double value) => value.ToString(value < 10 ? "0.##" : value < 100 ? "0.#" : "0", CultureInfo.InvariantCulture);
}
