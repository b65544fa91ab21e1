using System.Globalization;
using Iggy.Protocol.Texts;
using Microsoft.Extensions.Logging;

namespace Iggy.Silo.Configuration;

/// <summary>Turns the text of one of Apache Iggy's settings into the text that our key takes. Whether a value such as 0 makes sense for a key is
/// said by the key's own rule.</summary>
internal static class SettingReader
{
    /// <summary>Reads a value.</summary>
    /// <param name="kind">What it should be.</param>
    /// <param name="text">As given; not empty.</param>
    /// <param name="value">For our key; null where the value asks for nothing.</param>
    /// <param name="allowed">What would be right, when it is wrong.</param>
    public static bool TryRead(ValueKind kind, string text, out string? value, out string allowed)
    {
        (value, allowed) = (null, "");
        switch (kind)
        {
            case ValueKind.Flag:
                allowed = "true, false";
                return TryFlag(text, out value);

            case ValueKind.SyncFlag:
                allowed = "true, false";
                if (!TryFlag(text, out var sync))
                    return false;
                value = sync == "true" ? "Always" : null; // false is no wish for less than what is set elsewhere
                return true;

            case ValueKind.CompressionFlag:
                allowed = "none, gzip";
                value = text.ToUpperInvariant() switch { "NONE" => "false", "GZIP" => "true", _ => null };
                return value is not null;

            case ValueKind.Number:
                allowed = "a whole number from 0";
                value = text;
                return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

            case ValueKind.Duration:
                allowed = HumanDuration.Allowed + ", or none, unlimited, never_expire";
                return IsEndless(text) ? Give(ulong.MaxValue, out value) : HumanDuration.TryParseMicros(text, out var micros) && Give(micros, out value);

            case ValueKind.Interval:
                allowed = HumanDuration.Allowed;
                if (!HumanDuration.TryParseMicros(text, out var interval) || interval > long.MaxValue / TimeSpan.TicksPerMicrosecond)
                    return false;
                value = new TimeSpan((long)interval * TimeSpan.TicksPerMicrosecond).ToString("c", CultureInfo.InvariantCulture);
                return true;

            case ValueKind.Lifetime:
                allowed = HumanDuration.Allowed + ", or none, unlimited, never_expire";
                if (IsEndless(text))
                    return Give(TimeSpan.FromSeconds(1_000_000_000), out value);
                return HumanDuration.TryParseMicros(text, out var lifetime) && lifetime <= long.MaxValue / TimeSpan.TicksPerMicrosecond
                    && Give(TimeSpan.FromMicroseconds(lifetime), out value);

            case ValueKind.List:
                value = string.Join(", ", text.TrimStart('[').TrimEnd(']').Split(',', StringSplitOptions.TrimEntries).Select(static entry => entry.Trim('"', '\'')).Where(static entry => entry.Length > 0));
                return true;

            case ValueKind.Size:
                allowed = HumanSize.Allowed + ", or unlimited, none";
                return IsEndless(text) ? Give(ulong.MaxValue, out value) : HumanSize.TryParseBytes(text, out var bytes) && Give(bytes, out value);

            case ValueKind.LogFilter:
                allowed = "off, error, warn, info, debug, trace, or a filter with one of them, such as debug,net=warn";
                return TryLevel(text, out value);

            default:
                value = text;
                return true;
        }
    }

    private static bool Give(ulong number, out string value)
    {
        value = number.ToString(CultureInfo.InvariantCulture);
        return true;
    }

    private static bool Give(TimeSpan time, out string value)
    {
        value = time.ToString("c", CultureInfo.InvariantCulture);
        return true;
    }

    private static bool TryFlag(string text, out string? value)
    {
        value = text.ToUpperInvariant() switch { "TRUE" or "1" => "true", "FALSE" or "0" => "false", _ => null };
        return value is not null;
    }

    private static bool IsEndless(string text) => text.ToUpperInvariant() is "NONE" or "UNLIMITED" or "NEVER_EXPIRE";

    private static bool TryLevel(string text, out string? value)
    {
        value = null;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            LogLevel? level = part.ToUpperInvariant() switch
            {
                "OFF" => LogLevel.None,
                "ERROR" => LogLevel.Error,
                "WARN" or "WARNING" => LogLevel.Warning,
                "INFO" => LogLevel.Information,
                "DEBUG" => LogLevel.Debug,
                "TRACE" => LogLevel.Trace,
                _ => null,
            };
            if (level is null)
                continue;
            value = level.ToString();
            return true;
        }
        return false;
    }
}
