using Iggy.Client;

namespace Iggy.Cli.Messages;

/// <summary>Takes messages batch by batch and keeps none of them, so that any number may pass.</summary>
internal interface IMessageSink
{
    /// <summary>Writes a batch out; what it holds may not be touched afterwards.</summary>
    ValueTask WriteAsync(PolledMessages messages, CancellationToken cancellationToken);

    /// <summary>After the last batch.</summary>
    /// <param name="count">Messages written.</param>
    ValueTask EndAsync(long count);
}
