using Iggy.Cli.Output;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Cli.Offsets;

/// <summary>Where consumers are sent.</summary>
internal enum OffsetTargetKind
{
    /// <summary>To the first message kept: nothing is stored.</summary>
    First,

    /// <summary>Behind the last message.</summary>
    Last,

    /// <summary>To a message.</summary>
    Offset,

    /// <summary>To the first message of a time or later.</summary>
    Time,

    /// <summary>Nowhere: what is stored goes.</summary>
    Deleted,
}

/// <summary>Which message comes next after a reset.</summary>
/// <param name="Kind">The rule.</param>
/// <param name="Value">An offset, or microseconds since the Unix epoch.</param>
internal readonly record struct OffsetTarget(OffsetTargetKind Kind, ulong Value = 0)
{
    // Looks for a time without storing anything, so that the name of this consumer never matters.
    private static readonly Consumer _looker = new(ConsumerKind.Single, new("iggy-cli"));

    /// <summary>What would change in one partition; null for nothing. A stored offset is that of the last message handled, one below the next.</summary>
    public async Task<OffsetChangeJson?> PlanAsync(IggyClient client, Consumer consumer, Identifier stream, Identifier topic, PartitionRecord partition, CancellationToken cancellationToken)
    {
        var stored = (await client.GetConsumerOffsetAsync(consumer, stream, topic, partition.Id, cancellationToken))?.StoredOffset;
        var next = await NextAsync(client, stream, topic, partition, cancellationToken);
        var fresh = next is > 0 ? next - 1 : null;
        return fresh == stored ? null : new(partition.Id, stored, fresh, next);
    }

    private async Task<ulong?> NextAsync(IggyClient client, Identifier stream, Identifier topic, PartitionRecord partition, CancellationToken cancellationToken)
    {
        // An empty partition has no last message, and a current offset of 0 that may be none.
        ulong? behindLast = partition.CurrentOffset == 0 && partition.MessagesCount == 0 ? null : partition.CurrentOffset + 1;
        switch (Kind)
        {
            case OffsetTargetKind.Last:
                return behindLast;
            case OffsetTargetKind.Offset when Value > (behindLast ?? 0):
                throw new CommandException(ExitCode.Usage, $"Partition {partition.Id} has no offset {Value}; the last message has {partition.CurrentOffset}.");
            case OffsetTargetKind.Offset:
                return Value;
            case OffsetTargetKind.Time:
                using (var found = await client.PollMessagesAsync(_looker, stream, topic, partition.Id, PollingStrategy.FromTimestamp(Value), 1, cancellationToken: cancellationToken))
                {
                    foreach (var message in found)
                        return message.Offset;
                    return behindLast;
                }
            default:
                return null;
        }
    }
}
