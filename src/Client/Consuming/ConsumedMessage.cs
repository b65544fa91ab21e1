namespace Iggy.Client;

/// <summary>A message on its way through an <see cref="IggyConsumer"/>; valid until the next one is asked for.</summary>
/// <param name="PartitionId">Where it came from.</param>
/// <param name="CurrentOffset">Offset of the partition's last message when it was polled: how far behind the consumer is.</param>
/// <param name="Message">The message.</param>
public readonly record struct ConsumedMessage(uint PartitionId, ulong CurrentOffset, PolledMessage Message);
