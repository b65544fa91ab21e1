using System.Collections.Immutable;
using Iggy.Client.Connections.Waiting;
using Iggy.Protocol;

namespace Iggy.Client.Http;

/// <summary>Waits by a request that is answered when a message comes. One partition at a time: a reader of several asks again and again.</summary>
internal sealed class HttpArrivals(Func<ApiCall, CancellationToken, ValueTask<HttpAnswer>> ask, IggyClientOptions options) : IArrivals
{
    // After a server said that it has no such path.
    private static readonly TimeSpan _afterRefusal = TimeSpan.FromMinutes(10);

    private (long Since, TimeSpan For) _pause;

    /// <inheritdoc/>
    public async ValueTask<ImmutableArray<ReadPosition>> WaitAsync(
        Identifier stream, Identifier topic, ImmutableArray<ReadPosition> positions, TimeSpan longest, CancellationToken cancellationToken)
    {
        if (positions.Length != 1 || options.Clock.GetElapsedTime(_pause.Since) < _pause.For)
            return default;
        try
        {
            using var answer = await ask(MessageCalls.Wait(stream, topic, positions[0], longest), cancellationToken);
            if (HttpErrors.Find(answer, IggyError.ResourceNotFound, CommandCode.PollMessagesDeferred) is { } refused)
            {
                if (refused.Error is IggyError.FeatureUnavailable)
                    _pause = (options.Clock.GetTimestamp(), _afterRefusal);
                return default;
            }
            var reply = PollJson.Read(answer.Body.Written.Span);
            using var messages = new PolledMessages(reply);
            return messages.Count == 0 ? [] : [new(positions[0].PartitionId, positions[0].Offset + 1)];
        }
        catch (Exception e) when (e is IggyException or TimeoutException) // the poll that follows tells what is wrong
        {
            return default;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}
