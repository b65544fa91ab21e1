using System.Diagnostics;

namespace Iggy.Client;

/// <summary>A message on its way through an <see cref="IggyConsumer"/>; valid until the next one is asked for.</summary>
/// <param name="PartitionId">Where it came from.</param>
/// <param name="CurrentOffset">Offset of the partition's last message when it was polled: how far behind the consumer is.</param>
/// <param name="Message">The message.</param>
public readonly record struct ConsumedMessage(uint PartitionId, ulong CurrentOffset, PolledMessage Message)
{
    /// <summary>Who polled it, and how.</summary>
    internal (IggyClient Client, ConsumerOptions Options) Source { get; init; }

    /// <summary>Begins the span of its handling, within the trace of its producer and linked to the producer's span: to be disposed when it is handled. It is what
    /// <see cref="IggyConsumer.HandleAsync(Func{ConsumedMessage, CancellationToken, ValueTask}, CancellationToken)"/> does by itself, for loops that do not use that. Null where no spans are collected.</summary>
    public Activity? StartActivity() => Source.Client?.StartProcessing(this, Source.Options).Span;
}
