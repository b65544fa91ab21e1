using Iggy.Gateway.Commands;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Grpc.Subscriptions;

/// <summary>What a subscription reads from: a topic for a consumer on its own, or the share of a group's member.</summary>
internal interface IReadSource
{
    /// <summary>The partitions to read now, by number.</summary>
    /// <exception cref="Errors.CommandRefusedException">The topic or group is gone, or the user has no leave any more.</exception>
    ValueTask<IReadOnlyList<uint>> ListAsync();

    /// <summary>Done when what was listed last is no longer so, as far as that is told.</summary>
    Task WhenOutdatedAsync();

    /// <summary>Where a partition stands: at once, or when it has a message at an offset or above it, or after a while.</summary>
    Task<(IggyError Error, ulong NextOffset)> WaitAsync(uint partitionId, ulong offset, TimeSpan limit);

    /// <summary>Whether an offset is stored.</summary>
    ValueTask<bool> HasStoredAsync(uint partitionId);

    /// <summary>Reads; nothing with a partition of null where it is not the reader's any more. The caller disposes it.</summary>
    ValueTask<PolledReply> PollAsync(uint partitionId, PollFrom from, ulong value, uint count, int maxBytes);

    /// <summary>Stores an offset.</summary>
    ValueTask<IggyError> StoreAsync(uint partitionId, ulong offset);
}
