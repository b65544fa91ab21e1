using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Log = Iggy.Storage;
using PartitionLog = Iggy.Storage.Log.PartitionLog;

namespace Iggy.Grains.Partitions;

/// <summary>The contract's words for the log's, which is a leaf and has its own.</summary>
internal static class LogAnswers
{
    public static Refusal Refusal(this Log.AppendStatus status) => status switch
    {
        Log.AppendStatus.Appended => Interfaces.Refusal.None,
        Log.AppendStatus.DiskFull => Interfaces.Refusal.DiskFull,
        Log.AppendStatus.InvalidBatch => Interfaces.Refusal.InvalidBatch,
        Log.AppendStatus.RepeatTooOld => Interfaces.Refusal.RepeatTooOld,
        Log.AppendStatus.ProducerOutOfOrder => Interfaces.Refusal.ProducerOutOfOrder,
        Log.AppendStatus.ProducerFenced => Interfaces.Refusal.ProducerFenced,
        Log.AppendStatus.ProducerUnknown => Interfaces.Refusal.ProducerUnknown,
        _ => Interfaces.Refusal.StorageFailed,
    };

    public static Refusal Refusal(this Log.ReadStatus status) => status switch
    {
        Log.ReadStatus.Ok => Interfaces.Refusal.None,
        Log.ReadStatus.Damaged => Interfaces.Refusal.Damaged,
        _ => Interfaces.Refusal.StorageFailed,
    };

    public static Refusal Refusal(this Log.StoreOffsetStatus status) => status switch
    {
        Log.StoreOffsetStatus.Stored => Interfaces.Refusal.None,
        Log.StoreOffsetStatus.OutOfRange => Interfaces.Refusal.OffsetOutOfRange,
        Log.StoreOffsetStatus.LimitReached => Interfaces.Refusal.TooManyConsumers,
        Log.StoreOffsetStatus.DiskFull => Interfaces.Refusal.DiskFull,
        _ => Interfaces.Refusal.StorageFailed,
    };

    public static PartitionStats ToStats(this in Log.LogSummary summary) => new(
        Interfaces.Refusal.None, summary.Stats.CurrentOffset, summary.Stats.MessagesCount, summary.Stats.MessageBytes, summary.Stats.SegmentsCount,
        summary.LagMessages, summary.RecordsCount);

    public static PartitionRetention ToRetention(this in Log.LogSummary summary, uint deleted) => new(
        Interfaces.Refusal.None, deleted, summary.Stats.MessageBytes, summary.OldestSealed is { IsHeld: false },
        summary.OldestSealed?.FirstOffset ?? 0, summary.OldestSealed?.FirstTimestampMicros ?? 0);

    /// <summary>Whether there is a sealed segment without a message newer than a time; perhaps it is held.</summary>
    public static bool HasExpired(this in Log.LogSummary summary, ulong newestMicros) =>
        summary.OldestSealed is { } oldest && oldest.LastTimestampMicros <= newestMicros;

    public static Log.ConsumerKey ToLog(this ConsumerKey consumer) => new((Log.ConsumerKind)consumer.Kind, consumer.Id);

    public static Log.MessageLayout ToLog(this MessageLayout layout) => (Log.MessageLayout)layout;

    /// <summary>A poll as the log reads: "next" becomes the offset after the stored one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a strategy: a mistake of the caller's.</exception>
    public static Log.ReadRequest ToLog(this in PollRequest request, PartitionLog log)
    {
        var (from, value) = request.From switch
        {
            PollFrom.Offset => (Log.ReadFrom.Offset, request.Value),
            PollFrom.Timestamp => (Log.ReadFrom.Timestamp, request.Value),
            PollFrom.First => (Log.ReadFrom.First, 0UL),
            PollFrom.Last => (Log.ReadFrom.Last, 0UL),
            PollFrom.Next when log.TryGetConsumerOffset(request.Consumer.ToLog(), out var stored) => (Log.ReadFrom.Offset, stored + 1),
            PollFrom.Next => (Log.ReadFrom.First, 0UL),
            _ => throw new ArgumentOutOfRangeException(nameof(request), request.From, "Not a strategy."),
        };
        return new Log.ReadRequest(from, value, request.Count, request.Layout.ToLog(), request.HeadroomBytes, request.MaxBytes, request.PartitionId, request.WholeBytes);
    }
}
