using System.Collections.Immutable;

namespace Iggy.Protocol.Vsr;

/// <summary>One option: a key, and a value of any of the types that user headers have.</summary>
/// <param name="Key">1 to 255 bytes.</param>
/// <param name="Kind">Type of the value.</param>
/// <param name="Value">1 to 255 bytes, as many as the type has.</param>
public readonly record struct WireOption(string Key, UserHeaderKind Kind, ImmutableArray<byte> Value)
{
    /// <inheritdoc/>
    public bool Equals(WireOption other) => Key == other.Key && Kind == other.Kind && Value.AsSpan().SequenceEqual(other.Value.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Key, Kind, Value.IsDefault ? 0 : Value.Length);
}

/// <summary>A row of options: pairs in the encoding of user headers, keys as text and each only once. In a request it runs to the end of the
/// body; in a reply a u32 length stands in front.</summary>
public static class OptionsBlock
{
    /// <summary>Most bytes of a block.</summary>
    public const int MaxBytes = 100_000;

    /// <summary>Most pairs of a block.</summary>
    public const int MaxPairs = 1024;

    /// <summary>Reads a block.</summary>
    /// <returns><see cref="IggyError.None"/>; <see cref="IggyError.OptionsBlockTooLarge"/>; <see cref="IggyError.InvalidCommand"/> for anything that
    /// is no row of pairs, or holds a key twice.</returns>
    public static IggyError TryRead(ReadOnlySpan<byte> block, out ImmutableArray<WireOption> options)
    {
        options = [];
        if (block.Length > MaxBytes)
            return IggyError.OptionsBlockTooLarge;

        var read = ImmutableArray.CreateBuilder<WireOption>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var pairs = new UserHeaderEnumerator(block);
        while (pairs.MoveNext())
        {
            if (read.Count == MaxPairs)
                return IggyError.OptionsBlockTooLarge;
            if (!pairs.Key.TryGetText(out var key) || !keys.Add(key))
                return IggyError.InvalidCommand;
            read.Add(new(key, pairs.Value.Kind, [.. pairs.Value.Bytes]));
        }
        if (pairs.Error is not IggyError.None)
            return IggyError.InvalidCommand;
        options = read.DrainToImmutable();
        return IggyError.None;
    }

    /// <summary>Judges a block where no key is known: streams and users.</summary>
    /// <returns><see cref="IggyError.None"/> for an empty block, <see cref="IggyError.UnsupportedOptionKey"/> for any key, else as <see cref="TryRead"/>.</returns>
    public static IggyError CheckEmpty(ReadOnlySpan<byte> block) => TryRead(block, out var options) is var fault and not IggyError.None
        ? fault
        : options.IsEmpty ? IggyError.None : IggyError.UnsupportedOptionKey;

    /// <summary>Reads a block that runs to the end.</summary>
    public static ImmutableArray<WireOption> ReadToEnd(ref WireReader reader)
    {
        if (TryRead(reader.Rest(), out var options) is var fault and not IggyError.None)
            reader.Fail(fault);
        return options;
    }

    /// <summary>Reads a block as replies carry it.</summary>
    public static ImmutableArray<WireOption> ReadPrefixed(ref WireReader reader)
    {
        if (TryRead(reader.Bytes(reader.U32()), out var options) is var fault and not IggyError.None)
            reader.Fail(fault);
        return options;
    }

    /// <summary>Writes a block as requests carry it.</summary>
    public static void Write(WireWriter writer, ImmutableArray<WireOption> options)
    {
        foreach (var option in options)
        {
            WriteField(writer, UserHeaderKind.Text, WireText.Encode(option.Key));
            WriteField(writer, option.Kind, option.Value.AsSpan());
        }
    }

    /// <summary>Writes a block as replies carry it.</summary>
    public static void WritePrefixed(WireWriter writer, ImmutableArray<WireOption> options)
    {
        var bytes = 0;
        foreach (var option in options)
            bytes += (2 * (1 + sizeof(uint))) + WireText.CountBytes(option.Key) + option.Value.Length;
        writer.U32((uint)bytes);
        Write(writer, options);
    }

    /// <summary>Whether two blocks hold the same, in the same order.</summary>
    internal static bool AreEqual(ImmutableArray<WireOption> one, ImmutableArray<WireOption> other) => one.AsSpan().SequenceEqual(other.AsSpan());

    private static void WriteField(WireWriter writer, UserHeaderKind kind, ReadOnlySpan<byte> bytes)
    {
        writer.U8((byte)kind);
        writer.U32((uint)bytes.Length);
        writer.Bytes(bytes);
    }
}
