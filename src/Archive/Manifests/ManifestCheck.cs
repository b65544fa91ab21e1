using System.Globalization;
using Iggy.Storage.Copies;

namespace Iggy.Archive.Manifests;

/// <summary>Refuses a manifest that no archiver writes, so that nothing it says leads out of a folder, or to memory that nobody has.</summary>
internal static class ManifestCheck
{
    /// <summary>Most manifests in a row that build upon each other.</summary>
    public const uint MaxDepth = 1000;

    /// <exception cref="ArchiveDamagedException">It makes no sense.</exception>
    public static void Refuse(Manifest manifest, string key)
    {
        if (manifest.Version != Manifest.CurrentVersion)
            throw new ArchiveDamagedException($"{key} has layout {manifest.Version}, written by a later build; this one knows {Manifest.CurrentVersion}.");
        if (manifest.Depth > MaxDepth || (manifest.Previous is null) != (manifest.Depth == 0))
            throw new ArchiveDamagedException($"{key} makes no sense: it says that {manifest.Depth} manifests lie below it.");
        foreach (var removed in manifest.Removed)
            RefuseKey(removed, key);
        foreach (var partition in manifest.Partitions)
        {
            RefuseKey(partition?.Key, key);
            if (!IsRow(partition!))
                throw new ArchiveDamagedException($"{key} makes no sense where it tells of partition {partition!.Key}.");
        }
    }

    /// <summary>Whether a text is a partition's key and so may become a path.</summary>
    public static bool IsKey(string? text)
    {
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        return slash == 32 && Guid.TryParseExact(text.AsSpan(0, slash), "N", out var topic)
            && ulong.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            && string.Create(CultureInfo.InvariantCulture, $"{topic:N}/{sequence}") == text;
    }

    private static void RefuseKey(string? partition, string key)
    {
        if (!IsKey(partition))
            throw new ArchiveDamagedException($"{key} names a partition that cannot be one.");
    }

    private static bool IsRow(PartitionEntry partition)
    {
        if (partition.Segments.IsDefault)
            return false;
        var before = (SegmentEntry?)null;
        foreach (var segment in partition.Segments)
        {
            if (segment is null || segment.Next < segment.First || segment.End < SegmentFacts.HeadBytes || segment.Pieces.IsDefault
                || (before is not null && segment.First < before.Next) || (segment.Whole is not null && !segment.Pieces.IsEmpty) || !IsCovered(segment))
            {
                return false;
            }
            before = segment;
        }
        return true;
    }

    private static bool IsCovered(SegmentEntry segment)
    {
        if (segment.Whole is not null)
            return true;
        var end = (ulong)SegmentFacts.HeadBytes;
        foreach (var piece in segment.Pieces)
        {
            if (piece.From != end)
                return false;
            end += piece.Slice.Bytes;
        }
        return end == segment.End;
    }
}
