using System.Globalization;
using System.Text;
using Iggy.Cli.Help;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Values;

/// <summary>User headers as text: <c>key:kind:value</c>, joined by commas. A value may hold colons, but no comma.</summary>
internal static class HeaderTexts
{
    /// <summary>Names of all kinds, for help.</summary>
    public const string Kinds = "raw, string, bool, int8, int16, int32, int64, int128, uint8, uint16, uint32, uint64, uint128, float32, float64";

    /// <summary>Reads headers into a block.</summary>
    /// <exception cref="CommandException">The text is something else; the message names the header.</exception>
    public static ReadOnlyMemory<byte> Parse(IReadOnlyList<string> texts)
    {
        var headers = new MessageHeaders();
        foreach (var text in texts.SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries)))
        {
            var parts = text.Split(':', 3);
            if (parts.Length < 3)
                throw new CommandException(ExitCode.Usage, $"'{text}' is no header; expected key:kind:value with a kind out of {Kinds}.");
            Add(headers, parts[0], parts[1], parts[2], isRawHex: false);
        }
        return headers.ToMemory();
    }

    /// <summary>Adds one header.</summary>
    /// <param name="headers">Where to.</param>
    /// <param name="key">Its name.</param>
    /// <param name="kind">Out of <see cref="Kinds"/>.</param>
    /// <param name="value">As text.</param>
    /// <param name="isRawHex">Whether raw bytes come as hexadecimal digits, as <see cref="Format"/> writes them.</param>
    /// <exception cref="CommandException">That can't be; the message names the header.</exception>
    public static void Add(MessageHeaders headers, string key, string kind, string value, bool isRawHex)
    {
        try
        {
            if (isRawHex && kind.Equals("raw", StringComparison.OrdinalIgnoreCase))
                headers.AddRaw(key, Convert.FromHexString(value));
            else if (!TryAdd(headers, key, kind, value))
                throw new CommandException(ExitCode.Usage, $"'{key}:{kind}:{value}' is no header; expected key:kind:value with a kind out of {Kinds}.");
        }
        catch (ArgumentException e)
        {
            throw new CommandException(ExitCode.Usage, $"'{key}:{kind}:{value}' is no header: {PlainWords.Of(e)}");
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new CommandException(ExitCode.Usage, $"'{key}:{kind}:{value}' is no header: '{value}' can't be {kind}.");
        }
    }

    /// <summary>Writes a key or value. Raw bytes come as hexadecimal digits.</summary>
    public static string Format(UserHeaderField field) => field.Kind switch
    {
        UserHeaderKind.Text when field.TryGetText(out var text) => text,
        UserHeaderKind.Boolean when field.TryGet(out bool value) => value ? "true" : "false",
        UserHeaderKind.Int8 when field.TryGet(out sbyte value) => Invariant(value),
        UserHeaderKind.Int16 when field.TryGet(out short value) => Invariant(value),
        UserHeaderKind.Int32 when field.TryGet(out int value) => Invariant(value),
        UserHeaderKind.Int64 when field.TryGet(out long value) => Invariant(value),
        UserHeaderKind.Int128 when field.TryGet(out Int128 value) => Invariant(value),
        UserHeaderKind.UInt8 when field.TryGet(out byte value) => Invariant(value),
        UserHeaderKind.UInt16 when field.TryGet(out ushort value) => Invariant(value),
        UserHeaderKind.UInt32 when field.TryGet(out uint value) => Invariant(value),
        UserHeaderKind.UInt64 when field.TryGet(out ulong value) => Invariant(value),
        UserHeaderKind.UInt128 when field.TryGet(out UInt128 value) => Invariant(value),
        UserHeaderKind.Float32 when field.TryGet(out float value) => Invariant(value),
        UserHeaderKind.Float64 when field.TryGet(out double value) => Invariant(value),
        _ => Convert.ToHexString(field.Bytes),
    };

    /// <summary>Name of a kind, as the HTTP API has it.</summary>
    public static string NameOf(UserHeaderKind kind) => kind switch
    {
        UserHeaderKind.Text => "string",
        UserHeaderKind.Boolean => "bool",
#pragma warning disable CA1308 // the names are lower-case
        _ => kind.ToString().ToLowerInvariant(),
#pragma warning restore CA1308
    };

    private static bool TryAdd(MessageHeaders headers, string key, string kind, string value)
    {
        var culture = CultureInfo.InvariantCulture;
        MessageHeaders? added = kind.ToUpperInvariant() switch
        {
            "RAW" => headers.AddRaw(key, Encoding.UTF8.GetBytes(value)),
            "STRING" => headers.Add(key, value),
            "BOOL" => headers.Add(key, bool.Parse(value)),
            "INT8" => headers.Add(key, sbyte.Parse(value, culture)),
            "INT16" => headers.Add(key, short.Parse(value, culture)),
            "INT32" => headers.Add(key, int.Parse(value, culture)),
            "INT64" => headers.Add(key, long.Parse(value, culture)),
            "INT128" => headers.Add(key, Int128.Parse(value, culture)),
            "UINT8" => headers.Add(key, byte.Parse(value, culture)),
            "UINT16" => headers.Add(key, ushort.Parse(value, culture)),
            "UINT32" => headers.Add(key, uint.Parse(value, culture)),
            "UINT64" => headers.Add(key, ulong.Parse(value, culture)),
            "UINT128" => headers.Add(key, UInt128.Parse(value, culture)),
            "FLOAT32" => headers.Add(key, float.Parse(value, culture)),
            "FLOAT64" => headers.Add(key, double.Parse(value, culture)),
            _ => null,
        };
        return added is not null;
    }

    private static string Invariant<T>(T value) where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);
}
