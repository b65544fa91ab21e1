using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Stores;
using Iggy.Grains.Metadata;
using Iggy.Grains.Tiering;
using Iggy.Storage.Cold;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Archive.Tiering;

/// <summary>The archive as the place of cold parts: what the last point names may go there, and comes back through a cache on the disk.</summary>
internal sealed partial class ColdTier(
    IOptions<ArchiveOptions> options, Func<ArchiveOptions, IArchiveStore> open, DataFolderHolder holder, TierMetrics metrics, TimeProvider clock, ILogger<ColdTier> logger)
    : IColdTier, IDisposable
{
    private readonly ArchiveOptions _options = options.Value;
    private readonly ArchiveKeys _keys = new(options.Value.Prefix, options.Value.Server);
    private readonly Lock _gate = new();
    private volatile IReadOnlyDictionary<string, PartitionEntry> _named = new Dictionary<string, PartitionEntry>();
    private (IArchiveStore Store, BlockSource Source)? _opened; // with the first need, for most servers have none
    private string? _told;

    public (ulong? Bytes, ulong? AgeMicros) Defaults => !_options.IsOn ? default : (
        _options.LocalRetentionBytes > 0 ? (ulong)_options.LocalRetentionBytes : null,
        _options.LocalRetentionTime > TimeSpan.Zero ? (ulong)(_options.LocalRetentionTime.Ticks / TimeSpan.TicksPerMicrosecond) : null);

    /// <summary>Takes over what the newest point names. To be called when that point is in the store, with what no one changes any more.</summary>
    public void Confirm(IReadOnlyDictionary<string, PartitionEntry> named) => _named = named;

    /// <summary>Another server writes the archive: nothing more may leave this one's disk for it.</summary>
    public void Withdraw() => _named = new Dictionary<string, PartitionEntry>();

    public IReadOnlyList<ArchivedSegment> ListArchived(string partition) => !_named.TryGetValue(partition, out var entry) ? [] :
        [.. entry.Segments.Where(static segment => segment.Whole is not null).Select(static segment => new ArchivedSegment(
            segment.First, segment.Generation, segment.CreatedMicros, segment.Next, segment.End, segment.LastMicros, new ArchivePlace(segment.Whole!.Value.Epoch, segment.Whole.Value.Hash)))];

    public async Task<bool> IsThereAsync(string partition, ArchivedSegment segment)
    {
        var key = _keys.Segment(partition, segment.FirstOffset, segment.Generation, segment.Place.Epoch, segment.Place.Hash);
        using var limit = new CancellationTokenSource(_options.ColdReadTimeout, clock);
        try
        {
            await foreach (var found in Open().Store.ListAsync(key, after: null, limit.Token))
            {
                if (found.Key == key)
                    return found.Bytes == segment.EndPosition;
            }
            return false;
        }
        catch (Exception failure) when (failure is ArchiveStoreException or OperationCanceledException)
        {
            throw new ColdAwayException(failure.Message, failure);
        }
    }

    public async ValueTask<IColdBlock> FetchAsync(ColdNeed need)
    {
        if (!_options.IsOn)
            throw Away(need.Partition, new ColdAwayException("No archive is named (Iggy:Archive:Bucket), and the messages are in one."));
        try
        {
            var block = await Open().Source.FetchAsync(need);
            if (_told is not null && Interlocked.Exchange(ref _told, null) is not null)
                LogBack(logger);
            return block;
        }
        catch (ColdAwayException away)
        {
            throw Away(need.Partition, away);
        }
        catch (Exception failure) when (failure is ArchiveStoreException or IOException or UnauthorizedAccessException)
        {
            throw Away(need.Partition, new ColdAwayException(failure.Message, failure));
        }
    }

    public void NoteMoved(ArchivedSegment segment) => metrics.NoteMoved(segment.EndPosition);

    public void Dispose()
    {
        lock (_gate)
            _opened?.Source.Dispose();
    }

    private (IArchiveStore Store, BlockSource Source) Open()
    {
        lock (_gate)
        {
            if (_opened is { } opened)
                return opened;
            var store = open(_options);
            var cache = new BlockCache(Path.Combine(holder.Open().Root, "cold.cache"), (int)(_options.ColdCacheBytes / ColdSegment.BlockBytes), ColdSegment.BlockBytes);
            _opened = (store, new BlockSource(store, _keys, cache, _options, metrics, clock));
            return _opened.Value;
        }
    }

    // Once for each reason: readers come again and again.
    private ColdAwayException Away(string partition, ColdAwayException away)
    {
        if (Interlocked.Exchange(ref _told, away.Message) != away.Message)
            LogAway(logger, partition, away.Message);
        return away;
    }

    [LoggerMessage(1110, LogLevel.Error, "Messages of partition {Partition} are in the archive and cannot be read now; readers are told to come again: {Reason}")]
    private static partial void LogAway(ILogger logger, string partition, string reason);

    [LoggerMessage(1111, LogLevel.Information, "Messages in the archive can be read again")]
    private static partial void LogBack(ILogger logger);
}
