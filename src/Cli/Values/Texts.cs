using System.Globalization;
using Iggy.Protocol;

namespace Iggy.Cli.Values;

/// <summary>Figures as people read them.</summary>
internal static class Texts
{
    private static readonly string[] _units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>Microseconds since the Unix epoch as UTC time; "never" past what a calendar holds.</summary>
    public static string Time(ulong micros) => micros <= (ulong)(DateTime.MaxValue - DateTime.UnixEpoch).Ticks / 10
        ? DateTime.UnixEpoch.AddMicroseconds(micros).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)
        : "never";

    /// <summary>Bytes with a decimal unit.</summary>
    public static string Size(ulong bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1000 && unit < _units.Length - 1; unit++)
            value /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {_units[unit]}");
    }

    /// <summary>The size limit of a topic.</summary>
    public static string MaxSize(ulong bytes) => bytes switch
    {
        ProtocolLimits.ServerDefault => Durations.ServerDefault,
        ProtocolLimits.Unlimited => "unlimited",
        _ => Size(bytes),
    };

    /// <summary>How long messages are kept.</summary>
    public static string Expiry(ulong micros) => micros switch
    {
        ProtocolLimits.ServerDefault => Durations.ServerDefault,
        ProtocolLimits.Unlimited => "never",
        _ => Durations.Format(micros),
    };

    /// <summary>A whole number.</summary>
    public static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The text with every control character but the tab replaced by a dot.</summary>
    public static string WithoutControls(string text) =>
        string.Create(text.Length, text, (result, source) =>
        {
            for (var i = 0; i < source.Length; i++)
                result[i] = char.IsControl(source[i]) && source[i] != '\t' ? '\u00b7' : source[i];
        });
}
