using System.Globalization;
using System.Text;
using Iggy.Protocol;

namespace Iggy.Ui.Messages;

/// <summary>A message as the console shows it.</summary>
/// <param name="PartitionId">Where it lies.</param>
/// <param name="Offset">Its number there.</param>
/// <param name="TimestampMicros">When it was appended.</param>
/// <param name="OriginMicros">When it was made, as its sender says.</param>
/// <param name="Id">Its id.</param>
/// <param name="Payload">What it carries; cut where only a glimpse is asked for.</param>
/// <param name="PayloadBytes">How much it carries.</param>
/// <param name="RawHeaders">Its user headers as they are stored.</param>
internal sealed record ConsoleMessage(uint PartitionId, ulong Offset, ulong TimestampMicros, ulong OriginMicros, UInt128 Id, ReadOnlyMemory<byte> Payload, int PayloadBytes, ReadOnlyMemory<byte> RawHeaders)
{
    private IReadOnlyList<HeaderView>? _headers;

    /// <summary>Its user headers.</summary>
    public IReadOnlyList<HeaderView> Headers => _headers ??= HeaderView.Read(RawHeaders.Span);

    /// <summary>Names it on a page.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{PartitionId}:{Offset}");

    /// <summary>The text of a header; null without it.</summary>
    public string? Header(string name) => Headers.FirstOrDefault(header => header.Name == name)?.Value;
}

/// <summary>A user header in words.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Kind">Of the value.</param>
/// <param name="Value">In words.</param>
internal sealed record HeaderView(string Name, string Kind, string Value)
{
    private const int MostHeaders = 1000; // shown; a block can hold more than anybody reads

    /// <summary>Reads a block; what is behind a fault is left out, and told.</summary>
    public static IReadOnlyList<HeaderView> Read(ReadOnlySpan<byte> block)
    {
        var headers = new List<HeaderView>();
        var walk = new UserHeaderEnumerator(block);
        while (headers.Count < MostHeaders && walk.MoveNext())
            headers.Add(new HeaderView(TextOf(walk.Key), walk.Value.Kind.ToString(), TextOf(walk.Value)));
        if (walk.Error is not IggyError.None)
            headers.Add(new HeaderView("(not readable)", "", "what follows is no user header"));
        return headers;
    }

    private static string TextOf(UserHeaderField field)
    {
        if (field.TryGetText(out var text))
            return text;
        if (field.TryGet(out bool flag))
            return flag ? "true" : "false";
        if (field.TryGet(out float single))
            return single.ToString(CultureInfo.InvariantCulture);
        if (field.TryGet(out double number))
            return number.ToString(CultureInfo.InvariantCulture);
        if (field.Kind is UserHeaderKind.Raw)
            return "0x" + Convert.ToHexString(field.Bytes);
        var isSigned = field.Kind is >= UserHeaderKind.Int8 and <= UserHeaderKind.Int128;
        return new System.Numerics.BigInteger(field.Bytes, isUnsigned: !isSigned).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The block that a text stands for: a line for each header, its name and its value apart by a colon.</summary>
    public static bool TryWrite(string lines, System.Buffers.IBufferWriter<byte> output, out string? trouble)
    {
        trouble = null;
        var writer = new UserHeadersWriter(output);
        foreach (var line in lines.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = colon < 0 ? (line, "") : (line[..colon].Trim(), line[(colon + 1)..].Trim());
            if (name.Length == 0 || value.Length == 0 || Encoding.UTF8.GetByteCount(name) > ProtocolLimits.MaxNameBytes || Encoding.UTF8.GetByteCount(value) > ProtocolLimits.MaxNameBytes)
            {
                trouble = $"'{line}' is no header: it is a name, a colon and a value, of 255 bytes at most each.";
                return false;
            }
            writer.Add(name, value);
        }
        return true;
    }
}
