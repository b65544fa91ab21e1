using Microsoft.Extensions.Logging;

namespace Iggy.Storage;

/// <summary>All log events of the storage, ids 1000-1099.</summary>
internal static partial class StorageEvents
{
    [LoggerMessage(1000, LogLevel.Error, "{Folder}: offsets {First} to {Last} are damaged: {Reason}")]
    public static partial void Damaged(this ILogger logger, string folder, ulong first, ulong last, string reason);

    [LoggerMessage(1001, LogLevel.Warning, "{Folder}: cut {Bytes} bytes of an unfinished append behind offset {NextOffset}")]
    public static partial void TailCut(this ILogger logger, string folder, long bytes, ulong nextOffset);

    [LoggerMessage(1002, LogLevel.Error, "{Path}: the head of the segment is unreadable, the segment is down")]
    public static partial void HeadDamaged(this ILogger logger, string path);

    [LoggerMessage(1003, LogLevel.Error, "{Path}: both commit slots are unreadable; every record that can be read is kept")]
    public static partial void CommitUnreadable(this ILogger logger, string path);

    [LoggerMessage(1004, LogLevel.Error, "{Path}: the segment file was put aside as {NewPath}, nothing in it could be read")]
    public static partial void PutAside(this ILogger logger, string path, string newPath);

    [LoggerMessage(1005, LogLevel.Warning, "{Path}: the index did not fit the segment and was built again, {Entries} entries")]
    public static partial void IndexRebuilt(this ILogger logger, string path, int entries);

    [LoggerMessage(1006, LogLevel.Warning, "{Path}: the index cannot be written; reads go on, slower")]
    public static partial void IndexNotWritten(this ILogger logger, string path, Exception cause);

    [LoggerMessage(1007, LogLevel.Error, "{Path}: slot {Slot} of the consumer offsets is damaged and ignored")]
    public static partial void OffsetSlotDamaged(this ILogger logger, string path, int slot);

    [LoggerMessage(1008, LogLevel.Warning, "{Path}: stored offset of {Kind} {Id} was {Stored}, above the log's end; it is {Now} now")]
    public static partial void OffsetClamped(this ILogger logger, string path, ConsumerKind kind, uint id, ulong stored, string now);

    [LoggerMessage(1009, LogLevel.Error, "{Path}: the epoch is unreadable; {Epoch} is used, from the clock")]
    public static partial void EpochUnreadable(this ILogger logger, string path, uint epoch);

    [LoggerMessage(1010, LogLevel.Warning, "{Folder}: the disk is full, appends are refused until there is space")]
    public static partial void DiskFull(this ILogger logger, string folder);

    [LoggerMessage(1011, LogLevel.Error, "{Folder}: a write or sync failed, the log takes no more appends until it is opened again")]
    public static partial void LogFailed(this ILogger logger, string folder, Exception cause);

    [LoggerMessage(1012, LogLevel.Information, "{Folder}: finished a purge that was cut short")]
    public static partial void PurgeFinished(this ILogger logger, string folder);

    [LoggerMessage(1013, LogLevel.Warning, "{Path}: the segment has no seal and was read through")]
    public static partial void SealMissing(this ILogger logger, string path);

    [LoggerMessage(1014, LogLevel.Error, "{Path}: cannot be opened")]
    public static partial void OpenFailed(this ILogger logger, string path, Exception cause);

    [LoggerMessage(1015, LogLevel.Information,
        "{Folder}: delete segments stopped at offset {FirstOffset}, a consumer stands at offset {Barrier}")]
    public static partial void BarrierHeld(this ILogger logger, string folder, ulong firstOffset, ulong barrier);

    [LoggerMessage(1016, LogLevel.Warning, "{Path}: the header of the consumer offsets is unreadable; the file was put aside as {NewPath}")]
    public static partial void OffsetsPutAside(this ILogger logger, string path, string newPath);

    [LoggerMessage(1017, LogLevel.Warning, "{Path}: {Entries} entries of the index did not fit the segment and were dropped")]
    public static partial void IndexEntriesDropped(this ILogger logger, string path, int entries);

    [LoggerMessage(1018, LogLevel.Warning, "{Path}: who holds the log could not be written down")]
    public static partial void OwnerNotWritten(this ILogger logger, string path, Exception cause);

    [LoggerMessage(1019, LogLevel.Debug, "{Folder}: what was written is on disk")]
    public static partial void Synced(this ILogger logger, string folder);

    [LoggerMessage(1029, LogLevel.Warning,
        "{Folder}: the clock is {Micros} us behind the newest message, so it was wrong then or is now; a new segment starts with its time")]
    public static partial void ClockWentBack(this ILogger logger, string folder, ulong micros);

    [LoggerMessage(1030, LogLevel.Error, "{Folder}: segment files are missing, offsets {First} to {Last} are lost")]
    public static partial void SegmentsMissing(this ILogger logger, string folder, ulong first, ulong last);

    [LoggerMessage(1031, LogLevel.Error, "{Path}: the file belongs to another partition and was put aside as {NewPath}")]
    public static partial void ForeignFile(this ILogger logger, string path, string newPath);

    [LoggerMessage(1032, LogLevel.Error, "{Path}: stored consumer offsets are lost, {Reason}: {Left} of {Known} places are left")]
    public static partial void StoredOffsetsLost(this ILogger logger, string path, string reason, long left, long known);

    [LoggerMessage(1033, LogLevel.Error, "{Path}: the list of what must be there is unreadable and made anew; missing files cannot be told this time")]
    public static partial void InventoryUnreadable(this ILogger logger, string path);

    [LoggerMessage(1034, LogLevel.Error, "{Path}: offsets {First} to {Last} are in the archive, and the list of them cannot be used, {Reason}: they are out of the log until a restore brings them back")]
    public static partial void ColdPartLost(this ILogger logger, string path, ulong first, ulong last, string reason);

    [LoggerMessage(1020, LogLevel.Debug, "{Folder}: {Dropped} of {Count} messages of a batch were dropped, their ids came before")]
    public static partial void DuplicatesDropped(this ILogger logger, string folder, uint dropped, uint count);

    [LoggerMessage(1041, LogLevel.Warning, "{Path}: the table of producers could not be written; it is tried again, and until then no segment goes")]
    public static partial void ProducersNotWritten(this ILogger logger, string path, Exception cause);

    [LoggerMessage(1042, LogLevel.Warning, "{Path}: the table of producers is unreadable and is made anew from the records, offset {FirstOffset} on")]
    public static partial void ProducersUnreadable(this ILogger logger, string path, ulong firstOffset);

    [LoggerMessage(1040, LogLevel.Warning,
        "{Folder}: offsets {FirstOffset} to {LastOffset} were cut: their sync did not end before the power went, so they were never acknowledged")]
    public static partial void UnsyncedCut(this ILogger logger, string folder, ulong firstOffset, ulong lastOffset);
}
