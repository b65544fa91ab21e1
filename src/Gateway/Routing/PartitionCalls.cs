using Iggy.Gateway.Errors;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Routing;

/// <summary>Calls the grain of a partition that a request names, by a remembered route where there is one.</summary>
/// <remarks>A route can be older than a delete: then the partition says that it is gone, and the call is made once more by what is
/// true now.</remarks>
internal sealed class PartitionCalls(TopicRouter router)
{
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
        Func<IPartitionGrain, TArgument, ValueTask<TAnswer>> call, Func<TAnswer, Refusal> refusalOf)
    {
        for (var isRetry = false; ; isRetry = true)
        {
            var route = router.Find(address.Key.Span) ?? await router.ResolveAsync(address);
            UserAccess.Demand(session.Access.May(action, route.StreamId, route.TopicId));
            if (!TryChoose(route, choice, out var partition, out var refusal))
                return (refusal, default, default);

            var answer = await call(route.Partitions[partition], argument);
            if (refusalOf(answer) is not Refusal.PartitionNotFound || isRetry)
                return (refusalOf(answer), answer, new PartitionPlace(route.StreamId, route.TopicId, partition));
            router.Forget();
        }
    }

    /// <summary>Refuses unless stream and topic are there and the user has leave.</summary>
    /// <exception cref="CommandRefusedException">One of them is missing, or the user has no leave.</exception>
    public async ValueTask RequireTopicAsync(Session session, MessageAction action, TopicAddress address)
    {
        var route = router.Find(address.Key.Span) ?? await router.ResolveAsync(address);
        UserAccess.Demand(session.Access.May(action, route.StreamId, route.TopicId));
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
internal readonly record struct PartitionChoice(PartitionChoiceKind Kind, uint Value)
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
