using Iggy.Cli.Values;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Messages;

/// <summary>Splits a batch by where its messages go. Keys are turned into partitions here, as the server would, or each key needed a request of its own.</summary>
internal sealed class LineRouter(IggyClient client, Identifier stream, Identifier topic, Partitioning common)
{
    private uint? _partitions;

    /// <summary>The parts in the order of their first messages; each keeps the order of its own.</summary>
    public async ValueTask<List<(Partitioning To, List<Message> Messages)>> RouteAsync(List<Outgoing> batch, CancellationToken cancellationToken)
    {
        var parts = new List<(Partitioning To, List<Message> Messages)>();
        var byPartition = new Dictionary<uint, List<Message>>();
        List<Message>? others = null;
        foreach (var (message, to) in batch)
        {
            if (to is null)
            {
                if (others is null)
                    parts.Add((common, others = []));
                others.Add(message);
                continue;
            }
            var partition = to.Value.PartitionId;
            if (to.Value.Kind is PartitioningKind.MessagesKey)
            {
                _partitions ??= await CountAsync(cancellationToken);
                partition = Hashes.PartitionForKey(to.Value.Key.Span, _partitions.Value);
            }
            if (!byPartition.TryGetValue(partition, out var messages))
            {
                byPartition.Add(partition, messages = []);
                parts.Add((Partitioning.ToPartition(partition), messages));
            }
            messages.Add(message);
        }
        return parts;
    }

    private async ValueTask<uint> CountAsync(CancellationToken cancellationToken)
    {
        var found = await client.GetTopicAsync(stream, topic, cancellationToken);
        return found?.Topic.PartitionsCount switch
        {
            null => throw new CommandException(ExitCode.NotFound, $"There is no topic {topic} in a stream {stream}."),
            0 => throw new CommandException(ExitCode.Refused, $"Topic {topic} of stream {stream} has no partitions."),
            { } count => count,
        };
    }
}
