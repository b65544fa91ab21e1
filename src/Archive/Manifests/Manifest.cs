using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Iggy.Archive.Layout;

namespace Iggy.Archive.Manifests;

/// <summary>What one round of the archiver found: everything, or what differs from the round before.</summary>
public sealed record Manifest
{
    /// <summary>The layout that this build writes.</summary>
    public const uint CurrentVersion = 1;

    /// <summary>Layout of this manifest.</summary>
    public uint Version { get; init; } = CurrentVersion;

    /// <summary>Epoch of the server.</summary>
    public uint Epoch { get; init; }

    /// <summary>Of the round, from 1 in each epoch.</summary>
    public ulong Sequence { get; init; }

    /// <summary>The moment it stands for: the metadata is that of then, and everything appended before is in it.</summary>
    public ulong TakenMicros { get; init; }

    /// <summary>The manifest that this one changes; null where it tells everything.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ManifestName? Previous { get; init; }

    /// <summary>How many manifests lie between this one and one that tells everything.</summary>
    public uint Depth { get; init; }

    /// <summary>The metadata.</summary>
    public CopyName Metadata { get; init; }

    /// <summary>The marks of the keys that records are encrypted with; never a key. Null where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PackSlice? EncryptionMarks { get; init; }

    /// <summary>Partitions that are new or have changed.</summary>
    public ImmutableArray<PartitionEntry> Partitions { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Keys of partitions that are no longer listed.</summary>
    public ImmutableArray<string> Removed { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>A partition in the archive.</summary>
/// <param name="Key"><c>{topic incarnation}/{sequence}</c>, as its folder.</param>
/// <param name="Branch">Counts how often the log was found not to go on from what the archive had: after a restore to an earlier moment, or a power cut.</param>
/// <param name="Segments">Ascending.</param>
/// <param name="Offsets">The file of stored offsets; null where there is none.</param>
public sealed record PartitionEntry(string Key, uint Branch, ImmutableArray<SegmentEntry> Segments, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PackSlice? Offsets);

/// <summary>A segment in the archive: as a whole once it is sealed, before that in pieces of its records.</summary>
/// <param name="First">Offset of its first message.</param>
/// <param name="Generation">Of its file.</param>
/// <param name="CreatedMicros">When the file was made.</param>
/// <param name="Next">Offset after its last message.</param>
/// <param name="End">End of its records in the file.</param>
/// <param name="LastMicros">Append time of its last message; 0 without one.</param>
/// <param name="Whole">The file, when it is in the archive as a whole; it is <paramref name="End"/> bytes long.</param>
/// <param name="Pieces">Its records otherwise, without a gap from behind the head block to <paramref name="End"/>.</param>
public sealed record SegmentEntry(ulong First, uint Generation, ulong CreatedMicros, ulong Next, uint End, ulong LastMicros,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] WholeFile? Whole, ImmutableArray<Piece> Pieces);

/// <summary>A whole segment file.</summary>
/// <param name="Epoch">Of the server that uploaded it.</param>
/// <param name="Hash">XXH3-64 of its bytes.</param>
public readonly record struct WholeFile(uint Epoch, ulong Hash);

/// <summary>Some of the records of a segment.</summary>
/// <param name="From">Where in the file they start.</param>
/// <param name="Slice">Where in the archive they are.</param>
public readonly record struct Piece(uint From, PackSlice Slice)
{
    /// <summary>Where in the file they end.</summary>
    [JsonIgnore]
    public uint To => From + Slice.Bytes;
}

/// <summary>Bytes within a pack.</summary>
/// <param name="Pack">Which.</param>
/// <param name="At">Where in it.</param>
/// <param name="Bytes">How many.</param>
/// <param name="Hash">Their XXH3-64.</param>
public readonly record struct PackSlice(PackName Pack, uint At, uint Bytes, ulong Hash);
