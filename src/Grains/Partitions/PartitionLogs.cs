using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Metadata;
using Iggy.Grains.Options;
using Iggy.Replicas;
using Iggy.Grains.Streams;
using Iggy.Grains.Tiering;
using Iggy.Storage;
using Iggy.Storage.Cold;
using Iggy.Storage.Context;
using Iggy.Storage.Copies;
using Iggy.Storage.Log;
using Iggy.Storage.Replicas;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Partitions;

/// <summary>Makes, opens and removes partition folders. All of it is file work that may take long, so it runs on the thread pool.</summary>
internal sealed class PartitionLogs(
    DataFolderHolder data, IOptions<StorageOptions> options, StreamKeys keys, IOptions<DeduplicationOptions> deduplication,
    TimeProvider clock, ILogger<PartitionLog> logger)
{
    // Readers far behind the end share them: most read the active segment, which is mapped.
    private const int MaxOpenSegments = 2;

    /// <summary>Descriptors that an open log may have at once: lock, active segment, its index, offsets; file and index of each sealed segment that is read.
    /// What a roll or a sync opens for a moment is in the budget's reserve.</summary>
    public const int FilesPerLog = 4 + (2 * MaxOpenSegments);

    private readonly PartitionLogOptions _options = new()
    {
        MaxOpenSegments = MaxOpenSegments,
        SegmentBytes = options.Value.SegmentBytes,
        Durability = options.Value.Durability,
        FlushInterval = options.Value.FlushInterval,
        MaxClockLead = options.Value.MaxClockLead,
        MaxConsumers = options.Value.MaxConsumersPerPartition,
        MaxProducers = options.Value.MaxProducersPerPartition,
        Deduplication = deduplication.Value.ToWindow(),
    };

    /// <summary>Makes a log follow its topic: how it packs its messages, and how large its segments are.</summary>
    /// <param name="log">Of a partition of the topic.</param>
    /// <param name="settings">The topic's; null when they are not known: then the server's own hold.</param>
    public void Configure(PartitionLog log, TopicSettings? settings)
    {
        log.Codec = options.Value.CompressAll || settings is { Compression: TopicSettings.Gzip } ? options.Value.Compression : RecordCodec.None;
        log.SegmentBytes = settings?.Tuning?.SegmentBytes is { } asked
            ? (long)Math.Clamp(asked, PartitionLogOptions.SmallestSegmentBytes, (ulong)PartitionLogOptions.LargestSegmentBytes)
            : options.Value.SegmentBytes;
    }

    /// <summary>Whether a closed partition has segments that are to go to the archive and are there.</summary>
    public bool HasGoing(string key, IReadOnlyList<ArchivedSegment> archived, in LocalLimits limits)
    {
        if (archived.Count == 0)
            return false;
        var here = PartitionFiles.ListSegments(FolderOf(key)).ToHashSet();
        var local = archived.Where(one => here.Contains(one.FirstOffset)).Select(one => new LocalSegment(one.FirstOffset, one.Generation, one.NextOffset, one.EndPosition, one.LastMicros)).ToList();
        return ColdPlan.CountGoing(local, activeBytes: 0, in limits) > 0;
    }

    /// <summary>The checksums of a segment that is to go, if it is what the archive has.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public ImmutableArray<ulong>? Digest(string key, in LocalSegment segment, ulong hash) => ColdDigest.Compute(FolderOf(key), in segment, hash);

    public Task CreateAsync(string key) => Task.Run(() => PartitionLog.Create(FolderOf(key)));

    /// <summary>Whether a partition whose settings are not known may be opened: its stream could have a key, and its messages must not be kept under another.</summary>
    public bool OpensWithoutSettings => !keys.HasAny;

    /// <summary>Whether there is a partition to open.</summary>
    public bool Exists(string key) => PartitionKey.IsValid(key) && PartitionLog.Exists(FolderOf(key));

    /// <summary>Opens a partition: recovery runs here.</summary>
    /// <param name="key">Of the partition.</param>
    /// <param name="syncsEachAppend">Whether its topic asks for messages that are on disk before they are answered.</param>
    /// <param name="streamKey">What the topic's settings say of the stream's key.</param>
    /// <returns>Null when there is no such folder.</returns>
    /// <exception cref="IOException">Locked by another process, or unreadable; or the key of its stream cannot be decrypted.</exception>
    public Task<PartitionLog?> OpenAsync(string key, bool syncsEachAppend, string? streamKey) => Task.Run(() =>
    {
        var folder = FolderOf(key);
        if (ReplicaFile.Exists(folder))
            throw new IOException($"{folder} is a replica, and the register says that the partition has none."); // what others have of it may be newer
        return PartitionLog.Exists(folder) ? PartitionLog.Open(folder, _options with { Name = key, SyncsEachAppend = syncsEachAppend, Encryption = keys.Of(streamKey) }, clock, logger) : null;
    });

    /// <summary>Makes an empty replica of a partition. Does nothing if it is there.</summary>
    /// <param name="key">Of the partition.</param>
    /// <param name="isFirst">Whether nobody has led the partition yet; else it does not count before a leader has brought it level.</param>
    public Task CreateReplicaAsync(string key, bool isFirst) => Task.Run(() =>
    {
        var folder = FolderOf(key);
        PartitionLog.Create(folder);
        ReplicaFiles.OpenOrCreate(folder, isFirst, MachineBoot.Current).Dispose();
    });

    /// <summary>Whether there is a replica of a partition.</summary>
    public bool IsReplica(string key) => PartitionKey.IsValid(key) && FolderOf(key) is var folder && PartitionLog.Exists(folder) && ReplicaFile.Exists(folder);

    /// <summary>The partitions of which there is a replica.</summary>
    public string[] ListReplicas()
    {
        var root = data.Open().PartitionsPath;
        return [.. Directory.EnumerateDirectories(root).SelectMany(Directory.EnumerateDirectories).Where(ReplicaFile.Exists)
            .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/')).Where(PartitionKey.IsValid)];
    }

    /// <summary>The epoch that a closed replica promised last; 0 for one that was made out of a log that was alone, and nobody knows of it yet; null where there is none.</summary>
    public ulong? PromisedOf(string key)
    {
        if (!IsReplica(key))
            return null;
        using var file = ReplicaFile.Open(FolderOf(key));
        return file.Words.Promised;
    }

    /// <summary>Opens a replica's log, with recovery, and its words.</summary>
    /// <exception cref="IOException">As for a log that is alone; or nobody knows what it promised.</exception>
    public (PartitionLog Log, ReplicaFile File) OpenReplica(string key, bool syncsEachAppend, string? streamKey)
    {
        var folder = FolderOf(key);
        var log = PartitionLog.Open(folder, _options with { Name = key, SyncsEachAppend = syncsEachAppend, Encryption = keys.Of(streamKey), IsReplica = true }, clock, logger);
        try
        {
            return (log, ReplicaFile.Open(folder));
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Removes a partition's folder, and its topic's when that was the last.</summary>
    public Task DeleteAsync(string key) => Task.Run(() =>
    {
        var folder = FolderOf(key);
        var topicFolder = Path.GetDirectoryName(folder)!;
        try
        {
            PartitionLog.Delete(folder);
        }
        catch (IOException) when (!Directory.Exists(topicFolder))
        {
            return; // gone, and before its removal was synced the last of its siblings took the topic's folder too
        }

        try
        {
            Directory.Delete(topicFolder, recursive: false);
        }
        catch (IOException e) when (IsNotEmpty(e) || !Directory.Exists(topicFolder))
        {
            // Partitions of a topic go at once: while others are left the folder stays, and whoever is last removes it.
        }
    });

    // ENOTEMPTY as .NET hands it on from Linux, ERROR_DIR_NOT_EMPTY from Windows.
    private static bool IsNotEmpty(IOException e) => e.HResult is 39 or unchecked((int)0x8007_0091);

    private string FolderOf(string key) => PartitionKey.Folder(data.Open().Root, key);
}
