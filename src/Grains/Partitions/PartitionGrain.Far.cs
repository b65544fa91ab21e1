using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Grains.Partitions;

/// <summary>What only callers on other servers ask.</summary>
internal sealed partial class PartitionGrain
{
    public ValueTask<Refusal> StageAsync(Guid upload, int totalBytes, MessageBatch part)
    {
        var refusal = staged.Add(upload, totalBytes, part.Messages.Span);
        part.Lease?.Dispose();
        return new(refusal);
    }

    public ValueTask<AppendResult> AppendStagedAsync(Guid upload, MessageLayout layout, uint count) => staged.Take(upload) is { } whole
        ? AppendAsync(new MessageBatch(layout, whole.Bytes, count) { Lease = whole })
        : new(new AppendResult(Refusal.Unavailable, 0));

    public ValueTask<PartitionStats> GetKnownStatsAsync()
    {
        using var held = Hold();
        return new(_log is { } log ? log.Summary.ToStats() : TryGetClosed(out var summary) ? summary.ToStats() : default);
    }
}
