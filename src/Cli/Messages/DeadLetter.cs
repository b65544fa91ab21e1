using System.Globalization;
using Iggy.Cli.Output;
using Iggy.Client;

namespace Iggy.Cli.Messages;

/// <summary>A message that a group's handlers set aside: what <c>Iggy.Client.Hosting</c> says of it in headers behind those that it had.</summary>
/// <param name="Topic">Where it was.</param>
/// <param name="PartitionId">Its partition there.</param>
/// <param name="Offset">Its offset there.</param>
/// <param name="Attempts">How often it was handled.</param>
/// <param name="Error">What the last attempt said.</param>
/// <param name="OwnHeadersBytes">Bytes of the headers that it had before.</param>
internal sealed record DeadLetter(string Topic, uint PartitionId, ulong Offset, int Attempts, string Error, int OwnHeadersBytes)
{
    private const string Prefix = "iggy-dlq-";

    // Kind and length, of the key and of the value.
    private const int HeaderOverheadBytes = 2 * (1 + sizeof(uint));

    /// <summary>Reads the headers; null where the message is none.</summary>
    public static DeadLetter? Read(PolledMessage message)
    {
        var (letter, own, isOwn) = (new DeadLetter("", 0, 0, 0, "", 0), 0, true);
        var walk = message.EnumerateHeaders();
        while (walk.MoveNext())
        {
            if (!walk.Key.TryGetText(out var key) || !key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                own += isOwn ? HeaderOverheadBytes + walk.Key.Bytes.Length + walk.Value.Bytes.Length : 0;
                continue;
            }
            isOwn = false;
            letter = key[Prefix.Length..] switch
            {
                "topic" when walk.Value.TryGetText(out var topic) => letter with { Topic = topic },
                "partition" when walk.Value.TryGet<uint>(out var partition) => letter with { PartitionId = partition },
                "offset" when walk.Value.TryGet<ulong>(out var offset) => letter with { Offset = offset },
                "attempts" when walk.Value.TryGet<int>(out var attempts) => letter with { Attempts = attempts },
                "error" when walk.Value.TryGetText(out var error) => letter with { Error = error },
                _ => letter,
            };
        }
        return letter.Topic.Length > 0 ? letter with { OwnHeadersBytes = own } : null;
    }

    /// <summary>The message as it was before. Its id is drawn anew, or a server that drops ids it knows would drop it.</summary>
    public Message Restore(PolledMessage message) =>
        new(message.Payload) { UserHeaders = message.UserHeaders[..OwnHeadersBytes], OriginTimestampMicros = message.OriginTimestampMicros };

    /// <summary>For programs.</summary>
    public DeadLetterJson ToJson(uint partition, PolledMessage message) => new(
        partition, message.Offset, message.TimestampMicros, Topic, PartitionId, Offset, Attempts, Error, message.Id.ToString(null, CultureInfo.InvariantCulture), MessageView.Show(message.Payload.Span, isTerminal: false));
}
