using System.Globalization;

namespace Iggy.Archive.Layout;

/// <summary>Names of all objects of one server in a bucket, as docs/formats/archive.md has them. Every key is written once.</summary>
/// <param name="prefix">Of the archive; may be empty.</param>
/// <param name="server">Which server's.</param>
public sealed class ArchiveKeys(string prefix, string server)
{
    /// <summary>Starts the keys of all servers of an archive.</summary>
    public static string Servers(string prefix) => prefix.Trim('/') is { Length: > 0 } given ? $"{given}/v1/" : "v1/";

    /// <summary>Starts every key.</summary>
    public string Root { get; } = Servers(prefix) + server + "/";

    /// <summary>Starts the keys of epochs.</summary>
    public string Epochs => Root + "epochs/";

    /// <summary>Starts the keys of points.</summary>
    public string Points => Root + "points/";

    /// <summary>Starts the keys of whole segments.</summary>
    public string Segments => Root + "data/";

    /// <summary>Starts the keys of packs.</summary>
    public string Packs => Root + "tail/";

    /// <summary>Starts the keys of copies of the metadata.</summary>
    public string Copies => Root + "meta/";

    /// <summary>Starts the keys of manifests.</summary>
    public string Manifests => Root + "manifests/";

    /// <summary>Claims an epoch.</summary>
    public string Epoch(uint epoch) => Text($"{Epochs}{epoch:D10}");

    /// <summary>The epoch of a key; null where it is none.</summary>
    public uint? EpochOf(string key) =>
        key.StartsWith(Epochs, StringComparison.Ordinal) && uint.TryParse(key.AsSpan(Epochs.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) ? epoch : null;

    /// <summary>A copy of the metadata.</summary>
    public string Copy(in CopyName name) => Text($"{Copies}{name.Epoch:D10}/{name.Sequence:D10}-{name.Hash:x16}");

    /// <summary>A whole segment file.</summary>
    public string Segment(string partition, ulong firstOffset, uint generation, uint epoch, ulong hash) =>
        Text($"{Segments}{partition}/{firstOffset:D20}-{generation:D10}-{epoch:D10}-{hash:x16}.log");

    /// <summary>An object of many slices.</summary>
    public string Pack(in PackName name) => Text($"{Packs}{name.Epoch:D10}/{name.Sequence:D10}-{name.Number:D5}");

    /// <summary>What one round added.</summary>
    public string Manifest(in ManifestName name) => Text($"{Manifests}{name.Epoch:D10}/{name.Sequence:D10}-{name.Hash:x16}");

    /// <summary>A moment that can be gone back to.</summary>
    public string Point(in Point point) => Text($"{Points}{PointTime.Write(point.Micros)}-{point.Manifest.Epoch:D10}-{point.Manifest.Sequence:D10}-{point.Manifest.Hash:x16}");

    /// <summary>The point of a key; null where it is none.</summary>
    public Point? PointOf(string key)
    {
        if (!key.StartsWith(Points, StringComparison.Ordinal) || key[Points.Length..].Split('-') is not [var time, var epoch, var sequence, var hash])
            return null;
        return PointTime.TryRead(time, out var micros)
            && uint.TryParse(epoch, NumberStyles.None, CultureInfo.InvariantCulture, out var epochNumber)
            && ulong.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var sequenceNumber)
            && ulong.TryParse(hash, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hashNumber)
            ? new Point(micros, new ManifestName(epochNumber, sequenceNumber, hashNumber)) : null;
    }

    /// <summary>Proves that the store keeps to <c>If-None-Match</c>.</summary>
    public string Probe(Guid id) => $"{Root}probe/{id:N}";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Which manifest.</summary>
/// <param name="Epoch">Of its server.</param>
/// <param name="Sequence">Of the round, from 1 in each epoch.</param>
/// <param name="Hash">XXH3-64 of its bytes.</param>
public readonly record struct ManifestName(uint Epoch, ulong Sequence, ulong Hash);

/// <summary>Which copy of the metadata.</summary>
/// <param name="Epoch">Of its server.</param>
/// <param name="Sequence">Of the round.</param>
/// <param name="Hash">XXH3-64 of its bytes.</param>
/// <param name="Bytes">How many.</param>
public readonly record struct CopyName(uint Epoch, ulong Sequence, ulong Hash, long Bytes);

/// <summary>Which pack.</summary>
/// <param name="Epoch">Of its server.</param>
/// <param name="Sequence">Of the round.</param>
/// <param name="Number">In the round, from 0.</param>
public readonly record struct PackName(uint Epoch, ulong Sequence, uint Number);

/// <summary>A moment that can be gone back to, and the manifest that says what there was.</summary>
/// <param name="Micros">The moment, since 1970: everything appended before it is in the archive.</param>
/// <param name="Manifest">The round.</param>
public readonly record struct Point(ulong Micros, ManifestName Manifest);
