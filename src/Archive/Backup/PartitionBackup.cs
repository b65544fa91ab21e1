using System.Collections.Immutable;
using System.IO.Hashing;
using Iggy.Archive.Manifests;
using Iggy.Archive.Plans;
using Iggy.Storage.Cold;
using Iggy.Storage.Copies;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Archive.Backup;

/// <summary>What was seen of a partition's files the last time, so that an idle one costs a look.</summary>
/// <param name="Segments">How many there were.</param>
/// <param name="Oldest">Of the oldest.</param>
/// <param name="Newest">Of the newest.</param>
/// <param name="OffsetsWritten">When the file of stored offsets was written last.</param>
/// <param name="ColdWritten">When the list of cold segments was.</param>
internal readonly record struct PartitionLook(int Segments, SegmentFacts? Oldest, SegmentFacts? Newest, DateTime OffsetsWritten, DateTime ColdWritten);

/// <summary>Brings one partition up to date in the archive, beside its writer.</summary>
internal sealed class PartitionBackup(string key, string folder, PackWriter packs, SegmentUpload upload, ArchiveMetrics metrics)
{
    private const int Attempts = 3; // of a partition whose files change under the look
    private bool _isBranch;

    /// <summary>Uploads what is new.</summary>
    /// <param name="known">What the archive has; null for nothing.</param>
    /// <param name="isTrusted">Whether this process has compared that with the files before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the archive has when this round is through.</returns>
    public async Task<PartitionEntry> RunAsync(PartitionEntry? known, bool isTrusted, CancellationToken cancellationToken)
    {
        var (segments, isSteady) = (ImmutableArray<SegmentEntry>.Empty, false);
        for (var attempt = 1; attempt <= Attempts && !isSteady; attempt++)
        {
            _isBranch = false;
            (segments, isSteady) = await ReadSegmentsAsync(known, isTrusted, cancellationToken);
        }
        if (isSteady && known is { Segments: [.., var last] } && segments is [var oldest, ..] && segments[^1] is var newest)
        {
            if (oldest.First > last.Next)
                metrics.NoteMissed(); // rolled and deleted between two rounds
            _isBranch |= newest.Next < last.Next && newest.Generation <= last.Generation; // shorter than it was, and not by a purge
        }
        _isBranch &= isSteady;
        if (segments.IsEmpty && known is not null && !Directory.Exists(folder))
            return known; // deleted after the metadata of this round was taken
        return new PartitionEntry(key, (known?.Branch ?? 0) + (_isBranch ? 1u : 0), segments, await ReadOffsetsAsync(known?.Offsets, cancellationToken));
    }

    /// <summary>Looks at a partition without reading its messages.</summary>
    public static PartitionLook Look(string folder)
    {
        var names = PartitionFiles.ListSegments(folder);
        return new PartitionLook(names.Count, names.Count > 0 ? Facts(folder, names[0]) : null, names.Count > 0 ? Facts(folder, names[^1]) : null,
            File.GetLastWriteTimeUtc(PartitionFiles.OffsetsPath(folder)), File.GetLastWriteTimeUtc(PartitionFiles.ColdListPath(folder)));
    }

    private static SegmentFacts? Facts(string folder, ulong first)
    {
        using var file = PartitionFiles.TryOpenSegment(folder, first);
        return file is null ? null : PartitionFiles.ReadFacts(file, first);
    }

    private async Task<(ImmutableArray<SegmentEntry> Segments, bool IsSteady)> ReadSegmentsAsync(PartitionEntry? known, bool isTrusted, CancellationToken cancellationToken)
    {
        var entries = ImmutableArray.CreateBuilder<SegmentEntry>();
        var isSteady = true;
        var names = PartitionFiles.ListSegments(folder);
        entries.AddRange(ReadCold(names, known)); // behind the names: a segment that goes in between is not missed, and is met again
        foreach (var first in names)
        {
            var before = known?.Segments.FirstOrDefault(one => one.First == first);
            using var file = PartitionFiles.TryOpenSegment(folder, first);
            var facts = file is null ? null : PartitionFiles.ReadFacts(file, first);
            var entry = facts is { } readable ? await ReadSegmentAsync(file!, readable, before, isTrusted, cancellationToken) : null;
            // Of a file that went, or is unreadable, the archive keeps what it has.
            if (entry is null && facts is null && File.Exists(PartitionFiles.SegmentPath(folder, first)))
                entry = before;
            isSteady &= entry is not null;
            if (entry is null)
                continue;
            if (entries.Count > 0 && entries[^1].Next > entry.First)
                return (entries.ToImmutable(), false); // a purge between two looks
            entries.Add(entry);
        }
        return (entries.ToImmutable(), isSteady);
    }

    // Segments that are here no more and in the archive already. One that a later step finds in the folder too was listed before its file went.
    private IEnumerable<SegmentEntry> ReadCold(IReadOnlyList<ulong> names, PartitionEntry? known)
    {
        if (names.Count == 0)
            return [];
        try
        {
            return ColdList.Read(folder, names[0]).Select(static cold => new SegmentEntry(
                cold.FirstOffset, cold.Generation, cold.CreatedMicros, cold.NextOffset, cold.EndPosition, cold.LastMicros, new WholeFile(cold.Place.Epoch, cold.Place.Hash), []));
        }
        catch (InvalidDataException)
        {
            return known?.Segments.Where(one => one.Whole is not null && one.Next <= names[0]) ?? []; // the log tells of it when it is opened; here nothing goes for it
        }
    }

    private async Task<SegmentEntry?> ReadSegmentAsync(SafeFileHandle file, SegmentFacts facts, SegmentEntry? before, bool isTrusted, CancellationToken cancellationToken)
    {
        _isBranch |= before is not null && before.Generation == facts.Generation && before.CreatedMicros != facts.CreatedMicros;
        if (before is not null && (before.Generation, before.CreatedMicros) != (facts.Generation, facts.CreatedMicros))
            before = null;
        var entry = new SegmentEntry(facts.FirstOffset, facts.Generation, facts.CreatedMicros, facts.NextOffset, facts.EndPosition, facts.LastMicros, null, []);
        if (facts.IsSealed)
        {
            if (before?.Whole is not null && before == entry with { Whole = before.Whole, Pieces = before.Pieces })
                return before;
            _isBranch |= before is not null && (before.Whole is not null || Verified(file, before.Pieces, facts.EndPosition, isTrusted).Length < before.Pieces.Length);
            return await upload.RunAsync(key, file, facts, cancellationToken) is { } whole ? entry with { Whole = whole } : null;
        }

        var pieces = Verified(file, before?.Pieces ?? [], facts.EndPosition, isTrusted);
        _isBranch |= before is not null && (before.Whole is not null || pieces.Length < before.Pieces.Length);
        var (kept, added) = TailPlan.Next(pieces, facts.EndPosition);
        var next = pieces[..kept].ToBuilder();
        foreach (var (from, to) in added)
        {
            var bytes = new byte[to - from];
            if (!Read(file, bytes, from) || PartitionFiles.ReadFacts(file, facts.FirstOffset)?.Generation != facts.Generation)
                return null;
            next.Add(new Piece(from, await packs.AddAsync(bytes, cancellationToken)));
        }
        return entry with { Pieces = next.ToImmutable() };
    }

    // What the archive has of a segment may not be what the file holds: after a restore to an earlier moment, or when a power cut or a truncation took the end of
    // a log. The first time all of it is compared, then the last piece.
    private static ImmutableArray<Piece> Verified(SafeFileHandle file, ImmutableArray<Piece> pieces, uint end, bool isTrusted)
    {
        var kept = pieces.Length;
        while (kept > 0 && pieces[kept - 1].To > end)
            kept--;
        if (kept == 0 || (isTrusted && kept == pieces.Length && IsSame(file, pieces[kept - 1])))
            return pieces[..kept];
        for (var i = 0; i < kept; i++)
        {
            if (!IsSame(file, pieces[i]))
                return pieces[..i];
        }
        return pieces[..kept];
    }

    private static bool IsSame(SafeFileHandle file, in Piece piece)
    {
        var bytes = new byte[piece.Slice.Bytes];
        return Read(file, bytes, piece.From) && XxHash3.HashToUInt64(bytes) == piece.Slice.Hash;
    }

    private static bool Read(SafeFileHandle file, Span<byte> bytes, long position)
    {
        for (int read; !bytes.IsEmpty; bytes = bytes[read..], position += read)
        {
            if ((read = RandomAccess.Read(file, bytes, position)) == 0)
                return false;
        }
        return true;
    }

    private async Task<PackSlice?> ReadOffsetsAsync(PackSlice? known, CancellationToken cancellationToken)
    {
        if (PartitionFiles.ReadOffsets(folder) is not { Length: > 0 } bytes)
            return null;
        if (known is { } slice && slice.Bytes == bytes.Length && XxHash3.HashToUInt64(bytes) == slice.Hash)
            return known;
        return await packs.AddAsync(bytes, cancellationToken);
    }
}
