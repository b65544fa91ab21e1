using System.Runtime.InteropServices;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli.Messages;

/// <summary>Sends polled messages on, with their ids, headers and times of origin, and in their order.</summary>
internal sealed class MessageCopy(IggyClient target, Identifier stream, Identifier topic)
{
    // The newer dialect tells times of origin as distances within a batch, of 71 minutes at most.
    private const ulong LongestSpanMicros = 3_600_000_000;

    /// <summary>Sends the messages to one partition.</summary>
    /// <param name="messages">From the source.</param>
    /// <param name="skip">So many of the first are left out.</param>
    /// <param name="partition">The target's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many were sent.</returns>
    public async Task<int> SendAsync(PolledMessages messages, int skip, uint partition, CancellationToken cancellationToken)
    {
        var (batch, earliest, latest, sent) = (new List<Message>(messages.Count), ulong.MaxValue, 0UL, 0);
        foreach (var message in messages)
        {
            if (skip-- > 0)
                continue;
            var origin = message.OriginTimestampMicros == 0 ? message.TimestampMicros : message.OriginTimestampMicros;
            (earliest, latest) = (Math.Min(earliest, origin), Math.Max(latest, origin));
            if (batch.Count > 0 && latest - earliest > LongestSpanMicros)
            {
                sent += await FlushAsync(batch, partition, cancellationToken);
                (earliest, latest) = (origin, origin);
            }
            batch.Add(new Message(message.Payload) { Id = message.Id, UserHeaders = message.UserHeaders, OriginTimestampMicros = origin });
        }
        return sent + (batch.Count == 0 ? 0 : await FlushAsync(batch, partition, cancellationToken));
    }

    private async Task<int> FlushAsync(List<Message> batch, uint partition, CancellationToken cancellationToken)
    {
        var count = batch.Count;
        await target.SendMessagesAsync(stream, topic, Partitioning.ToPartition(partition), CollectionsMarshal.AsSpan(batch), cancellationToken);
        batch.Clear();
        return count;
    }
}
