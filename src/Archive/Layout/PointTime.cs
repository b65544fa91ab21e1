using System.Globalization;
using Iggy.Primitives;

namespace Iggy.Archive.Layout;

/// <summary>Moments as keys and people have them: UTC, to the microsecond.</summary>
public static class PointTime
{
    private const string Format = "yyyyMMdd'T'HHmmss.ffffff'Z'";

    /// <summary>The form in keys: sorted as text they are sorted by time.</summary>
    public static string Write(ulong micros) => At(micros).ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>Reads the form of keys.</summary>
    public static bool TryRead(string text, out ulong micros)
    {
        var isTime = DateTime.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time);
        micros = isTime ? new DateTimeOffset(time).UnixMicros() : 0;
        return isTime && time >= DateTime.UnixEpoch;
    }

    /// <summary>Reads what people write: ISO 8601, in UTC where no offset is named.</summary>
    public static bool TryParse(string text, out ulong micros)
    {
        var isTime = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            && time >= DateTimeOffset.UnixEpoch;
        micros = isTime ? time.UnixMicros() : 0;
        return isTime;
    }

    /// <summary>The form for people; <see cref="TryParse"/> reads it.</summary>
    public static string Show(ulong micros) => At(micros).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static DateTime At(ulong micros) => DateTime.UnixEpoch.AddTicks((long)Math.Min(micros, 250_000_000_000_000_000) * TimeSpan.TicksPerMicrosecond);
}
