using Iggy.Gateway.Commands;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Grpc.Subscriptions;

/// <summary>A topic, or some of its partitions, for a consumer on its own. Partitions that are added come in with the next look.</summary>
/// <param name="session">Who reads.</param>
/// <param name="address">The topic.</param>
/// <param name="key">The consumer.</param>
/// <param name="partitionIds">Null for all.</param>
/// <param name="messages">Reads.</param>
/// <param name="offsets">Stores.</param>
/// <param name="partitions">Knows how many there are.</param>
internal sealed class ConsumerSource(
    Session session, TopicAddress address, ConsumerKey key, uint[]? partitionIds, MessageCommands messages, ConsumerOffsetCommands offsets, PartitionCalls partitions) : IReadSource
{
    private readonly Task _never = new TaskCompletionSource().Task; // its own, for those who wait are kept with it
    private uint[] _all = [];

    public async ValueTask<IReadOnlyList<uint>> ListAsync()
    {
        if (partitionIds is not null)
            return partitionIds;
        var count = (await partitions.RouteAsync(session, address)).Partitions.Length;
        if (count != _all.Length)
            _all = [.. Enumerable.Range(0, count).Select(static id => (uint)id)];
        return _all;
    }

    public Task WhenOutdatedAsync() => _never;

    public Task<(IggyError Error, ulong NextOffset)> WaitAsync(uint partitionId, ulong offset, TimeSpan limit) => messages.WaitAsync(session, address, partitionId, offset, limit).AsTask();

    public async ValueTask<bool> HasStoredAsync(uint partitionId) => await offsets.FindAsync(session, address, key, partitionId) is not null;

    public ValueTask<PolledReply> PollAsync(uint partitionId, PollFrom from, ulong value, uint count, int maxBytes) => messages.PollAsync(
        session, address, new PollRequest(key, from, value, count, AutoCommit: false, MessageLayout.Classic, partitionId, HeadroomBytes: 0, maxBytes));

    public ValueTask<IggyError> StoreAsync(uint partitionId, ulong offset) => offsets.StoreAsync(session, address, key, partitionId, offset);
}
