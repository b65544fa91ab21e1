using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Gateway.Routing;

/// <summary>A partition to send to and to read from, near or far. Near: one call, nothing copied. Far, on another server: in calls that a connection between
/// servers bears.</summary>
/// <param name="Grain">The partition.</param>
/// <param name="IsElsewhere">Whether another server may keep it.</param>
internal readonly record struct RoutedPartition(IPartitionGrain Grain, bool IsElsewhere)
{
    /// <summary>The most that goes in one call between servers: other calls wait behind it.</summary>
    internal const int MaxFarBytes = 1024 * 1024;

    /// <summary>As the partition's own.</summary>
    public ValueTask<AppendResult> AppendAsync(MessageBatch batch) =>
        !IsElsewhere || batch.Messages.Length <= MaxFarBytes ? Grain.AppendAsync(batch) : AppendInPartsAsync(Grain, batch);

    /// <summary>As the partition's own; from far away no more than a few messages at once, which readers take for a part of what there is.</summary>
    public ValueTask<PollResult> PollAsync(PollRequest request) => Grain.PollAsync(Fit(request));

    /// <summary>What of a request may be asked over this distance.</summary>
    public PollRequest Fit(PollRequest request) => IsElsewhere ? request with { MaxBytes = Math.Min(request.MaxBytes, MaxFarBytes), WholeBytes = 0 } : request;

    private static async ValueTask<AppendResult> AppendInPartsAsync(IPartitionGrain grain, MessageBatch batch)
    {
        var upload = Guid.NewGuid();
        for (var rest = batch.Messages; !rest.IsEmpty; rest = rest[Math.Min(MaxFarBytes, rest.Length)..])
        {
            var part = rest[..Math.Min(MaxFarBytes, rest.Length)];
            if (await grain.StageAsync(upload, batch.Messages.Length, batch with { Messages = part }) is not Refusal.None and var refusal)
                return new AppendResult(refusal, 0);
        }
        return await grain.AppendStagedAsync(upload, batch.Layout, batch.Count);
    }
}
