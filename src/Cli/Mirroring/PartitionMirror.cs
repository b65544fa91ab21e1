using Iggy.Cli.Messages;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Mirroring;

/// <summary>Brings one partition of the target up to the source. How far it is stands at the source, as the stored offset of a consumer: it can be stopped at any time
/// and goes on where it was.</summary>
internal sealed class PartitionMirror(IggyClient source, IggyClient target, Consumer progress, Identifier fromStream, Identifier fromTopic, Identifier toStream, Identifier toTopic, TimeProvider clock)
{
    /// <summary>Copies what is there now.</summary>
    /// <returns>Messages copied, and the distance of the offsets: source minus target; null where the target is empty.</returns>
    public async Task<(long Copied, long? Distance)> RunAsync(uint partition, CancellationToken cancellationToken)
    {
        var copy = new MessageCopy(target, toStream, toTopic);
        var plan = new ReadPlan { Stream = fromStream, Topic = fromTopic, Partition = partition, Consumer = progress, Start = PollingStrategy.Next, Commit = CommitMode.AfterBatch };
        var unstored = await FindUnstoredAsync(partition, cancellationToken);
        var copied = 0L;
        await foreach (var messages in new TopicReader(source, plan, clock).ReadAsync(cancellationToken))
        {
            // A run before this may have been stopped between a send and the note of it.
            var skip = unstored is null ? 0 : CountThrough(messages, unstored);
            unstored = null;
            copied += await copy.SendAsync(messages, skip, partition, cancellationToken);
        }
        return (copied, await DistanceAsync(partition, cancellationToken));
    }

    // The target's last message, unless it is the one whose copy was noted last.
    private async Task<Fingerprint?> FindUnstoredAsync(uint partition, CancellationToken cancellationToken)
    {
        if (await LastAsync(partition, cancellationToken) is not { } last)
            return null;
        if (await source.GetConsumerOffsetAsync(progress, fromStream, fromTopic, partition, cancellationToken) is not { } noted)
            return last;
        using var messages = await source.PollMessagesAsync(progress, fromStream, fromTopic, partition, PollingStrategy.FromOffset(noted.StoredOffset), 1, cancellationToken: cancellationToken);
        return CountThrough(messages, last) > 0 ? null : last;
    }

    private async Task<Fingerprint?> LastAsync(uint partition, CancellationToken cancellationToken)
    {
        using var messages = await target.PollMessagesAsync(progress, toStream, toTopic, partition, PollingStrategy.Last, 1, cancellationToken: cancellationToken);
        foreach (var message in messages)
            return new(message.Id, message.OriginTimestampMicros, message.Payload.ToArray(), message.UserHeaders.ToArray());
        return null;
    }

    private static int CountThrough(PolledMessages messages, Fingerprint last)
    {
        var count = 0;
        foreach (var message in messages)
        {
            count++;
            if (last.Fits(message))
                return count;
        }
        return 0;
    }

    private async Task<long?> DistanceAsync(uint partition, CancellationToken cancellationToken)
    {
        if (await source.GetConsumerOffsetAsync(progress, fromStream, fromTopic, partition, cancellationToken) is not { } noted)
            return null;
        using var messages = await target.PollMessagesAsync(progress, toStream, toTopic, partition, PollingStrategy.Last, 1, cancellationToken: cancellationToken);
        return messages.Count == 0 ? null : (long)noted.StoredOffset - (long)messages.CurrentOffset;
    }

    private sealed record Fingerprint(UInt128 Id, ulong OriginTimestampMicros, byte[] Payload, byte[] UserHeaders)
    {
        public bool Fits(PolledMessage message) => message.Id == Id
            && (message.OriginTimestampMicros == 0 ? message.TimestampMicros : message.OriginTimestampMicros) == OriginTimestampMicros
            && message.Payload.Span.SequenceEqual(Payload) && message.UserHeaders.Span.SequenceEqual(UserHeaders);
    }
}
