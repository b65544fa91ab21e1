using System.Globalization;
using System.Text;
using Iggy.Protocol;

namespace Iggy.Client.Hosting;

/// <summary>Sets messages aside that nobody could handle: in a topic of the same stream, with what is needed to see why and to send them again.</summary>
/// <remarks>
/// A dead letter is the message as it was, its id and headers included, with these headers added: <c>iggy-dlq-topic</c>, <c>iggy-dlq-partition</c> (uint32),
/// <c>iggy-dlq-offset</c> (uint64), <c>iggy-dlq-group</c>, <c>iggy-dlq-attempts</c> (int32), <c>iggy-dlq-error</c> (type and message, cut to 255 bytes).
/// </remarks>
internal sealed class DeadLetters(IggyConsumerOptions options)
{
    private const int MaxTextBytes = 255;

    private readonly Identifier _stream = Identifier.FromText(options.Stream);
    private bool _isThere;

    /// <summary>Sends one, and returns when the server has it: only then may the offset move on.</summary>
    /// <exception cref="IggyException">It is not there; the message has to come again.</exception>
    public async ValueTask SendAsync(IggyClient client, ConsumedMessage message, int attempts, Exception failure, CancellationToken cancellationToken)
    {
        var topic = new Identifier(options.DeadLetterTopicName);
        if (!_isThere)
        {
            await CreateTopicAsync(client, cancellationToken);
            _isThere = true;
        }
        var letter = new Message(message.Message.Payload)
        {
            Id = message.Message.Id,
            OriginTimestampMicros = message.Message.OriginTimestampMicros,
            UserHeaders = HeadersOf(message, attempts, failure),
        };
        try
        {
            await client.SendMessageAsync(_stream, topic, Partitioning.Balanced, letter, cancellationToken);
        }
        catch (IggyException refused) when (refused.Error is IggyError.TopicIdNotFound or IggyError.ResourceNotFound)
        {
            _isThere = false; // somebody removed it; the next try makes it again
            throw;
        }
    }

    private async ValueTask CreateTopicAsync(IggyClient client, CancellationToken cancellationToken)
    {
        if (await client.GetTopicAsync(_stream, new Identifier(options.DeadLetterTopicName), cancellationToken) is not null)
            return;
        try
        {
            await client.CreateTopicAsync(_stream, options.DeadLetterTopicName, 1, cancellationToken: cancellationToken);
        }
        catch (IggyException refused) when (refused.Error is IggyError.TopicNameAlreadyExists)
        {
            return; // another member was quicker
        }
    }

    // What was there comes first; where both do not fit, why it failed is worth more than what it carried.
    private ReadOnlyMemory<byte> HeadersOf(ConsumedMessage message, int attempts, Exception failure)
    {
        var added = new MessageHeaders()
            .Add("iggy-dlq-topic", Cut(options.Topic))
            .Add("iggy-dlq-partition", message.PartitionId)
            .Add("iggy-dlq-offset", message.Message.Offset)
            .Add("iggy-dlq-group", Cut(options.Group))
            .Add("iggy-dlq-attempts", attempts)
            .Add("iggy-dlq-error", Cut(string.Create(CultureInfo.InvariantCulture, $"{failure.GetType().FullName}: {failure.Message}")))
            .ToMemory();
        var had = message.Message.UserHeaders;
        return had.Length + added.Length > ProtocolLimits.MaxUserHeadersBytes ? added : (byte[])[.. had.Span, .. added.Span];
    }

    private static string Cut(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length <= MaxTextBytes)
            return text;
        var end = MaxTextBytes;
        while ((bytes[end] & 0xC0) == 0x80) // not in the middle of a character
            end--;
        return Encoding.UTF8.GetString(bytes, 0, end);
    }
}
