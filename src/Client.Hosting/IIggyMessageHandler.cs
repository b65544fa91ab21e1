namespace Iggy.Client.Hosting;

/// <summary>Handles the messages of a topic, one after the other within a partition, or within a key where <see cref="IggyConsumerOptions.Parallelism"/> says so.</summary>
public interface IIggyMessageHandler
{
    /// <summary>Handles one message. When it returns the message counts as handled; when it throws it is tried again, and in the end set aside.</summary>
    /// <param name="message">Valid until this ends; what is needed longer has to be copied.</param>
    /// <param name="cancellationToken">Cancelled when the application stops and <see cref="IggyConsumerOptions.DrainTimeout"/> is over.</param>
    ValueTask HandleAsync(ConsumedMessage message, CancellationToken cancellationToken);
}
