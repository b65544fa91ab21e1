using Iggy.Gateway.Authorization;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Protocol;

namespace Iggy.Gateway.Routing;

/// <summary>Calls the grain of a partition that a request names, by a remembered route where there is one.</summary>
/// <remarks>A route can be older than a delete: then the partition says that it is gone, and the call is made once more by what is
/// true now. A partition whose replicas have no leader this moment did nothing: it is asked again until it has one.</remarks>
internal sealed class PartitionCalls(TopicRouter router, TimeProvider clock)
{
    /// <summary>How often a partition without a leader is asked again: for ten seconds. Then the client is told to try again itself.</summary>
    public const int MostPauses = 100;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Gives a partition without a leader some time to get one.</summary>
    public Task PauseAsync() => Task.Delay(s_pause, clock);

    /// <summary>Makes a call.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="action">What it needs leave for.</param>
    /// <param name="address">The topic.</param>
    /// <param name="choice">The partition.</param>
    /// <param name="argument">Handed to <paramref name="call"/>, so that it need not capture.</param>
    /// <param name="call">The call; its answer says whether the partition is gone.</param>
    /// <param name="refusalOf">What an answer says.</param>
    /// <returns>The answer, or the reason why there was nobody to ask; and who was asked.</returns>
    /// <exception cref="CommandRefusedException">Stream or topic is missing, or the user has no leave.</exception>
    public async ValueTask<(Refusal Refusal, TAnswer? Answer, PartitionPlace Place)> CallAsync<TArgument, TAnswer>(
        Session session, MessageAction action, TopicAddress address, PartitionChoice choice, TArgument argument,
        Func<RoutedPartition, TArgument, ValueTask<TAnswer>> call, Func<TAnswer, Refusal> refusalOf)
    {
        var (isRetry, pauses) = (false, 0);
        while (true)
        {
            var route = router.Find(address.Key.Span) ?? await router.ResolveAsync(address);
            UserAccess.Demand(session.Access.May(action, route.StreamId, route.TopicId));
            if (!TryChoose(route, choice, out var partition, out var refusal))
                return (refusal, default, default);
            if (choice.Incarnation != 0 && choice.Incarnation != route.Incarnations[partition])
                await RequireHistoryAsync(address, partition, choice.Incarnation, isNeeded: true);

            var answer = await call(route.Partitions[partition], argument);
            if (refusalOf(answer) is Refusal.NoLeader && pauses++ < MostPauses)
            {
                await PauseAsync();
                continue; // a balanced send may find another partition
            }
            if (refusalOf(answer) is not Refusal.PartitionNotFound || isRetry)
                return (refusalOf(answer), answer, new PartitionPlace(route.StreamId, route.TopicId, partition));
            router.Forget();
            isRetry = true;
        }
    }

    /// <summary>Refuses unless stream and topic are there and the user has leave.</summary>
    /// <exception cref="CommandRefusedException">One of them is missing, or the user has no leave.</exception>
    public async ValueTask RequireTopicAsync(Session session, MessageAction action, TopicAddress address)
    {
        var route = router.Find(address.Key.Span) ?? await router.ResolveAsync(address);
        UserAccess.Demand(session.Access.May(action, route.StreamId, route.TopicId));
    }

    /// <summary>The route of a topic, for whoever may send to it or read from it.</summary>
    /// <exception cref="CommandRefusedException">Stream or topic is missing, or the user has no leave.</exception>
    public async ValueTask<TopicRoute> RouteAsync(Session session, TopicAddress address)
    {
        var route = await router.ResolveAsync(address); // asked when something was refused, so what is remembered is not enough
        UserAccess.Demand(session.Access.MayPoll(route.StreamId, route.TopicId) || session.Access.MaySend(route.StreamId, route.TopicId));
        return route;
    }

    /// <summary>Refuses a request that means another partition than the one that has its id now.</summary>
    /// <param name="address">The topic.</param>
    /// <param name="partitionId">By id.</param>
    /// <param name="incarnation">The one that is meant; 0 where the client does not say.</param>
    /// <param name="isNeeded">Whether it has to say.</param>
    /// <returns>The present one.</returns>
    /// <exception cref="CommandRefusedException"><see cref="IggyError.HistoryUnavailable"/>, or stream, topic or partition is missing.</exception>
    public async ValueTask<ulong> RequireHistoryAsync(TopicAddress address, uint partitionId, ulong incarnation, bool isNeeded)
    {
        var route = router.Find(address.Key.Span);
        if (route is null || partitionId >= (uint)route.Incarnations.Length || (incarnation != 0 && route.Incarnations[partitionId] != incarnation))
            route = await router.ResolveAsync(address); // a change may not have come to the cache yet
        if (partitionId >= (uint)route.Incarnations.Length)
            throw new CommandRefusedException(IggyError.PartitionNotFound);
        var present = route.Incarnations[partitionId];
        return (incarnation == 0 && !isNeeded) || incarnation == present ? present : throw new CommandRefusedException(IggyError.HistoryUnavailable);
    }

    private static bool TryChoose(TopicRoute route, PartitionChoice choice, out uint partition, out Refusal refusal)
    {
        var count = (uint)route.Partitions.Length;
        (partition, refusal) = (choice.Value, Refusal.PartitionNotFound);
        if (choice.Kind is PartitionChoiceKind.Given)
            return partition < count;

        // What the released server says of a balanced send to a topic without partitions; it crashes on a keyed one.
        refusal = Refusal.TopicNotFound;
        if (count == 0)
            return false;
        partition = choice.Kind is PartitionChoiceKind.Balanced ? route.Turn.Next(count) : choice.Value % count;
        return true;
    }
}

/// <summary>A partition, by the numbers that clients see.</summary>
internal readonly record struct PartitionPlace(uint StreamId, uint TopicId, uint PartitionId);

/// <summary>Where a request goes.</summary>
/// <param name="Kind">How the client chose.</param>
/// <param name="Value">The partition id, or the hash of the key; nothing when balanced.</param>
/// <param name="Incarnation">The incarnation that is meant; 0 for whichever there is.</param>
internal readonly record struct PartitionChoice(PartitionChoiceKind Kind, uint Value, ulong Incarnation = 0)
{
    /// <summary>A partition that the client names.</summary>
    public static PartitionChoice Of(uint partitionId) => new(PartitionChoiceKind.Given, partitionId);

    /// <summary>As a send says it.</summary>
    public static PartitionChoice Of(PartitioningView partitioning) => partitioning.Kind switch
    {
        PartitioningKind.PartitionId => Of(partitioning.PartitionId),
        PartitioningKind.MessagesKey => new(PartitionChoiceKind.HashOfKey, Hashes.Xxh32(partitioning.Value)),
        _ => new(PartitionChoiceKind.Balanced, 0),
    };
}

/// <summary>How a client chooses a partition.</summary>
internal enum PartitionChoiceKind : byte
{
    Balanced,
    Given,
    HashOfKey,
}
