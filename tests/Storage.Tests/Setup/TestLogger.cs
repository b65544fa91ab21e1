using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Iggy.Storage.Tests.Setup;

/// <summary>Remembers the ids of logged events.</summary>
internal sealed class TestLogger : ILogger
{
    public const int Damaged = 1000, TailCut = 1001, HeadDamaged = 1002, CommitUnreadable = 1003, PutAside = 1004, IndexRebuilt = 1005,
        SlotDamaged = 1007, OffsetClamped = 1008, DiskFull = 1010, LogFailed = 1011, PurgeFinished = 1012, SealMissing = 1013, EntriesDropped = 1017,
        SegmentsMissing = 1030, ForeignFile = 1031, StoredOffsetsLost = 1032, InventoryUnreadable = 1033, UnsyncedCut = 1040;

    public ConcurrentQueue<(int Id, string Text)> Events { get; } = [];

    public bool Has(int id) => Events.Any(entry => entry.Id == id);

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => Events.Enqueue((eventId.Id, formatter(state, exception)));
}
