using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Plans;
using Iggy.Archive.Stores;
using Iggy.Storage.Copies;
using Microsoft.Extensions.Logging;

namespace Iggy.Archive.Restore;

/// <summary>Makes the folder of one partition.</summary>
internal sealed class PartitionRestore(IArchiveStore store, ArchiveKeys keys, TimeProvider clock, ILogger logger)
{
    /// <returns>How many messages it has.</returns>
    public async Task<ulong> RunAsync(string key, string folder, PartitionPlan plan, PackSlice? offsets, ulong at, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var (segments, epoch) = (new List<SegmentFacts>(), 0u);
        for (var i = 0; i < plan.Segments.Length; i++)
        {
            var segment = plan.Segments[i];
            var facts = new SegmentFacts(segment.First, segment.Generation, segment.CreatedMicros, segment.Next, segment.End, segment.LastMicros, 0, segment.Whole is not null);
            await FetchAsync(key, folder, segment, cancellationToken);
            // Cut are the one that the moment falls into and those that were not sealed. The last two are read through, for one may end empty: the epoch goes on above
            // that of the last record.
            var isLast = i == plan.Segments.Length - 1;
            var own = 0u;
            if (segment.Whole is null || segment.LastMicros > at)
                (facts, own) = RestoredLog.Cut(folder, key, in facts, at, seals: !isLast);
            else if (i >= plan.Segments.Length - 2)
                own = RestoredLog.LastEpoch(folder, in facts);
            epoch = Math.Max(epoch, own);
            segments.Add(facts);
        }
        if (offsets is { } slice)
        {
            var bytes = await store.ReadVerifiedAsync(keys.Pack(slice.Pack), slice.At, (int)slice.Bytes, slice.Hash, cancellationToken);
            await File.WriteAllBytesAsync(PartitionFiles.OffsetsPath(folder), bytes, cancellationToken);
        }
        return RestoredLog.Finish(folder, key, segments, epoch, clock, logger).MessagesCount;
    }

    private async Task FetchAsync(string key, string folder, SegmentEntry segment, CancellationToken cancellationToken)
    {
        var path = PartitionFiles.SegmentPath(folder, segment.First);
        if (segment.Whole is { } whole)
        {
            await store.DownloadVerifiedAsync(keys.Segment(key, segment.First, segment.Generation, whole.Epoch, whole.Hash), segment.End, whole.Hash, path, cancellationToken);
            return;
        }
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, preallocationSize: segment.End);
        RandomAccess.SetLength(file, segment.End);
        foreach (var piece in segment.Pieces)
        {
            var bytes = await store.ReadVerifiedAsync(keys.Pack(piece.Slice.Pack), piece.Slice.At, (int)piece.Slice.Bytes, piece.Slice.Hash, cancellationToken);
            await RandomAccess.WriteAsync(file, bytes, piece.From, cancellationToken);
        }
    }
}
